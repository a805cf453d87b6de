"""Majorities of independent voters who are right with probability p, and mixtures of easy and hard questions.

Two answers, K votes, a tie split evenly; then 2m votes are worth 2m - 1. More votes help where p > 1/2 and hurt
where p < 1/2 (Condorcet 1785). A set of both kinds rises, falls, or turns once (Chen et al. 2024, 2403.02419).
"""

from __future__ import annotations

from math import ceil, isclose, log, log1p
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray
from compound.stats.laws._counts import whole_draws

Trend = Literal["rises", "falls", "rises then falls", "falls then rises", "flat"]


class Mixture(NamedTuple):
    """How the accuracy of a mixture moves with an odd number of votes; turn is its peak or trough, if any."""

    trend: Trend
    turn: int | None


def majority(p: ArrayLike, k: ArrayLike) -> FloatArray:
    """F_p(K) = I_p(m, m), m = ceil(K / 2), with the regularised incomplete beta function: exact at any size of K.

    Args:
        p: chance that a vote is right, any shape.
        k: votes, whole, 1 or more, broadcast against p.

    Raises:
        ValueError: p is outside [0, 1] or k below 1.
    """
    from scipy.special import betainc

    m = np.ceil(whole_draws(k) / 2)
    accuracy: FloatArray = np.asarray(betainc(m, m, _chance(p)))
    return accuracy


def majority_gain(p: ArrayLike, k: ArrayLike) -> FloatArray:
    """F_p(K+2) - F_p(K) = C(K, m) (p q)^m (2p - 1), m = (K+1) / 2, without the cancellation of the difference.

    Args:
        p: as for `majority`.
        k: an odd number of votes, broadcast against p.

    Raises:
        ValueError: p is outside [0, 1], or k is even or below 1.
    """
    from scipy.special import gammaln, xlogy

    at, chance = whole_draws(k), _chance(p)
    if (at % 2 == 0).any():
        raise ValueError(f"k is {k!r}: pass odd numbers of votes, an even one is worth as much as one less")
    m = (at + 1) / 2
    choose = gammaln(at + 1) - gammaln(m + 1) - gammaln(m)
    gain: FloatArray = np.exp(choose + xlogy(m, chance * (1 - chance))) * (2 * chance - 1)
    return gain


def mixture(alpha: float, easy: float, hard: float) -> Mixture:
    """The trend of alpha F_easy(K) + (1 - alpha) F_hard(K) over odd K.

    With a = alpha (2 easy - 1), b = (1 - alpha)(1 - 2 hard) and q = p (1 - p), the step from K = 2m - 1 to K + 2 is
    up iff a q_easy^m > b q_hard^m, so the sign changes once, at m* = ln(a/b) / ln(q_hard/q_easy), if at all:

    * easy + hard > 1 (the easy ones are settled first): up until m*, then down; falls if m* <= 1.
    * easy + hard < 1: down until m*, then up; rises if m* <= 1.
    * easy + hard = 1: one sign throughout, that of a - b.

    Args:
        alpha: share of easy questions, in [0, 1].
        easy: their chance of a right vote, in (1/2, 1].
        hard: that of the others, in [0, 1/2).

    Raises:
        ValueError: an argument is out of its range.
    """
    if not (0 <= alpha <= 1 and 0.5 < easy <= 1 and 0 <= hard < 0.5):
        raise ValueError(f"alpha {alpha}, easy {easy}, hard {hard}: pass a share, a p above 1/2 and one below")
    up, down = alpha * (2 * easy - 1), (1 - alpha) * (1 - 2 * hard)
    q_easy, q_hard = easy * (1 - easy), hard * (1 - hard)
    gain, loss, surplus = up * q_easy, down * q_hard, easy + hard - 1
    even = isclose(gain, loss, rel_tol=1e-12)
    if abs(surplus) < 1e-12 or gain == 0 or loss == 0:
        return Mixture("flat" if even else "rises" if gain > loss else "falls", None)
    if even or (gain > loss) != (surplus > 0):
        return Mixture("rises" if surplus < 0 else "falls", None)
    # ln(q_hard / q_easy), also where they are nearly equal
    closing = log1p((easy - hard) * surplus / q_easy)
    return Mixture(
        "rises then falls" if surplus > 0 else "falls then rises", 2 * ceil(log(up / down) / closing) - 1
    )


def _chance(p: ArrayLike) -> FloatArray:
    chance = np.asarray(p, dtype=float)
    if not ((chance >= 0) & (chance <= 1)).all():
        raise ValueError(f"p is {p!r}: pass chances between 0 and 1")
    return chance
