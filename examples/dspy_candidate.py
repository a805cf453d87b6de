"""A DSPy program as a candidate: is voting over eight of its runs better than one?

    python examples/dspy_candidate.py [model]

Every call of the program is a draw of ours: it is kept in a store, counted, and limited like any other.
"""

import sys

import dspy

from compound import Question, parse
from compound.integrations.dspy import dspy_program


@dspy_program("adder")
def adder() -> dspy.Module:
    """A predictor with two demonstrations; a compiled program is registered the same way."""
    program = dspy.Predict("question -> answer")
    program.demos = [
        dspy.Example(question="What is 2 + 5?", answer="7"),
        dspy.Example(question="What is 6 + 3?", answer="9"),
    ]
    return program


def main(model: str = "local/smollm2-135m") -> None:
    """Ask once, then eight times."""
    question = Question("What is 3 + 4?", "number", gold="7")
    for how in ('dspy_program("adder")', 'vote(dspy_program("adder"), n=8)'):
        answer = parse(how).run(question, model=model, max_tokens=30)
        print(
            f"{how}: {answer.value}   {answer.ballots} · abstained {answer.abstained} · {answer.usage.calls} calls"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
