"""Plurality accuracy of independent draws with known probabilities, for every number of votes.

The law of one question is p_1..p_m, the probability of each distinct answer, and the rest of the mass, which
abstains. Given the true law this is the accuracy of a vote over k fresh samples, at any k. The rules of the vote
are those of `plurality_curve`: ties are split evenly, and a vote without any ballot scores 0.

The shares counts / n of a recorded pool may stand for the law ("with replacement"), and then k may exceed n: an
extrapolation. As an estimator it is biased: the shares of a finite pool are more concentrated than the law they
were drawn from, and one sample can be drawn twice. For k <= n prefer `plurality_curve`, which is unbiased.
"""

from __future__ import annotations

from math import e
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from compound.stats._quadrature import gauss_legendre
from compound.stats._types import FloatArray, IntArray
from compound.stats._votes import _blocks, _multiply

# With x in units of k / e the largest number is exp(k / e): 1e303 here, and 1e308 is the end of float64.
K_MAX = 1_900

# Probabilities add up to 1 within this.
_SLACK = 1e-9
# An event of probability below exp(-70) = 4e-31 is taken for impossible.
_NEVER = 70.0
# Floats in the coefficients of one chunk of questions (16 MB).
_COEFFICIENTS = 2_000_000


def plurality_with_replacement(probabilities: ArrayLike, right: ArrayLike, k: int) -> FloatArray:
    """Expected plurality accuracy of 1..k independent draws, with known probabilities of the answers.

    With p the probability of a right answer, p_i those of all others and q the mass that abstains,

        A(k) = k! sum_t p^t/t! sum_j 1/(1+j) [x^(k-t) y^j] e^(q x)
               prod_i ( sum_{s<t} (p_i x)^s/s! + y (p_i x)^t/t! ),

    summed over the right answers: the formula of `plurality_curves` for an infinite pool. Relative rounding error
    is below 1e-12 at k = 1000. Numbers of votes that an answer reaches with a probability below 1e-30 are left out:
    an absolute error below 1e-27 at m = 1000.

    Args:
        probabilities: of each distinct answer, shape (m,), or (Q, m) for Q questions; pad with 0. Each row adds up
            to at most 1, and the rest abstains.
        right: booleans of the same shape: which answers are right. None, one or several may be.
        k: the largest number of votes, 1 to 1,900.

    Returns:
        Shape (k,) or (Q, k); entry j - 1 is the accuracy of j votes, a share in [0, 1].

    Raises:
        ValueError: shapes or types do not fit, a probability is not in [0, 1], a row adds up to more than 1, or k
            is out of range.
    """
    p, is_right = _check(probabilities, right)
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= K_MAX:
        raise ValueError(f"k is {k!r}: pass a whole number of votes, 1 to {K_MAX}")
    table, answers = np.atleast_2d(p, is_right)
    step = max(1, _COEFFICIENTS // ((int(k) + 1) * max(1, table.shape[1])))
    parts = [_curves(table[i : i + step], answers[i : i + step], int(k)) for i in range(0, len(table), step)]
    curves = np.minimum(np.concatenate(parts), 1.0)
    return curves.reshape(*p.shape[:-1], int(k))


def plurality_limit(probabilities: ArrayLike, right: ArrayLike) -> FloatArray:
    """Plurality accuracy as the number of independent draws goes to infinity: the right share of the modes.

    1 where the most probable answer is right, 0 where it is wrong, a share where equal ones (as floats: divide
    counts by one n) differ, and 0 where everything abstains. Abstaining is not an answer, however probable.

    Args and errors as for `plurality_with_replacement`; returns shape () or (Q,).
    """
    p, is_right = _check(probabilities, right)
    modes = (p == p.max(axis=-1, keepdims=True, initial=0.0)) & (p > 0)
    return np.asarray((modes & is_right).sum(axis=-1) / np.maximum(modes.sum(axis=-1), 1))


def _check(probabilities: ArrayLike, right: ArrayLike) -> tuple[FloatArray, NDArray[np.bool_]]:
    p, is_right = np.asarray(probabilities, dtype=np.float64), np.asarray(right)
    if p.ndim not in (1, 2) or p.shape != is_right.shape or p.shape[:-1] == (0,):
        raise ValueError(
            f"probabilities has shape {p.shape} and right {is_right.shape}: "
            "pass (m,) or (Q, m) of both, with one entry for each distinct answer"
        )
    # An empty list has no type of its own: a question without any answer abstains throughout.
    if is_right.size and is_right.dtype.kind != "b":
        raise ValueError(f"right is {is_right.dtype}: pass True or False for each answer")
    possible = (p >= 0) & (p <= 1 + _SLACK)
    if not possible.all():
        raise ValueError(f"probabilities holds {p[~possible][0]}: pass numbers from 0 to 1 (divide counts by n)")
    total = p.sum(axis=-1)
    if (total > 1 + _SLACK).any():
        raise ValueError(f"probabilities of a question add up to {total.max()}: pass at most 1")
    return p, is_right.astype(np.bool_)


class _Contests(NamedTuple):
    """One entry for each right answer (its question and column) and number of votes t that it can get.

    strong is the number of rivals that can get t votes; rest the probability of all others, abstaining included.
    """

    question: IntArray
    own: IntArray
    t: IntArray
    strong: IntArray
    rest: FloatArray


def _curves(p: FloatArray, right: NDArray[np.bool_], k: int) -> FloatArray:
    """As `plurality_with_replacement`, shape (Q, k). Terms and factors as in `_votes`, with x in units of k / e."""
    order = np.argsort(-p, axis=1, kind="stable")
    p, right = np.take_along_axis(p, order, axis=1), np.take_along_axis(right, order, axis=1)
    question, own, t, strong, rest = _contests(p, right, k)

    unit, m = k / e, p.shape[1]
    power = _exponential(unit * p.ravel(), k)  # column q * m + i is answer i of question q

    # Consecutive t with the same strong rivals share one row of `terms`.
    opens = (t == 1) | (np.diff(strong, prepend=-1) != 0)
    row = opens.cumsum() - 1
    terms = np.zeros((int(opens.sum()), k + 1))
    front = power[t, question * m + own]
    alone = strong == 0
    terms[row[alone], t[alone]] = front[alone]

    facing = np.flatnonzero(~alone)
    facing = facing[np.lexsort((t[facing], strong[facing]))]
    for count, block in _blocks(strong[facing], t[facing]):
        pick = facing[block]
        others = np.arange(count) + (np.arange(count) >= own[pick, None])
        product = _rival_product(question[pick, None] * m + others, t[pick], power, k) * front[pick]
        starts = np.flatnonzero(np.diff(t[pick], prepend=0))
        for start, stop in zip(starts, [*starts[1:], len(pick)], strict=True):
            s = int(t[pick[start]])
            kept = product[: k - s + 1, start:stop]
            # One t has one entry an answer, so no row occurs twice in this sum.
            terms[row[pick[start:stop]], s : s + len(kept)] += kept.T

    won = np.zeros((len(p), k + 1))
    free = _exponential(unit * rest[opens], k)
    for i, q in enumerate(question[opens]):
        won[q] += np.convolve(terms[i], free[:, i])[: k + 1]
    curves: FloatArray = won[:, 1:] / _exponential(np.array([unit]), k)[1:, 0]
    return curves


def _contests(p: FloatArray, right: NDArray[np.bool_], k: int) -> _Contests:
    """Entries sorted by right answer, then t; p has descending rows."""
    reach = _reach(p, k)
    # below[q, i] is the probability of everything but the i most probable answers.
    abstain = np.maximum(1.0 - p.sum(axis=1, keepdims=True), 0.0)
    below = np.concatenate([abstain, p[:, ::-1]], axis=1).cumsum(axis=1)[:, ::-1]

    question, own = np.nonzero(right)
    which = np.repeat(np.arange(len(own)), reach[question, own])
    first = np.cumsum(reach[question, own]) - reach[question, own]
    t = np.arange(len(which)) - first[which] + 1
    question, own = question[which], own[which]
    able = (reach[question] >= t[:, None]).sum(axis=1)
    return _Contests(question, own, t, able - 1, below[question, able])


def _reach(p: FloatArray, k: int) -> IntArray:
    """The most votes that an answer can get in k draws, or in fewer; shape of p.

    Chernoff: P(s or more) <= exp(s - s log(s / kp) - kp) for s > kp.
    """
    mean, s = (k * p)[..., None], np.arange(k + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = s * (np.log(s) - np.log(mean)) - s + mean
    able: IntArray = ((s <= mean) | (excess < _NEVER)).sum(axis=-1)
    return np.where(p > 0, able - 1, 0)


def _exponential(rate: FloatArray, k: int) -> FloatArray:
    """rate^s / s! for s = 0..k, shape (k + 1, len(rate))."""
    steps = rate / np.maximum(np.arange(k + 1), 1)[:, None]
    steps[0] = 1.0
    coefficients: FloatArray = steps.cumprod(axis=0)
    return coefficients


def _rival_product(columns: IntArray, t: IntArray, power: FloatArray, k: int) -> FloatArray:
    """The integral over y, for J entries with R rivals each, columns (J, R) of power: up to x^(k - min(t)) by J."""
    (size, rivals), top, low = columns.shape, int(t.max()), int(t.min())
    degree = k - low
    # j tied rivals and the answer itself take (1 + j) t votes of k: the degree in y.
    y, w = gauss_legendre(min(rivals, k // low - 1) // 2 + 1)
    below = np.arange(top + 1)[:, None] < t
    node, entry = np.arange(len(y))[:, None], np.arange(size)

    def factor(i: int) -> FloatArray:
        out = np.empty((top + 1, len(y), size))
        out[:] = (power[: top + 1].take(columns[:, i], axis=1) * below)[:, None, :]
        out[t, node, entry] = y[:, None] * power[t, columns[:, i]]
        return out.reshape(top + 1, -1)[: degree + 1]

    product = factor(0)
    for i in range(1, rivals):
        product = _multiply(product, factor(i))[: degree + 1]
    integral: FloatArray = np.einsum("dgj,g->dj", product.reshape(len(product), len(y), size), w)
    return integral
