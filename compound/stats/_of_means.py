"""Intervals of functions of means over questions, such as the ratio of two of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from compound.stats._types import FloatArray
from compound.stats.bootstrap import Labels, check_values, resampled_means
from compound.stats.interval import Interval, check_level


def interval_of_means(
    table: FloatArray,
    function: Callable[[FloatArray], FloatArray],
    bounds: tuple[float, float],
    *,
    strata: Labels | None,
    clusters: Labels | None,
    level: float,
    draws: int,
    rng: np.random.Generator,
) -> Interval:
    """A function of the K column means of a table (Q, K), with its percentile bootstrap interval over questions.

    A resample where the function is undefined could have been anything: it counts as the lower bound for the low
    end and as the upper bound for the high end, so undefined everywhere gives `bounds` around a mean of nan.

    Args:
        table: one row a question, shape (Q, K).
        function: from means (..., K) to values (...), nan where undefined.
        bounds: the range of the function.
        strata: this and what follows as in `mean_interval`.

    Raises:
        ValueError: as `mean_interval`.
    """
    check_level(level)
    checked, _ = check_values(table)
    means, resampled = resampled_means(checked, strata=strata, clusters=clusters, draws=draws, rng=rng)
    values = function(resampled)
    unknown = np.isnan(values)
    tail = (1 - level) / 2
    # Order statistics, since the bounds may be infinite and do not interpolate.
    low = np.quantile(np.where(unknown, bounds[0], values), tail, method="lower")
    high = np.quantile(np.where(unknown, bounds[1], values), 1 - tail, method="higher")
    return Interval(np.asarray(function(means)), np.asarray(low), np.asarray(high))


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Elementwise quotient; nan where the denominator is 0."""
    known = denominator != 0
    return np.where(known, numerator / np.where(known, denominator, 1.0), np.nan)


def check_shares(values: object, name: str) -> FloatArray:
    """The values as float64; raises ValueError unless all are numbers from 0 to 1."""
    array = np.asarray(values, dtype=float)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name} has values outside 0 to 1: pass outcomes of 0 or 1, or probabilities")
    return array
