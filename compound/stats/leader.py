"""How sure the votes so far make that the leading answer is the most probable one (Adaptive-Consistency).

Aggarwal et al. 2023, arXiv 2305.11860: the answers' probabilities have a flat prior, and the votes are draws. The
most probable answer need not be right.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb, lgamma, sqrt
from typing import NamedTuple

import numpy as np

from compound.stats._quadrature import gauss_legendre
from compound.stats._types import FloatArray, IntArray

# The most voted answers that are compared, as in the published code.
LEADERS = 5

# Gauss-Legendre nodes for an interval of about 20 standard deviations.
_NODES = 128


def leader_probability(counts: Sequence[int]) -> float:
    """The probability that the answer with the most votes is the most probable one.

    With at most two answers, of v1 >= v2 votes, it is 1 - I_(1/2)(v1 + 1, v2 + 1), from exact integers; with more
    it is that of a Dirichlet distribution over the five most voted. A lone answer has a rival that nobody gave.

    Args:
        counts: votes of each answer, in any order; whole numbers, at least one above 0.

    Raises:
        ValueError: nobody voted, or a count is not whole or below 0.
    """
    votes = sorted((c for c in counts if c), reverse=True)
    if not votes or any(c < 0 or c != int(c) for c in votes):
        raise ValueError(f"counts are {list(counts)}: pass the whole votes of each answer, at least one above 0")
    leaders = [*map(int, votes[:LEADERS]), *[0] * (LEADERS - len(votes))]
    if len(votes) < 3:
        return float(beta_probability(leaders[0], leaders[1]))
    return float(dirichlet(np.array([leaders]))[0])


def beta_probability(v1: int, v2: int) -> Fraction:
    """1 - I_(1/2)(v1 + 1, v2 + 1), exact: the probability that the first of two answers is the more probable."""
    m = v1 + v2 + 1
    return 1 - Fraction(sum(comb(m, i) for i in range(v2 + 1)), 2**m)


def check_threshold(threshold: float) -> None:
    """Raise ValueError unless threshold is a probability that a leader can reach, and not before the first vote."""
    if not 0.5 < threshold < 1:
        raise ValueError(f"threshold is {threshold}: pass a probability between 0.5 and 1, such as 0.95")


@lru_cache(maxsize=64)
def votes_needed(threshold: float, length: int) -> tuple[int, ...]:
    """For v2 = 0..length-1 the least v1 with `beta_probability` (v1, v2) >= threshold, by exact integers.

    That is tail <= (1 - threshold) 2^m, with m = v1 + v2 + 1 and tail the sum of C(m, i) over i <= v2. One more
    vote moves m by one, and the tail by Pascal's rule.
    """
    risk, scale = (1 - Fraction(threshold)).as_integer_ratio()
    needed: list[int] = []
    m, tail = 1, 1
    for v2 in range(length):
        while tail * scale > risk << m:
            tail = 2 * tail - comb(m, v2)
            m += 1
        needed.append(m - 1 - v2)
        tail = 2 * tail + comb(m, v2 + 1)
        m += 1
    return tuple(needed)


def dirichlet(counts: IntArray) -> FloatArray:
    """P(p_1 is the largest) for p ~ Dirichlet(counts + 1); counts (T, 5) are descending, and rivals of 0 left out.

    Gamma variables of shape counts + 1 stand for p, so it is the integral of the leader's density times the
    distribution functions of its rivals.
    """
    probability = np.empty(len(counts))
    for v1 in np.unique(counts[:, 0]):
        rows = counts[:, 0] == v1
        gammas = _gammas(int(v1))
        probability[rows] = gammas.below[counts[rows, 1:]].prod(axis=1) @ gammas.leader
    return probability


class _Gammas(NamedTuple):
    """Gamma variables at the nodes of a leader of v1 votes.

    leader: shape (nodes,), the density for v1 votes times the weight of the node. below: shape (v1 + 1, nodes), the
    distribution functions for 1..v1 votes; row 0 is 1.
    """

    leader: FloatArray
    below: FloatArray


@lru_cache(maxsize=64)
def _gammas(v1: int) -> _Gammas:
    # The leader's density is below 1e-17 outside of ten standard deviations (and 40 more to the right: its tail).
    spread = 10 * sqrt(v1 + 1)
    low, high = max(0.0, v1 + 1 - spread), v1 + 41 + spread
    rule = gauss_legendre(_NODES)
    x = low + (high - low) * rule.nodes
    j = np.arange(v1 + 1)[:, None]
    log_factorial = np.array([[lgamma(i + 1)] for i in range(v1 + 1)])
    terms = np.exp(j * np.log(x) - x - log_factorial)  # x^j e^-x / j!: their sum to j = c is 1 - below
    below = 1.0 - terms.cumsum(axis=0)
    below[0] = 1.0
    return _Gammas(terms[-1] * rule.weights * (high - low), below)
