"""Filter-Vote: Chen et al. 2024 (2403.02419)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question
from compound.strategies.answer_pool import AnswerPool, PoolCurve
from compound.strategies.part import strategy
from compound.strategies.pooled import Pooled
from compound.strategies.scorer import Scorer
from compound.strategies.scorers import Verdict
from compound.strategies.weighing import Weighing

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM


@strategy("filter_vote")
class FilterVote(Weighing):
    """A vote of the candidates that a filter finds correct; of all of them if it rejects every one.

    The paper's Filter-Vote(K) makes K calls, which is `filter_vote(n=K/2)` here. A candidate whose verdict cannot
    be read counts as rejected. Helps if the filter rejects wrong candidates more often than right ones.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates, each checked once.
        by: the filter: a scorer, above 0.5 for what it lets through.
        as_published: where every candidate is rejected, take the alphabetically first answer, as the paper's code
            does by mistake.
    """

    paper: ClassVar[str] = "Chen et al. 2024, 2403.02419"

    by: Scorer = Verdict()
    as_published: bool = False

    def weights(self, scores: np.ndarray) -> np.ndarray:
        """See `Weighing.weights`."""
        passed: np.ndarray = (scores > 0.5).astype(float)
        return passed

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`."""
        if self.as_published and not any(a.score is not None and a.score > 0.5 for a in answers):
            given = [a for a in answers if a.value is not None]
            return min(given, key=lambda a: str(a.value), default=Answer(None))
        return await super().select(question, answers, lm)

    def curve(self, pools: Sequence[AnswerPool], rng: np.random.Generator) -> PoolCurve:
        """See `Pooled.curve`: a replay on random orders."""
        return Pooled.curve(self, pools, rng) if self.as_published else super().curve(pools, rng)
