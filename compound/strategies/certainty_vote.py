"""A Borda vote by confidence: Kang et al. 2025 (2502.18581)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import ExpressionError
from compound.strategies.part import strategy
from compound.strategies.scorer import Scorer
from compound.strategies.scorers import SelfCertainty
from compound.strategies.weighing import Weighing

if TYPE_CHECKING:
    import numpy as np


@strategy("certainty_vote")
class CertaintyVote(Weighing):
    """A vote weighted by rank: of m candidates the r-th most certain one counts (m - r + 1) ^ power.

    Only the order of the scores matters. Equal scores share the mean of their ranks.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
        by: what ranks them.
        power: 0 is a plain vote; large values take the most certain candidate.
    """

    paper: ClassVar[str] = "Kang et al. 2025, 2502.18581"
    relative: ClassVar[bool] = True

    by: Scorer = SelfCertainty()
    power: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.power < 0:
            raise ExpressionError(f"certainty_vote: power must be at least 0, not {self.power}")

    def weights(self, scores: np.ndarray) -> np.ndarray:
        """See `Weighing.weights`."""
        below = (scores[:, None] > scores).sum(axis=1)
        equal = (scores[:, None] == scores).sum(axis=1)
        # The worst has rank m, and counts 1; those with equal scores share the mean of what their places count.
        places: np.ndarray = (below + (equal + 1) / 2) / len(scores)  # within (0, 1]: no power overflows
        return places**self.power
