"""Several claims at once: adjusted p values, and a band that holds for all columns together.

Both keep the chance of even one false claim in the family at its level. The family is chosen before the data are
seen: every comparison that would have been reported counts, whether it came out or not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray
from compound.stats.bootstrap import Labels, check_values, resampled_means
from compound.stats.interval import Interval, check_level

# A standard error below this share of the largest value is rounding.
_ROUNDING = 1e-12


def holm(p: ArrayLike) -> FloatArray:
    """P values adjusted by Holm's step-down method (Holm 1979, Scand. J. Statist. 6, 65-70).

    The i-th smallest of m is multiplied by m - i + 1, is at least the one before it, and at most 1. A claim stands
    at family-wise level alpha if its adjusted p is at most alpha, however the tests depend on each other.

    Args:
        p: p values of one family, shape (m,).

    Returns:
        Adjusted p values, shape (m,), in the order of the input.

    Raises:
        ValueError: p is not a flat list of numbers between 0 and 1.
    """
    raw = np.asarray(p, dtype=float)
    if raw.ndim != 1 or not ((raw >= 0) & (raw <= 1)).all():
        raise ValueError(f"p of shape {raw.shape} is not a flat list of numbers between 0 and 1: pass p values")
    order = np.argsort(raw, kind="stable")
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1)), 1.0)
    return adjusted


def max_t_interval(
    values: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
    strata: Labels | None = None,
    clusters: Labels | None = None,
) -> Interval:
    """Means over questions with a band that holds for all K columns at once (max-t bootstrap).

    Every column is mean +- t * SE, SE being the standard deviation of its bootstrap means, and t the `level`
    quantile over resamples of the largest |resampled mean - mean| / SE of any column (Westfall and Young 1993,
    Resampling-Based Multiple Testing, chapter 2). Columns that move together cost less than Bonferroni takes.

    A column whose bootstrap means are all equal has a band of width zero and no part in t: as in `mean_interval`
    that is no evidence. Nor does t make up for few questions: below about 20 (or 20 clusters) the band is too
    narrow.

    Args:
        values: a curve a question, shape (Q, K), such as the difference of two arms at each k.
        level: confidence that the band holds everywhere.
        draws: resamples, 2 or more.
        rng: the same generator state gives the same band.
        strata: as in `mean_interval`.
        clusters: as in `mean_interval`.

    Returns:
        An `Interval` of shape (K,), in the unit of the values; unlike others it holds for all points at once.

    Raises:
        ValueError: as `mean_interval`, or values is not (Q, K), or there are fewer than 2 draws.
    """
    table, flat = check_values(values)
    check_level(level)
    if flat:
        raise ValueError(f"values has shape {table[:, 0].shape}: pass (Q, K), or use mean_interval for one column")
    if draws < 2:
        raise ValueError(f"draws is {draws}: pass 2 or more (10,000 for two stable digits)")
    mean, resampled = resampled_means(table, strata=strata, clusters=clusters, draws=draws, rng=rng)
    error = resampled.std(axis=0, ddof=1)
    moves = error > _ROUNDING * np.abs(table).max(axis=0)
    if not moves.any():
        return Interval(mean, mean.copy(), mean.copy())
    largest = (np.abs(resampled[:, moves] - mean[moves]) / error[moves]).max(axis=1)
    half = np.where(moves, np.quantile(largest, level) * error, 0.0)
    return Interval(mean, mean - half, mean + half)
