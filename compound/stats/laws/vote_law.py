"""The vote law of Chen et al. 2024 (2403.02419): each question's plurality accuracy nears its limit exponentially.

    A(K) = limit (1 - g(K)) where a right answer is the mode, else g(K),  g(K) = exp(-a1 K - a2 sqrt(K) - a3),

a1, a2 >= 0. The limit is 1, or the share of right answers among tied modes. A set of questions some of which rise
and some fall may peak in between, and `best_votes` finds the peak.

What it does not cover: the mode is taken as known. Where few samples show a wrong one the law is wrong and sure.
Up to the number of recorded samples `plurality_curves` is exact and needs no law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray, IntArray
from compound.stats.laws._counts import whole_draws
from compound.stats.plurality import Pool


@dataclass(frozen=True, slots=True, eq=False)
class VoteLaw:
    """Parameters of Q questions.

    Attributes:
        slopes: a1, a2 and a3 of each question, shape (Q, 3). a3 is inf where g is 0 for all K.
        limits: accuracy of infinitely many votes, a share, shape (Q,).
    """

    slopes: FloatArray
    limits: FloatArray

    def curves(self, k: ArrayLike) -> FloatArray:
        """Accuracy of each question at each number of votes k, shape (K,) -> (Q, K)."""
        # a3 is added by itself: a product with an infinite one is not a number to some libraries.
        rates, start = self.slopes[:, :2], self.slopes[:, 2:]
        g = np.minimum(np.exp(-(rates @ _terms(whole_draws(k))[:2] + start)), 1.0)
        right = self.limits[:, None]
        return np.where(right > 0, right * (1 - g), g)

    def accuracy(self, k: ArrayLike) -> FloatArray:
        """The mean over questions, shape (K,)."""
        mean: FloatArray = self.curves(k).mean(axis=0)
        return mean

    def best_votes(self, most: int) -> int:
        """The number of votes within 1..most with the highest accuracy; the smallest of equals."""
        return int(self.accuracy(np.arange(1, most + 1)).argmax()) + 1


def vote_limits(pools: Sequence[Pool]) -> FloatArray:
    """The share of right answers among the most frequent ones of each pool, shape (Q,); 0 where nothing parsed."""
    return np.array([_limit(np.asarray(pool.counts), np.asarray(pool.right)) for pool in pools])


def fit_vote_law(k: ArrayLike, curves: ArrayLike, limits: ArrayLike) -> VoteLaw:
    """Non-negative least squares of -ln g on K, sqrt(K) and 1, question by question.

    Rows are weighted by g, which makes the residuals those of the accuracy, to first order. Points at the limit
    have no logarithm and no weight.

    Args:
        k: numbers of votes, shape (K,).
        curves: accuracy of each question, shape (Q, K), such as `plurality_curves` of the pools at k.
        limits: where each curve tends, shape (Q,), such as `vote_limits` of the same pools.

    Raises:
        ValueError: shapes differ, or a value is outside [0, 1].
    """
    at, table, right = whole_draws(k), np.asarray(curves, dtype=float), np.asarray(limits, dtype=float)
    if at.ndim != 1 or table.shape != (*right.shape, len(at)) or right.ndim != 1 or not len(right):
        raise ValueError(f"curves has shape {table.shape}: pass ({len(right)}, {at.size}), one row for each limit")
    if not all(((x >= 0) & (x <= 1)).all() for x in (table, right)):
        raise ValueError("curves or limits have values outside 0..1: pass shares")
    g = np.where(right[:, None] > 0, 1 - table / np.where(right > 0, right, 1.0)[:, None], table)
    return VoteLaw(np.stack([_slopes(at, row) for row in g]), right)


def _slopes(k: IntArray, g: FloatArray) -> FloatArray:
    from scipy.optimize import nnls

    away = g > 1e-12  # below is the rounding of the limit itself
    if not away.any():
        return np.array([0.0, 0.0, np.inf])
    x, y, weight = _terms(k[away]).T, -np.log(g[away]), g[away]
    # a3 has either sign: it is the difference of two coefficients that have not.
    both = np.column_stack([x, -x[:, 2]])
    found = nnls(both * weight[:, None], y * weight)[0]
    return np.array([found[0], found[1], found[2] - found[3]])


def _terms(k: IntArray) -> FloatArray:
    return np.stack([k, np.sqrt(k), np.ones(k.shape)])


def _limit(counts: FloatArray, right: FloatArray) -> float:
    return float(right[counts == counts.max()].mean()) if counts.size else 0.0
