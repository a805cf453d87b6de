"""An estimate with its interval, and the interval of a single rate."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """An estimate and its two-sided interval, in the unit of the values it was computed from.

    The three arrays have the same shape: () for one number (`float(interval.low)`), (K,) for a curve. The
    intervals of a curve hold point by point, not for all points at once, but for those of `max_t_interval`.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def wilson(successes: ArrayLike, n: ArrayLike, level: float = 0.95) -> Interval:
    """Wilson's score interval of a rate (Wilson 1927, JASA 22, 209-212).

    Unlike the normal interval it stays inside [0, 1] and keeps a width when all or none of n succeed. It takes
    the n trials as independent: for a mean of averages over questions use `mean_interval`.

    Args:
        successes: whole numbers in 0..n, any shape.
        n: trials, same shape or broadcast against it. n = 0 gives (0, 1) around a mean of nan.
        level: two-sided confidence.

    Raises:
        ValueError: successes are not whole numbers in 0..n, or level is not between 0 and 1.
    """
    check_level(level)
    s, trials = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(n, dtype=float))
    if not ((s >= 0) & (s <= trials) & (s % 1 == 0) & (trials % 1 == 0)).all():
        raise ValueError("successes and n must be whole numbers, 0 <= successes <= n: pass counts, not rates")
    z = NormalDist().inv_cdf((1 + level) / 2)
    known = trials > 0
    m = np.where(known, trials, 1.0)
    p = np.where(known, s / m, np.nan)
    centre = (p + z**2 / (2 * m)) / (1 + z**2 / m)
    half = z * np.sqrt(p * (1 - p) / m + z**2 / (4 * m**2)) / (1 + z**2 / m)
    # The ends are exact where nothing or everything succeeded, and there rounding would miss them.
    low = np.where(s == 0, 0.0, centre - half)
    high = np.where(s == trials, 1.0, centre + half)
    return Interval(p, low, high)


def check_level(level: float) -> None:
    """Raise ValueError unless level is a confidence between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: pass a confidence between 0 and 1, such as 0.95")
