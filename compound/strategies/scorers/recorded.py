"""Scores that were recorded with the samples, such as a reward model's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question
from compound.strategies.part import scorer
from compound.strategies.scorer import Score, Scorer, stated

if TYPE_CHECKING:
    from compound.models.lm import LM


@scorer("recorded_score")
class RecordedScore(Scorer):
    """The score that came with a recorded sample (`score` in an import)."""

    paper: ClassVar[str] = "whatever gave the scores"
    cost: ClassVar[str] = "0"
    reads_candidate: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"scores"})

    async def score(self, question: Question, answer: Answer, lm: LM) -> Score:
        """See `Scorer.score`."""
        sample = stated(answer)
        return Score(None if sample is None else sample.score)
