"""A strategy as a part of a DSPy program: the answer is voted on, then another predictor works with it.

python examples/dspy_module.py [model]
"""

import sys

import dspy

from compound.integrations.dspy import as_module


class Checkout(dspy.Module):
    """Adds up with a vote of ours; optimisers, copies and saving work as for any other module."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.add = as_module("vote(cot, n=8)", model=model, kind="number", max_tokens=60)

    def forward(self, question: str) -> dspy.Prediction:
        """The sum as a price."""
        total = self.add(question=question)
        return dspy.Prediction(answer=f"${total.answer}" if total.answer else "no price", ballots=total.ballots)


def main(model: str = "local/smollm2-135m") -> None:
    """Ask for one price."""
    found = Checkout(model)(question="A pen costs 3 dollars and a book costs 4 dollars. What do both cost?")
    print(f"{found.answer}   {found.ballots}")


if __name__ == "__main__":
    main(*sys.argv[1:])
