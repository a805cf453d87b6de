"""Coverage: at least one of k samples is right (pass@k), and what retrying alone is worth.

Both are averages over all subsets of size k of one question's n recorded samples, so they are unbiased at
every k <= n. More draws than samples are undefined and raise: an extrapolation needs a law, not this estimator.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray, IntArray


def pass_at_k(n: int, c: ArrayLike, k: ArrayLike | None = None) -> FloatArray:
    """Unbiased pass@k, 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374, section 2.1).

    Args:
        n: samples of each question.
        c: right samples, 0..n: one number, or shape (Q,).
        k: the draws wanted, within 1..n, in any order: one number, or shape (K,). All of 1..n if left out.

    Returns:
        Shares in [0, 1]; shape (K,) for one number c, else (Q, K). A single k drops the last axis.

    Raises:
        ValueError: a count is not whole or out of range, k above n included.
    """
    _check_n(n)
    right = _whole(c, "c", 0, n)
    at = np.arange(1, n + 1) if k is None else _whole(k, "k", 1, n)
    i = np.arange(n)
    # C(n-c, k) / C(n, k) one draw at a time: the factors are in [0, 1] until one is 0, so nothing overflows and
    # the curve never falls.
    none_right = (n - right[..., None] - i) / (n - i)
    curve: FloatArray = 1.0 - none_right.cumprod(axis=-1)
    return curve[..., at - 1]


def first_parsed(n: int, c: ArrayLike, unparsed: ArrayLike) -> FloatArray:
    """Expected accuracy of the first of k samples that parses, k = 1..n: retrying, without any agreement.

    F(k) = c / (n-u) * (1 - C(u, k) / C(n, k)), and 0 where nothing parsed. Of a plurality vote's gain, A(k) - F(k)
    comes from agreeing and F(k) - A(1) from drawing again for an unparsed sample.

    Args:
        n: samples of each question.
        c: right samples: one number, or shape (Q,).
        unparsed: samples without an answer, same shape as c; c + unparsed <= n.

    Returns:
        Shares in [0, 1], shape (n,) or (Q, n).

    Raises:
        ValueError: a count is not whole or out of range, or the shapes differ.
    """
    _check_n(n)
    right, u = _whole(c, "c", 0, n), _whole(unparsed, "unparsed", 0, n)
    if right.shape != u.shape:
        raise ValueError(f"c has shape {right.shape} and unparsed {u.shape}: pass one number of each a question")
    if (right + u > n).any():
        raise ValueError(f"c + unparsed exceeds n = {n}: an unparsed sample cannot be right")
    share = right / np.maximum(n - u, 1)  # u = n means c = 0
    return share[..., None] * pass_at_k(n, n - u)


def _check_n(n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n is {n!r}: pass the number of samples of each question, 1 or more")


def _whole(values: ArrayLike, name: str, low: int, high: int) -> IntArray:
    array = np.asarray(values)
    if array.dtype.kind not in "iu" or array.ndim > 1:
        raise ValueError(f"{name} is {array.dtype} of shape {array.shape}: pass whole numbers, one or a flat list")
    if ((array < low) | (array > high)).any():
        bad = array[(array < low) | (array > high)].flat[0]
        raise ValueError(f"{name} = {bad} is outside {low}..{high}: nothing beyond the n = {high} samples is known")
    return array.astype(np.int64)
