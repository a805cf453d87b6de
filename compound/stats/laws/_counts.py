"""How many questions had c right samples of n, for one recording or many."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import IntArray


def histogram(c: ArrayLike, n: int) -> IntArray:
    """Questions with 0..n right samples, shape (n + 1,).

    Raises:
        ValueError: c is empty, not flat, not whole or outside 0..n, or n is below 2.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
        raise ValueError(f"n is {n!r}: pass 2 or more samples of each question (one shows no spread of p)")
    right = np.asarray(c)
    if right.ndim != 1 or right.size == 0 or right.dtype.kind not in "iu":
        raise ValueError(
            f"c is {right.dtype} of shape {right.shape}: pass the right samples of each question, (Q,)"
        )
    if ((right < 0) | (right > n)).any():
        raise ValueError(f"c = {right[(right < 0) | (right > n)][0]} is outside 0..{n}, the samples of a question")
    return np.bincount(right.astype(np.int64), minlength=n + 1).astype(np.int64)


def whole_draws(k: ArrayLike, low: int = 1) -> IntArray:
    """Numbers of draws, checked to be whole and `low` or more; any shape."""
    at = np.asarray(k)
    if at.dtype.kind not in "iu" or at.size == 0 or (at < low).any():
        raise ValueError(f"k is {k!r}: pass whole numbers of draws, {low} or more")
    return at.astype(np.int64)
