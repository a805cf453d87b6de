"""The Pareto frontier of many settings: those that no other beats on both cost and accuracy.

A frontier picked on some questions is picked for being lucky on them: the accuracies of its points are too high,
and a point just below it may well belong there. `share` shows how far the picture depends on the choice of
questions. To report the accuracy of a chosen point, choose it on other questions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compound.stats._types import FloatArray
from compound.stats.bootstrap import Labels, resampled_means
from compound.stats.cost_curve import CostCurve

# Values closer than this share of the largest are equal: their difference is rounding.
_ROUNDING = 1e-12
# Floats of one table of resamples held at a time (16 MB).
_TABLE = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """Which settings are worth their cost; every array has shape (P,), in the order of the settings.

    Attributes:
        on: whether no other setting is as accurate for less, or more accurate for no more. Settings equal in both
            are on it together.
        share: in how many of the resamples it is on the frontier, 0 to 1. This is not the chance that it truly is.
        behind: how much more accurate the best setting of no more cost is, 0 or more, in units of accuracy.
        cost: mean cost.
        accuracy: mean accuracy.
    """

    on: NDArray[np.bool_]
    share: FloatArray
    behind: FloatArray
    cost: FloatArray
    accuracy: FloatArray


def pareto_frontier(
    points: CostCurve,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    draws: int = 2_000,
    rng: np.random.Generator,
) -> Frontier:
    """The settings on the frontier of least cost and most accuracy, and how often they are in resamples.

    Questions are resampled for all settings together.

    Args:
        points: accuracies and costs of all settings of all strategies, a column each, in any order.
        strata: as in `mean_interval`; accuracy and cost are both macro averages then.
        clusters: as in `mean_interval`.
        draws: resamples.
        rng: the same generator state gives the same shares.

    Raises:
        ValueError: as `mean_interval`.
    """
    size = points.cost.shape[1]
    table = np.hstack([points.accuracy, points.cost])
    mean, resampled = resampled_means(table, strata=strata, clusters=clusters, draws=draws, rng=rng)
    behind, on = _frontier(mean[None, :size], mean[None, size:])
    times = np.zeros(size)
    step = max(1, _TABLE // size)
    for start in range(0, draws, step):
        part = resampled[start : start + step]
        times += _frontier(part[:, :size], part[:, size:])[1].sum(axis=0)
    return Frontier(on[0], times / draws, behind[0], mean[size:], mean[:size])


def _frontier(accuracy: FloatArray, cost: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """How far each point is behind, and whether it is on the frontier of its row: both (R, P), as the input."""
    order = np.argsort(cost, axis=1, kind="stable")
    x, y = np.take_along_axis(cost, order, axis=1), np.take_along_axis(accuracy, order, axis=1)
    rows, size = x.shape
    slack = _ROUNDING * np.abs(y).max(axis=1, keepdims=True)

    # Points of equal cost form a group: best[first - 1] is the best of all cheaper ones, best[last] of none dearer.
    opens = np.diff(x, axis=1, prepend=-np.inf) > _ROUNDING * x[:, -1:]
    closes = np.hstack([opens[:, 1:], np.ones((rows, 1), dtype=bool)])
    place = np.arange(size)
    first = np.maximum.accumulate(np.where(opens, place, 0), axis=1)
    last = np.minimum.accumulate(np.where(closes, place, size)[:, ::-1], axis=1)[:, ::-1]
    best = np.hstack([np.full((rows, 1), -np.inf), np.maximum.accumulate(y, axis=1)])
    gap = np.take_along_axis(best, last + 1, axis=1) - y
    found = (gap <= slack) & (np.take_along_axis(best, first, axis=1) < y - slack)

    behind, on = np.empty_like(gap), np.empty_like(found)
    np.put_along_axis(behind, order, gap, axis=1)
    np.put_along_axis(on, order, found, axis=1)
    return behind, on
