"""Cascades: which thresholds on the scores of cheap stages are worth what the dear ones cost.

Chen, Zaharia and Zou 2023 (2305.05176): stage after stage is asked, and the first whose score reaches its threshold
answers; the last always does. The cost of a question is that of all stages that were asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._of_means import check_shares
from compound.stats._types import FloatArray, IntArray

_COMBINATIONS = 20_000
_FINEST = 40  # thresholds a stage: the quantile grid of the paper
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class CascadeSweep:
    """What T settings of the thresholds earn, in the order of falling escalation.

    Attributes:
        thresholds: one row a setting, shape (T, S - 1).
        accuracy: mean over questions, shape (T,).
        cost: mean cost of a question, shape (T,).
        asked: share of the questions that get to each stage, shape (T, S).
    """

    thresholds: FloatArray
    accuracy: FloatArray
    cost: FloatArray
    asked: FloatArray

    def best(self, budget: float | None = None) -> int | None:
        """The most accurate setting of at most this mean cost; of equals the cheapest, then the lowest thresholds.

        None if all of them cost more.
        """
        slack = _ROUNDING * max(1.0, float(np.abs(self.cost).max()))
        fits = np.ones(len(self.cost), dtype=bool) if budget is None else self.cost <= budget + slack
        if not fits.any():
            return None
        top = fits & (self.accuracy >= self.accuracy[fits].max() - _ROUNDING)
        cheap = top & (self.cost <= self.cost[top].min() + slack)
        order = np.lexsort(self.thresholds.T[::-1])
        return int(next(i for i in order if cheap[i]))


def stops(scores: ArrayLike, thresholds: ArrayLike) -> IntArray:
    """The stage that answers each question: the first whose score is at least its threshold, else the last.

    Args:
        scores: of the S - 1 first stages, -inf where a stage has no answer, shape (Q, S - 1).
        thresholds: shape (S - 1,).

    Returns:
        Shape (Q,), 0 … S - 1.
    """
    accepted = np.asarray(scores, dtype=float) >= np.asarray(thresholds, dtype=float)
    found: IntArray = np.where(accepted.any(axis=1), accepted.argmax(axis=1), accepted.shape[1])
    return found


def cascade_sweep(scores: ArrayLike, outcomes: ArrayLike, costs: ArrayLike) -> CascadeSweep:
    """Every combination of thresholds, at most 40 a stage, taken from the quantiles of its scores.

    The least of them accepts every answer of the stage, the greatest accepts none (it is above every score, by a
    hundredth where scores are 0 to 1).

    Args:
        scores: of the S - 1 first stages, -inf where a stage has no answer, shape (Q, S - 1).
        outcomes: whether each stage is right, 0 to 1, shape (Q, S).
        costs: what asking each stage costs, in any one unit, shape (Q, S).

    Raises:
        ValueError: shapes do not fit, there is no question, a score is nan, an outcome is outside 0 to 1, or a cost
            is negative or unknown.
    """
    score, right = np.asarray(scores, dtype=float), check_shares(outcomes, "outcomes")
    cost = np.asarray(costs, dtype=float)
    whole = (len(score), score.shape[1] + 1) if score.ndim == 2 and score.size else None
    if not right.shape == cost.shape == whole:
        raise ValueError(
            f"scores, outcomes and costs have shapes {score.shape}, {right.shape} and {cost.shape}: pass "
            "(Q, S - 1) and (Q, S) twice"
        )
    if np.isnan(score).any() or (score == np.inf).any():
        raise ValueError("a score is nan or inf: give answers without a score -inf, so that they are not accepted")
    if not (np.isfinite(cost) & (cost >= 0)).all():
        raise ValueError("a cost is negative or unknown: pass costs of 0 or more in a unit that is known")
    stages = score.shape[1]
    finest = min(_FINEST, max(3, int(_COMBINATIONS ** (1 / stages))))
    settings = np.array(list(product(*(_grid(score[:, s], finest) for s in range(stages)))))
    paid = cost.cumsum(axis=1)
    row = np.arange(len(score))
    accuracy, mean, asked = np.empty(len(settings)), np.empty(len(settings)), np.empty((len(settings), stages + 1))
    for place, setting in enumerate(settings):
        at = stops(score, setting)
        accuracy[place], mean[place] = right[row, at].mean(), paid[row, at].mean()
        asked[place] = (at[:, None] >= np.arange(stages + 1)).mean(axis=0)
    return CascadeSweep(settings, accuracy, mean, asked)


def _grid(scores: FloatArray, finest: int) -> FloatArray:
    """Thresholds for one stage: scores that occur, thinned out to quantiles, and one above all of them."""
    there = np.unique(scores[np.isfinite(scores)])
    if not there.size:
        return np.array([0.0])  # it never answers: any threshold will do
    if len(there) >= finest:
        there = there[np.unique(np.linspace(0, len(there) - 1, finest - 1).round().astype(int))]
    return np.append(there, max(1.0, there[-1]) + 0.01)
