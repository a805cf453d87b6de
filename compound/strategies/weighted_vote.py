"""A vote weighted by scores: Wang et al. 2022 (2203.11171), section 3.1; Cobbe et al. 2021 (2110.14168)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import ExpressionError
from compound.strategies.base import Strategy
from compound.strategies.cot import CoT
from compound.strategies.part import alias, strategy
from compound.strategies.scorer import Scorer
from compound.strategies.scorers import Judge
from compound.strategies.weighing import Weighing

if TYPE_CHECKING:
    import numpy as np


@strategy("weighted_vote")
class WeightedVote(Weighing):
    """The answer with the largest sum of scores.

    Scores must not be negative. Equal scores make it a plain vote. Helps if a score tells right candidates from
    wrong ones to the same question; a score that only tells easy questions from hard ones changes nothing.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
        by: who scores them.
    """

    paper: ClassVar[str] = "Wang et al. 2022, 2203.11171; Cobbe et al. 2021, 2110.14168"

    def weights(self, scores: np.ndarray) -> np.ndarray:
        """See `Weighing.weights`.

        Raises:
            ExpressionError: a score is negative: it cannot be a weight.
        """
        if (scores < 0).any():
            raise ExpressionError(
                f"weighted_vote: {self.by!r} gave the score {scores.min():g}, and a weight cannot be negative; "
                "best_of and cisc take any score"
            )
        return scores


@alias("weighted_best_of")
def weighted_best_of(candidate: Strategy | None = None, n: int = 16, by: Scorer | None = None) -> Strategy:
    """`weighted_vote(cot, by=judge)`: the group of equal answers with the largest sum of marks."""
    return WeightedVote(candidate or CoT(), n, by or Judge())
