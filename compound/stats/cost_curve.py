"""What a strategy's accuracy costs: its points, and the curve through them that can be bought.

A strategy has a mean accuracy and a mean cost at each of its settings (k candidates, rounds, caps). Its curve is
the polyline through these points in the order of mean cost. What lies between two neighbours can be bought: toss a
coin for each question which of the two it gets, and accuracy and cost are both linear in the weight of the coin.

* Costs need not rise with k: points are ordered by their mean cost. Settings of equal mean cost count as one,
  with their mean accuracy. A setting that costs more and is worse pulls the curve down there,
  since this is what buying it gives.
* Skipping settings can be better: the upper concave hull of the points can be bought too. But its corners are
  those that came out high on these very questions, so as an estimate it is too high, the more so the more settings
  there are. It is not offered here: choose settings on other questions and pass their columns.
* Nothing is said about costs below the first point of a curve or above its last.

Cost is in any one unit: dollars, tokens, calls or seconds of a stated deployment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._cost_lines import accuracies, contains, lines_of
from compound.stats._types import FloatArray
from compound.stats.bootstrap import Labels, unit_totals
from compound.stats.interval import Interval
from compound.stats.mean import mean_interval

# Share of the way to a question's own row over which a derivative is taken.
_STEP = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class CostCurve:
    """Accuracy and cost of one strategy, question by question.

    Attributes:
        accuracy: expected accuracy at each setting, shape (Q, K); (Q,) is taken as one setting.
        cost: what each setting costs on each question, same shape, 0 or more, all in one unit.

    Raises:
        ValueError: the shapes differ, there is no question, an accuracy is not finite, or a cost is unknown.
    """

    accuracy: FloatArray
    cost: FloatArray

    def __post_init__(self) -> None:
        accuracy, cost = np.asarray(self.accuracy, dtype=float), np.asarray(self.cost, dtype=float)
        if accuracy.shape != cost.shape or accuracy.ndim not in (1, 2) or accuracy.size == 0:
            raise ValueError(
                f"accuracy has shape {accuracy.shape} and cost {cost.shape}: pass two tables (Q, K) of one shape"
            )
        accuracy, cost = accuracy.reshape(len(accuracy), -1), cost.reshape(len(cost), -1)
        for name, table, known, remedy in (
            ("accuracy", accuracy, np.isfinite(accuracy), "score it, or say why not"),
            ("cost", cost, np.isfinite(cost) & (cost >= 0), "compare in a unit that is known, such as calls"),
        ):
            if not known.all():
                q, k = np.argwhere(~known)[0]
                raise ValueError(f"{name} of question {q}, setting {k} is {table[q, k]}: {remedy}")
        object.__setattr__(self, "accuracy", accuracy)
        object.__setattr__(self, "cost", cost)


def accuracy_at_cost(
    curve: CostCurve,
    cost: ArrayLike,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
) -> Interval:
    """Accuracy that a given mean cost a question buys, with its interval, point by point.

    The interval is the `mean_interval` of the accuracy at that cost linearised in the means of each question, so it
    counts the spread of costs in.

    Args:
        curve: the strategy.
        cost: mean costs a question, any shape, in the unit of the curve.
        strata: as in `mean_interval`; accuracy and cost are both macro averages then.
        clusters: as in `mean_interval`.
        level: two-sided confidence.

    Returns:
        An `Interval` of the shape of cost; nan where the cost is outside the curve.

    Raises:
        ValueError: as `mean_interval`.
    """
    at = np.asarray(cost, dtype=float)
    table = np.hstack([curve.accuracy, curve.cost])

    def bought(means: FloatArray) -> FloatArray:
        return accuracies(lines_of(*np.split(means, 2, axis=1)), np.tile(at.ravel(), (len(means), 1)))

    values = linearised(bought, table, strata)
    found = mean_interval(values, bounds=reach(values, 0.0), strata=strata, clusters=clusters, level=level)
    line = lines_of(*np.split(macro_mean(table, strata)[None], 2, axis=1))
    inside = contains(line, at)
    known = (np.where(inside, row.reshape(at.shape), np.nan) for row in (found.mean, found.low, found.high))
    return Interval(*known)


def linearised(
    function: Callable[[FloatArray], FloatArray], table: FloatArray, strata: Labels | None
) -> FloatArray:
    """Values of each question whose mean is the function of the means, and whose spread is its error (first order).

    The infinitesimal jackknife (Efron and Tibshirani 1993, chapter 21): question i has the value f(mean) plus the
    derivative of f towards its own row. What all questions have in common, as settings of equal cost, stays so.

    Args:
        function: from means (R, K) to values (R, G).
        table: one row a question, shape (Q, K).
        strata: as in `mean_interval`.

    Returns:
        Shape (Q, G); nan where the function is.
    """
    mean = macro_mean(table, strata)
    step = _STEP * (table - mean)
    slope = (function(mean + step) - function(mean - step)) / (2 * _STEP)
    values: FloatArray = function(mean[None]) + slope
    return values


def macro_mean(table: FloatArray, strata: Labels | None) -> FloatArray:
    """The mean over strata of the mean in each, shape (K,), of a table (Q, K)."""
    mean: FloatArray = np.mean(
        [total.sum(axis=0) / size.sum() for total, size in unit_totals(table, strata, None)], axis=0
    )
    return mean


def reach(values: FloatArray, low: float) -> tuple[float, float]:
    """Bounds for `mean_interval`: those of accuracies (low to 1), or beyond where costs carry a value beyond."""
    return min(low, float(values.min())), max(1.0, float(values.max()))
