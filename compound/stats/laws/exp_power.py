"""The exponentiated power law of coverage: c(k) = exp(a k^b) with a < 0, b <= 0 (Brown et al. 2024, 2407.21787).

A curve of two parameters and no more: it does not say what the questions are like, so there is no likelihood and no
test of fit but held-out draws (`forecast`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray, IntArray
from compound.stats.laws._counts import whole_draws


@dataclass(frozen=True, slots=True)
class ExpPower:
    """a is ln c(1); b is how fast -ln c falls: c nears 1 as k^b, or stays exp(a) where b is 0."""

    a: float
    b: float

    def coverage(self, k: ArrayLike) -> FloatArray:
        """c(k), a share, for any whole k >= 1, of the shape of k."""
        curve: FloatArray = np.exp(self.a * whole_draws(k) ** self.b)
        return curve


def fit_exp_power(k: ArrayLike, coverage: ArrayLike) -> ExpPower:
    """The line ln(-ln c) = ln(-a) + b ln k by weighted least squares.

    With the variance of c in proportion to c (1 - c), the delta method gives ln(-ln c) the weight
    c (ln c)^2 / (1 - c): points near 0 and 1, where a small error in c is a large one in ln(-ln c), count little.
    Points at 0 or 1 have no place on the line and are left out.

    Args:
        k: numbers of draws, shape (K,), all different.
        coverage: the share covered by each, shape (K,).

    Raises:
        ValueError: shapes differ, a share is outside [0, 1], or fewer than two of them lie strictly between.
    """
    at, share = whole_draws(k), np.asarray(coverage, dtype=float)
    if at.ndim != 1 or at.shape != share.shape:
        raise ValueError(f"k has shape {at.shape} and coverage {share.shape}: pass one share for each k")
    if not ((share >= 0) & (share <= 1)).all():
        raise ValueError("coverage has values outside 0..1: pass shares")
    inside = (share > 0) & (share < 1)
    if len(set(at[inside])) < 2:
        raise ValueError(f"{inside.sum()} of {len(at)} points lie between 0 and 1: a line takes two different k")
    a, b = exp_power_lines(at, share[None])
    return ExpPower(float(a[0]), float(b[0]))


def exp_power_lines(k: IntArray, coverage: FloatArray) -> tuple[FloatArray, FloatArray]:
    """a and b, shape (B,) each, of B curves of coverage (B, K); nan where fewer than two points are inside."""
    inside = (coverage > 0) & (coverage < 1)
    c = np.where(inside, coverage, 0.5)
    x, y = np.log(k), np.log(-np.log(c))
    weight = np.where(inside, c * np.log(c) ** 2 / (1 - c), 0.0)
    known = inside.sum(axis=1) >= 2
    weight[~known] = 1.0
    weight /= weight.sum(axis=1, keepdims=True)
    x_mean, y_mean = weight @ x, (weight * y).sum(axis=1)
    off = x - x_mean[:, None]
    b = (weight * off * y).sum(axis=1) / (weight * off**2).sum(axis=1)
    a = -np.exp(y_mean - b * x_mean)
    return np.where(known, a, np.nan), np.where(known, b, np.nan)
