"""The base of votes in which every candidate has a weight."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question
from compound.core.ballots import among
from compound.strategies.answer_pool import AnswerPool, PoolCurve, ballots, coded
from compound.strategies.pooled import Pooled
from compound.strategies.scorer import Scorer
from compound.strategies.scorers import SequenceProbability
from compound.strategies.vote import spoken

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM

# What a candidate without a weight counts, as a share of the heaviest: a vote in which nobody has a weight is a
# plain vote. Many of them together are less than rounding: they do not decide between answers that have one.
_LIGHT = 1e-13
_ROUNDING = 1e-9
PERMUTATIONS = 100
BY_PROBABILITY = SequenceProbability()


@dataclass(frozen=True, repr=False)
class Weighing(Pooled):
    """A vote by sums of weights. A subclass says how a candidate's weight follows from the scores, and by whom.

    Attributes:
        relative: whether a weight depends on the other candidates' scores beyond a common factor, so that it
            changes with every candidate that is drawn.
    """

    cost: ClassVar[str] = "n * (c + s)"
    relative: ClassVar[bool] = False

    by: Scorer = BY_PROBABILITY

    @property
    def scorer(self) -> Scorer:
        """See `Pooled.scorer`."""
        return self.by

    @abstractmethod
    def weights(self, scores: np.ndarray) -> np.ndarray:
        """Weights >= 0 from the scores of the candidates that have one, both of shape (m,), m >= 1. Pure."""

    def weighted(self, scores: np.ndarray) -> np.ndarray:
        """The weight of every candidate, shape (N,); nan scores are missing."""
        import numpy as np

        known = np.isfinite(scores)
        weights = np.zeros(len(scores))
        if known.any():
            weights[known] = self.weights(scores[known])
        return weights + _LIGHT * (weights.max(initial=0.0) or 1.0)

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`. Equal sums are tied, and broken as in a plain vote."""
        import numpy as np

        votes = ballots(question, [a.value for a in answers])
        scores = np.array([np.nan if a.score is None else a.score for a in answers])
        weights = self.weighted(scores)
        sums = {
            value: math.fsum(weights[i] for i, vote in enumerate(votes.votes) if vote == value)
            for value in votes.counts
        }
        top = max(sums.values(), default=0.0)
        tied = [value for value, total in sums.items() if total >= top * (1 - _ROUNDING)]
        return spoken(among(tied, question.id) if tied else None, votes, answers)

    def curve(self, pools: Sequence[AnswerPool], rng: np.random.Generator) -> PoolCurve:
        """See `Pooled.curve`: a replay on random orders, ties split."""
        if pools[0].sources > 1:
            return super().curve(pools, rng)
        import numpy as np

        if self.relative:
            return PoolCurve(np.array([self._replayed(pool, rng) for pool in pools]), "replay")
        from compound.stats import weighted_plurality

        codes, right = coded(pools)
        weights = np.array([self.weighted(pool.scores) for pool in pools])
        return PoolCurve(weighted_plurality(codes, weights, right, rng=rng).mean, "replay")

    def _replayed(self, pool: AnswerPool, rng: np.random.Generator) -> np.ndarray:
        """Mean accuracy over random orders of one pool, every weight anew for each candidate drawn, shape (N,)."""
        import numpy as np

        size, answers = len(pool.codes), len(pool.distinct)
        worth = np.append(pool.correct, False).astype(float)  # the last is for abstentions
        total = np.zeros(size)
        for _ in range(PERMUTATIONS):
            order = rng.permutation(size)
            codes, scores = pool.codes[order] % (answers + 1), pool.scores[order]
            for k in range(1, size + 1):
                sums = np.bincount(codes[:k], self.weighted(scores[:k]), minlength=answers + 1)
                sums[answers] = 0.0
                top = sums.max()
                tied = sums >= top * (1 - _ROUNDING) if top else sums < 0
                total[k - 1] += worth[tied].mean() if tied.any() else 0.0
        return total / PERMUTATIONS
