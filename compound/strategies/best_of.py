"""Best of n: Cobbe et al. 2021 (2110.14168)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question
from compound.core.ballots import among
from compound.strategies.answer_pool import AnswerPool, PoolCurve
from compound.strategies.part import strategy
from compound.strategies.pooled import Pooled
from compound.strategies.scorer import Scorer
from compound.strategies.scorers import Judge

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM


@strategy("best_of")
class BestOf(Pooled):
    """The candidate with the highest score.

    Without a single readable score it abstains: no score is made up. The more candidates, the more the scorer's
    mistakes count: with a weak one accuracy falls again (over-optimisation), where a vote does not.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
        by: who scores them.
    """

    paper: ClassVar[str] = "Cobbe et al. 2021, 2110.14168"
    cost: ClassVar[str] = "n * (c + s)"

    by: Scorer = Judge()

    @property
    def scorer(self) -> Scorer:
        """See `Pooled.scorer`."""
        return self.by

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`. A tie is broken by a draw among the tied answers, each as often as it was given."""
        scored = [a for a in answers if a.value is not None and a.score is not None]
        top = max((a.score for a in scored if a.score is not None), default=None)
        tied = {f"{a.value}\x1f{a.text}\x1f{i}": a for i, a in enumerate(_ordered(scored)) if a.score == top}
        return tied[among(list(tied), question.id)] if tied else Answer(None)

    def curve(self, pools: Sequence[AnswerPool], rng: np.random.Generator) -> PoolCurve:
        """See `Pooled.curve`: exact, ties split."""
        if pools[0].sources > 1:
            return super().curve(pools, rng)
        import numpy as np

        from compound.stats import best_of_k

        scores = np.array([pool.scores for pool in pools])
        return PoolCurve(best_of_k(scores, np.array([pool.right_each for pool in pools])))


def _ordered(answers: Sequence[Answer]) -> list[Answer]:
    """In an order that does not depend on when they were drawn."""
    return sorted(answers, key=lambda a: (str(a.value), a.text))
