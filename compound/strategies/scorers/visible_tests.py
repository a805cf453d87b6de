"""The tests that a question shows, as a scorer. AlphaCode's filter: Li et al. 2022 (2203.07814)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.answers.code import passed, setup_of, visible_tests
from compound.core import Answer, Question
from compound.strategies.part import scorer
from compound.strategies.scorer import Score, Scorer

if TYPE_CHECKING:
    from compound.models.lm import LM


@scorer("visible_tests")
class VisibleTests(Scorer):
    """The share of the tests shown in the question that a program passes, 0 … 1; none where it shows none.

    It runs the program in the sandbox. It never looks at the hidden tests, which grade: a program that passes what
    is shown may be wrong all the same.
    """

    paper: ClassVar[str] = "Li et al. 2022, 2203.07814"
    cost: ClassVar[str] = "0"
    needs: ClassVar[frozenset[str]] = frozenset({"sandbox"})

    async def score(self, question: Question, answer: Answer, lm: LM) -> Score:
        """See `Scorer.score`."""
        tests = visible_tests(question) if question.kind == "code" else []
        if not tests or answer.value is None:
            return Score(None)
        (row,) = await passed([answer.value], tests, setup=setup_of(question))
        return Score(sum(row) / len(row))
