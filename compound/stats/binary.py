"""Two arms on the same questions with outcomes 0 or 1, each question answered once by each arm.

Only the discordant questions tell the arms apart: b where the first arm alone is right, c where the second alone
is. For outcomes that are averages over samples use `paired_difference`, which needs no counts. Both functions take
the questions as independent: where they share a passage or a template use `paired_difference` with clusters.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray
from compound.stats.interval import Interval, check_level

# Halvings of an interval no longer than 2: beyond the 53 bits of a float64.
_HALVINGS = 60


def mcnemar(b: int, c: int) -> float:
    """McNemar's exact two-sided p value that the arms are right equally often.

    Given m = b + c discordant questions b is Binomial(m, 1/2) if they are: p is twice the smaller tail, at most 1
    (Fagerland, Lydersen and Laake 2013, BMC Medical Research Methodology 13:91, the exact conditional test).

    Args:
        b: questions that only the first arm gets right.
        c: questions that only the second arm gets right.

    Returns:
        p, a probability; 1 where no question is discordant.

    Raises:
        ValueError: a count is not a whole number, 0 or more.
    """
    for name, count in (("b", b), ("c", c)):
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 0:
            raise ValueError(f"{name} is {count!r}: pass a number of questions, 0 or more")
    # Whole numbers up to the division, so nothing underflows.
    total = int(b) + int(c)
    term = tail = 1
    for i in range(min(int(b), int(c))):
        term = term * (total - i) // (i + 1)
        tail += term
    return min(1.0, 2 * tail / (1 << total))


def tango(b: ArrayLike, c: ArrayLike, n: ArrayLike, level: float = 0.95) -> Interval:
    """Difference of two paired rates, (b - c) / n, with its score interval (Tango 1998, Statist. Med. 17, 891-908).

    The interval holds every difference d that the score test does not reject: |T(d)| <= z with

        T(d) = (b - c - n d) / sqrt(n (2 q + d (1 - d)))

    and q the maximum-likelihood P(only the second arm is right) if the difference is d. It keeps a width when the
    arms never differ (b = c = 0 gives +-z^2 / (n + z^2)) and stays within [-1, 1].

    Args:
        b: questions that only the first arm gets right, whole numbers of any shape.
        c: questions that only the second arm gets right, same shape or broadcast against b.
        n: questions in all, concordant ones included, 1 or more; same shape or broadcast.
        level: two-sided confidence.

    Returns:
        An `Interval` of the broadcast shape, in units of accuracy (0.03 is three points), first arm minus second.

    Raises:
        ValueError: the counts are not whole numbers with b + c <= n and n >= 1, or level is not between 0 and 1.
    """
    check_level(level)
    only_first, only_second, questions = np.broadcast_arrays(
        *(np.asarray(count, dtype=float) for count in (b, c, n)),
    )
    whole = (only_first % 1 == 0) & (only_second % 1 == 0) & (questions % 1 == 0)
    possible = (only_first >= 0) & (only_second >= 0) & (questions >= 1) & (only_first + only_second <= questions)
    if not (whole & possible).all():
        raise ValueError(
            "b, c, n must be whole numbers, b >= 0, c >= 0, b + c <= n, n >= 1: pass counts, not rates"
        )
    z = NormalDist().inv_cdf((1 + level) / 2)
    low = _lower(only_first, only_second, questions, z)
    high = np.asarray(-_lower(only_second, only_first, questions, z))
    return Interval(np.asarray((only_first - only_second) / questions), low, high)


def _lower(b: FloatArray, c: FloatArray, n: FloatArray, z: float) -> FloatArray:
    """The smallest difference in [-1, (b - c) / n] that is not rejected: T falls from infinity at -1 to 0 there."""
    low, high = np.full(b.shape, -1.0), np.asarray((b - c) / n)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rejected = _score(middle, b, c, n) > z
        low, high = np.where(rejected, middle, low), np.where(rejected, high, middle)
    return high


def _score(d: FloatArray, b: FloatArray, c: FloatArray, n: FloatArray) -> FloatArray:
    """Tango's T(d), elementwise, for d in (-1, 1), and at +-1 if that is (b - c) / n."""
    # T(d; b, c) = -T(-d; c, b): with d >= 0 the smaller of the two discordant probabilities is q itself.
    size = np.abs(d)
    first, second = np.where(d < 0, c, b), np.where(d < 0, b, c)
    # 2n q^2 + linear q - constant = 0; its root >= 0 in the form that does not cancel.
    linear = (2 * n - first + second) * size - first - second
    constant = second * size * (1 - size)
    root = np.sqrt(linear**2 + 8 * n * constant)
    above = linear > 0
    q = np.where(above, 2 * constant / np.where(above, linear + root, 1.0), (root - linear) / (4 * n))
    variance = n * (2 * q + size * (1 - size))
    gap = first - second - n * size
    # There is no variance only where the data fit d exactly: 0 with nothing discordant, +-1 with nothing else.
    known = variance > 0
    score = np.where(known, gap / np.sqrt(np.where(known, variance, 1.0)), 0.0)
    return np.where(d < 0, -score, score)
