"""CodeT: Chen et al. 2022 (2207.10397)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, ExpressionError, Question, Sample, Step, TaskError, in_parallel
from compound.strategies.asserts import Agreement, agreement, asserts
from compound.strategies.base import Selection
from compound.strategies.part import strategy
from compound.strategies.pooled import Pooled
from compound.strategies.prompts import ask
from compound.strategies.scorers.asking import replies
from compound.strategies.universal import in_drawn_order

if TYPE_CHECKING:
    from compound.models.lm import LM
    from compound.stats._types import FloatArray

PROMPT = """\
A programmer was given this task:
<question>
{question}
</question>

Do not solve it. Write tests for `{entry}`: about {asserts} assert statements, one a line, each of which calls \
`{entry}` on inputs written out in full and compares what it returns with the value that the task demands. Begin \
with an ordinary case, then take unusual ones. Reply with one Python code block that holds the asserts alone."""

# Seconds of wall and CPU time of one test, and the former as published; of all tests of one program.
_SECONDS, _CPU, _SECONDS_PUBLISHED, _TOTAL = 6.0, 2.0, 0.1, 30.0


@strategy("codet")
class CodeT(Pooled):
    """The program whose kind is agreed on by most programs and tests, both written by the model.

    Programs that pass exactly the same tests are a group; a group's score is its number of distinct programs times
    the number of distinct tests that they pass. One of the best group is drawn, each as often as it was given.
    Where no program passes a test, the most frequent one is taken, and the step says so. Fails where programs and
    tests share a misreading of the task.

    Args:
        candidate: the strategy that makes one program.
        n: programs; 100 in the paper.
        tests: replies with tests; 100 in the paper.
        asserts: tests taken of each, the first ones.
        as_published: as in the authors' code: the square root of the number of programs, repeated programs and
            tests counted as often as they came, and 0.1 s a test (too short on a busy machine).
    """

    paper: ClassVar[str] = "Chen et al. 2022, 2207.10397"
    selection: ClassVar[Selection] = "paid"
    cost: ClassVar[str] = "<= n * c + tests"
    needs: ClassVar[frozenset[str]] = frozenset({"sandbox"})

    tests: int = 16
    asserts: int = 5
    as_published: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for parameter in ("tests", "asserts"):
            if getattr(self, parameter) < 1:
                raise ExpressionError(f"codet: {parameter} must be at least 1, not {getattr(self, parameter)}")

    async def draw(self, question: Question, lm: LM, numbers: Iterable[int]) -> list[Answer]:
        """See `Pooled.draw`.

        Raises:
            TaskError: the question asks for no function, so there is nothing to test.
        """
        _entry_point(question)
        return await super().draw(question, lm, numbers)

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`. Asks nothing where there is one program, or none."""
        given = in_drawn_order(question, answers)
        if len({a.value for a in given}) < 2:
            return given[0] if given else Answer(None)
        prompt = ask(PROMPT, question, entry=_entry_point(question), asserts=str(self.asserts))
        samples, failed = await replies(lm, prompt, self.tests, step="tests")
        table = await self.agreement(
            question, [str(a.value) for a in given], [asserts_of(s, question, self.asserts) for s in samples]
        )
        usage = in_parallel(sample.usage for sample in samples)
        scores = self.scores(table)
        best = _best(table, scores)
        chosen = next(a for a in given if a.value in best)  # their order was drawn
        asked = Step("tests", f"{len(table.tests)} tests", tuple(samples), tuple(failed))
        how = Step("best group" if scores.any() else "no test is passed: the most frequent", chosen.value)
        return Answer(chosen.value, chosen.text, usage=usage, step=Step("agree", chosen.value, (), (asked, how)))

    async def agreement(
        self, question: Question, programs: Sequence[str], tests: Sequence[Sequence[str]]
    ) -> Agreement:
        """Run the programs on the tests of all replies, within the time that a test is given here."""
        from compound.sandbox import Limits

        written = [test for reply in tests for test in reply]
        limits = Limits(seconds=_SECONDS_PUBLISHED if self.as_published else _SECONDS, cpu=_CPU, total=_TOTAL)
        return await agreement(question, programs, written, limits)

    def scores(self, table: Agreement) -> FloatArray:
        """The score of each program's group, shape (n,); 0 for one that passes no test."""
        from compound.stats.dual_agreement import dual_agreement

        if self.as_published:
            return dual_agreement(table.passes, table.given, table.written, root=True)
        return dual_agreement(table.passes)


async def recorded_accuracy(
    how: CodeT,
    question: Question,
    programs: Sequence[str],
    tests: Sequence[Sequence[str]],
    right: Mapping[str, bool],
) -> float:
    """The exact probability that `how` picks a right program from recorded ones, over its own draw.

    Args:
        how: the strategy; its `n` and `tests` do not matter.
        programs: the programs that could be read, repeated as often as they were given.
        tests: the asserts of every reply.
        right: whether each distinct program is right.

    Raises:
        SandboxError: there is no sandbox here, or it does not start.
    """
    import numpy as np

    from compound.stats.dual_agreement import agreement_accuracy

    if not programs:
        return 0.0
    table = await how.agreement(question, programs, tests)
    verdicts = np.array([right[program] for program in table.programs])
    return agreement_accuracy(how.scores(table), verdicts, table.given)


def asserts_of(sample: Sample, question: Question, most: int) -> list[str]:
    """The first asserts of a reply about the question's function."""
    return asserts(sample.text, _entry_point(question), most, truncated=sample.truncated)


def _best(table: Agreement, scores: FloatArray) -> set[str]:
    from compound.stats.dual_agreement import best_programs

    best = best_programs(scores, table.given)
    return {program for program, chosen in zip(table.programs, best, strict=True) if chosen}


def _entry_point(question: Question) -> str:
    entry = question.metadata.get("entry_point") if question.kind == "code" else None
    if not isinstance(entry, str):
        raise TaskError(
            f"codet tests programs: question {question.id} is of kind '{question.kind}' and names no function "
            "(metadata: entry_point); vote or best_of pick among other answers"
        )
    return entry
