"""Weighted plurality votes, replayed on random orders: there is no formula for all subsets.

The answer with the largest sum of weights wins: confidences (CISC: Taubenfeld et al. 2025, arXiv 2502.06233),
scores of a judge or of a reward model (weighted best-of-N: Cobbe et al. 2021, arXiv 2110.14168).

Rules of the vote: abstentions cast no ballot; sums that agree to 32 binary digits (2e-10) are tied, so that neither
the rounding of a sum nor the order of the ballots decides; a tie is split evenly; a subset without any ballot has
accuracy 0. A weight of 0 is still a ballot: where all ballots weigh 0, the answers given are tied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._replay import Estimate, Lead, Orders, check_votes, replay
from compound.stats._types import FloatArray, IntArray

# Bits of a sum that rounding may touch: 20 of the 52 of a float64, some 10^6 additions' worth.
_ROUNDING_BITS = 20


def weighted_plurality(
    codes: ArrayLike, weights: ArrayLike, right: ArrayLike, *, permutations: int = 100, rng: np.random.Generator
) -> Estimate:
    """Expected accuracy of a weighted vote over k = 1..n draws from one pool, or from many of the same n.

    Args:
        codes: the answer of each sample as a number 0..M-1, -1 where it abstained: shape (n,) or (Q, n).
        weights: one finite weight >= 0 a sample, same shape. Those of abstentions do not matter.
        right: which answers are right, booleans: shape (M,) or (Q, M), padded with False.
        permutations: random orders of each question, 2 or more.
        rng: the same generator state gives the same estimate. Equal weights give, order by order, the plain vote.

    Returns:
        An `Estimate` of shape (n,) or (Q, n); entry k - 1 is for k draws, a share in [0, 1].

    Raises:
        ValueError: shapes do not fit, a code has no answer, or a weight (or their sum) is not finite and >= 0.
    """
    votes = check_votes(codes, right)
    table = np.asarray(weights, dtype=float)
    if table.shape != np.shape(codes):
        raise ValueError(f"weights have shape {table.shape} and codes {np.shape(codes)}: pass one of each a sample")
    table = np.where(votes.codes == votes.answers, 0.0, table.reshape(votes.codes.shape))
    with np.errstate(over="ignore", invalid="ignore"):
        bad = ~np.isfinite(table.sum(axis=1)) | (table < 0).any(axis=1)
    if bad.any():
        raise ValueError(f"weights of question {int(bad.argmax())} are not finite and >= 0: let the sample abstain")

    return replay(votes, lambda orders: [_shares(orders, table.take(orders.sample))], permutations, rng)[0]


def _shares(orders: Orders, weights: FloatArray) -> FloatArray:
    """How right the leaders are after each draw, shape (n, R)."""
    n, size = orders.codes.shape
    cells = orders.codes + np.arange(size) * (orders.answers + 1)
    totals, standing = np.zeros(size * (orders.answers + 1)), np.full(size * (orders.answers + 1), -1)
    lead, shares = Lead(size), np.empty((n, size))
    for t, cell in enumerate(cells):
        total = totals[cell] + weights[t]
        new = np.where(orders.codes[t] < orders.answers, _rounded(total), -2)
        lead.add(standing[cell], new, orders.right[t])
        totals[cell], standing[cell] = total, new
        shares[t] = lead.share
    return shares


def _rounded(totals: FloatArray) -> IntArray:
    """Totals >= 0 as whole numbers in the same order, rounded to 32 binary digits.

    The bits of floats >= 0, read as integers, are in the order of the floats, whatever their magnitude.
    """
    bits: IntArray = totals.view(np.int64)
    return (bits + (1 << (_ROUNDING_BITS - 1))) >> _ROUNDING_BITS
