"""Deep Think with Confidence, offline: Fu et al. 2025 (2508.15260)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from compound.core import ExpressionError
from compound.strategies.part import strategy
from compound.strategies.scorer import Scorer
from compound.strategies.scorers import TokenConfidence
from compound.strategies.weighing import Weighing

if TYPE_CHECKING:
    import numpy as np


@strategy("deepconf")
class DeepConf(Weighing):
    """A vote of the most confident traces, each weighted by its confidence.

    The paper's budget is 512 traces of up to tens of thousands of tokens, of which it keeps the best tenth or
    nine tenths. Not covered: its online form, which aborts a trace while it is being written.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
        by: the confidence of a trace.
        keep: the share of the traces that vote.
    """

    experimental: ClassVar[str] = "long reasoning traces of a model that reports 20 alternatives a token"
    paper: ClassVar[str] = "Fu et al. 2025, 2508.15260"
    relative: ClassVar[bool] = True

    by: Scorer = TokenConfidence()
    keep: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.keep <= 1:
            raise ExpressionError(f"deepconf: keep is a share above 0 and at most 1, not {self.keep}")

    def weights(self, scores: np.ndarray) -> np.ndarray:
        """See `Weighing.weights`. Traces as confident as the last one kept are kept as well."""
        import numpy as np

        kept = math.ceil(round(len(scores) * self.keep, 9))  # 100 * 0.07 is 7.000000000000001
        least = np.sort(scores)[-max(1, kept)]
        return np.where(scores >= least, np.maximum(scores, 0.0), 0.0)
