"""Confidence-informed self-consistency: Taubenfeld et al. 2025 (2502.06233)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import ExpressionError
from compound.strategies.part import strategy
from compound.strategies.scorer import Scorer
from compound.strategies.scorers import PTrue
from compound.strategies.weighing import Weighing

if TYPE_CHECKING:
    import numpy as np


@strategy("cisc")
class CISC(Weighing):
    """A vote weighted by softmax(confidence / temperature) within the question.

    A high temperature is a plain vote, a low one takes the most confident candidate. The paper fits it for each
    model and confidence on held-out questions; choose it there, never on the questions that are reported.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
        by: where the confidence comes from; the paper's best is P(True), then `sequence_probability`, `verbal`.
        temperature: of the softmax.
    """

    paper: ClassVar[str] = "Taubenfeld et al. 2025, 2502.06233"
    relative: ClassVar[bool] = True  # a low temperature leaves nothing of any but the highest score of those drawn

    by: Scorer = PTrue()
    temperature: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.temperature <= 0:
            raise ExpressionError(f"cisc: temperature must be above 0, not {self.temperature}")

    def weights(self, scores: np.ndarray) -> np.ndarray:
        """See `Weighing.weights`. The softmax's denominator is common to all, and left out."""
        import numpy as np

        found: np.ndarray = np.exp((scores - scores.max()) / self.temperature)
        return found
