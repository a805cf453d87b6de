"""Two strategies at equal cost: which is better, from what cost on, and how sure that is.

What a strategy has at a given cost is said in `cost_curve.py`.
"""

from __future__ import annotations

import numpy as np

from compound.stats._advantage import Advantage, EqualCost, EqualCostVerdict, without_range
from compound.stats._cost_lines import (
    Lines,
    accuracies,
    common_range,
    cost_to_match,
    differences,
    grid,
    is_point,
    lines_of,
)
from compound.stats._limits import estimate
from compound.stats._types import FloatArray
from compound.stats.bootstrap import Labels
from compound.stats.cost_curve import CostCurve, linearised, macro_mean, reach
from compound.stats.interval import Interval
from compound.stats.mean import mean_interval
from compound.stats.multiple import max_t_interval
from compound.stats.power import questions_needed

__all__ = ["Advantage", "EqualCost", "EqualCostVerdict", "equal_cost", "matching_cost"]

# A difference or a spread below this, in units of accuracy, is rounding.
_ROUNDING = 1e-9


def equal_cost(
    a: CostCurve,
    b: CostCurve,
    *,
    points: int = 50,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> EqualCost:
    """Accuracy of a less that of b at equal mean cost, over all costs that both can be had at.

    The difference at a share of the common range (in log cost) is a function of the mean accuracies and mean costs
    of both. Linearised, it is a mean over questions: what a question adds to the accuracies and the costs of both
    goes together, the ends of the range included, and `max_t_interval` and `mean_interval` apply. Costs quoted are
    those of the means. Nothing is extrapolated; a strategy with one setting is compared at the one cost of that.

    Args:
        a: one strategy.
        b: the other, on the same questions in the same order, its cost in the same unit.
        points: of the grid, evenly spaced in log cost, 2 or more.
        strata: as in `mean_interval`; accuracy and cost are both macro averages then.
        clusters: as in `mean_interval`.
        level: confidence, two-sided.
        draws: as in `max_t_interval`.
        rng: the same generator state gives the same result.

    Raises:
        ValueError: as `max_t_interval`, or the questions differ in number, or a setting costs nothing.
    """
    _check_points(points)
    table = _joined(a, b)
    lines = _pair(macro_mean(table, strata)[None], a, b)
    low, high = common_range(*lines)
    share = np.zeros(1) if is_point(low[0], high[0]) else np.linspace(0, 1, points)
    values = linearised(lambda means: differences(*_pair(means, a, b), share), table, strata)
    ranges = (_ends(lines[0]), _ends(lines[1]))
    if np.isnan(values).any() or np.isnan(low).any():
        return without_range(ranges, len(table), level)

    bounds = reach(values, -1.0)
    area = values @ _trapezoid(len(share))
    band = max_t_interval(
        values, bounds=bounds, level=level, draws=draws, rng=rng, strata=strata, clusters=clusters
    )
    return EqualCost(
        cost=grid(low, high, share)[0],
        difference=mean_interval(values, bounds=bounds, strata=strata, clusters=clusters, level=level),
        band=band,
        area=mean_interval(area, bounds=bounds, strata=strata, clusters=clusters, level=level),
        ranges=ranges,
        questions=len(table),
        more_questions=_more_questions(area, bounds, strata, clusters, level),
        level=level,
    )


def matching_cost(
    a: CostCurve,
    b: CostCurve,
    *,
    points: int = 200,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
) -> Interval:
    """The cost from which on a is as accurate as b at its most expensive setting, as a share of b's cost there.

    0.33 is the same accuracy for a third of the price. If a is as accurate at all its settings, the cost of its
    first counts; if it is not at its last, infinity does, even if it was before: a peak found on these questions is
    no choice made before.

    The interval holds the shares at which the `mean_interval` of a's accuracy less b's holds 0, and what is between
    them (Fieller's argument): its upper end is below 1 only if a is shown to be more accurate at all higher costs.
    An end at a's first setting stands for "that or less".

    Args:
        a: the strategy that may be cheaper.
        b: the one to match, on the same questions in the same order, its cost in the same unit.
        points: costs of a that are tried, evenly spaced in log cost, 2 or more.
        strata: as in `mean_interval`; accuracy and cost are both macro averages then.
        clusters: as in `mean_interval`.
        level: two-sided confidence.

    Returns:
        An `Interval` of shape (), a ratio of costs, inf where the accuracy is not reached.

    Raises:
        ValueError: as `mean_interval`, or the questions differ in number, or a setting costs nothing.
    """
    _check_points(points)
    table = _joined(a, b)
    line_a, line_b = _pair(macro_mean(table, strata)[None], a, b)
    most = line_b.cost[0, -1]
    tried = grid(line_a.cost[:, 0], line_a.cost[:, -1], np.linspace(0, 1, points))[0] / most

    def gap(means: FloatArray) -> FloatArray:
        one, other = _pair(means, a, b)
        return accuracies(one, tried * other.cost[:, -1:]) - other.accuracy[:, -1:]

    values = linearised(gap, table, strata)
    found = mean_interval(values, bounds=reach(values, -1.0), strata=strata, clusters=clusters, level=level)
    # The next cost tried, outwards, at both ends: the limit lies before it.
    steps = np.append(tried, np.inf)
    enough, short = found.high >= 0, np.flatnonzero(found.low < 0)
    low = tried[max(0, int(enough.argmax()) - 1)] if enough.any() else np.inf
    high = steps[short[-1] + 1] if len(short) else tried[0]
    return Interval(np.asarray(cost_to_match(line_a, line_b) / most), np.asarray(low), np.asarray(high))


def _check_points(points: int) -> None:
    if points < 2:
        raise ValueError(f"points is {points}: pass 2 or more, such as 50")


def _joined(a: CostCurve, b: CostCurve) -> FloatArray:
    """Accuracies and costs of both in one table, which keeps the questions together."""
    if len(a.cost) != len(b.cost):
        raise ValueError(f"a has {len(a.cost)} questions and b {len(b.cost)}: pass both on the same questions")
    for name, curve in (("a", a), ("b", b)):
        free = ~curve.cost.any(axis=0)
        if free.any():
            raise ValueError(
                f"setting {free.argmax()} of {name} costs 0 on every question, and 0 has no logarithm: "
                "compare in another unit, such as tokens or calls"
            )
    return np.hstack([a.accuracy, a.cost, b.accuracy, b.cost])


def _pair(means: FloatArray, a: CostCurve, b: CostCurve) -> tuple[Lines, Lines]:
    """The curves of both from rows of means of the joined table."""
    size = a.cost.shape[1]
    accuracy_a, cost_a, accuracy_b, cost_b = np.split(means, [size, 2 * size, 2 * size + b.cost.shape[1]], axis=1)
    return lines_of(accuracy_a, cost_a), lines_of(accuracy_b, cost_b)


def _ends(lines: Lines) -> tuple[float, float]:
    return float(lines.cost[0, 0]), float(lines.cost[0, -1])


def _trapezoid(size: int) -> FloatArray:
    """Weights of the mean of a function over an evenly spaced grid."""
    weight: FloatArray = np.full(size, 1 / max(1, size - 1))
    if size > 1:
        weight[[0, -1]] /= 2
    return weight


def _more_questions(
    area: FloatArray,
    bounds: tuple[float, float],
    strata: Labels | None,
    clusters: Labels | None,
    level: float,
) -> int | None:
    found = estimate(area[:, None], bounds, strata, clusters)
    # The spread of one question that the error of the mean stands for: what clusters share is counted in.
    seen, spread = abs(float(found.mean[0])), float(found.variance[0] * len(area)) ** 0.5
    if seen <= _ROUNDING or spread <= _ROUNDING:
        return None
    return max(0, questions_needed(spread, seen, alpha=1 - level) - len(area))
