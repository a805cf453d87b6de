"""Plurality accuracy of votes that mix several sources: models, prompts or temperatures, each with its own pool.

All sources are recorded over the same list of distinct answers. k_s draws are taken from source s without
replacement and all ballots are counted together; the mean over all subsets is unbiased for k_s fresh samples, up to
the size of each pool. The rules of the vote are those of `plurality_curve`: unparsed samples cast no ballot, ties
are split evenly, and a vote without any ballot scores 0.

Two sources are exact. Three or more are replayed over random subsets, with the Monte-Carlo error reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from compound.stats._quadrature import gauss_legendre
from compound.stats._types import FloatArray, IntArray

# The largest number of pairs of subsets, with room left below the end of float64.
_SUBSETS_MAX = 10**305
# Votes held at a time by a replay, in integers (16 MB).
_VOTES = 2_000_000


class Source(NamedTuple):
    """The recorded answers of one source to one question.

    Attributes:
        counts: shape (m,), integers >= 0: how many samples gave each distinct answer, in the order of all sources.
        unparsed: how many samples gave no answer.
    """

    counts: ArrayLike
    unparsed: int = 0


class Replay(NamedTuple):
    """A Monte-Carlo mean and its standard error, which is that of the replay: more repeats make it smaller."""

    mean: float
    standard_error: float


def mixture_grid(
    a: Source, b: Source, right: ArrayLike, k_a: int | None = None, k_b: int | None = None
) -> FloatArray:
    """Expected plurality accuracy of i draws from a together with j from b, for all i = 0..k_a and j = 0..k_b.

    With t_a + t_b = t votes for a right answer and c_i^a, c_i^b the counts of all others,

        A(i, j) = C(n_a,i)^-1 C(n_b,j)^-1 sum_t sum_r 1/(1+r) [x^i z^j y^r] (1+x)^u_a (1+z)^u_b
                  sum_{t_a+t_b=t} C(c^a,t_a) C(c^b,t_b) x^t_a z^t_b
                  prod_i sum_{s_a+s_b<=t} C(c_i^a,s_a) C(c_i^b,s_b) x^s_a z^s_b y^[s_a+s_b=t],

    summed over the right answers. `grid[-1, -1]` is the one vote of k_a and k_b draws, and with k_a = k_b = k
    `np.fliplr(grid).diagonal()` are the votes of k draws in all, from all of b to all of a. Time goes with the size
    of the grid, the votes t, and the sum over rivals of the samples that they can put into one vote.

    Args:
        a, b: the two sources.
        right: shape (m,), booleans: which answers are right. None, one or several may be.
        k_a, k_b: the largest numbers of draws, 0 up to all samples of the source, which is the default.

    Returns:
        Shape (k_a + 1, k_b + 1), shares in [0, 1]; entry [i, j] is for i draws from a and j from b, 0 at [0, 0].

    Raises:
        ValueError: a source is malformed, draws exceed its samples, or the number of subsets leaves float64.
    """
    counts, unparsed, is_right = _check([a, b], right)
    held = counts.sum(axis=1) + unparsed
    draws = _check_draws([n if k is None else k for k, n in zip((k_a, k_b), held, strict=True)], held)
    subsets = [[comb(int(n), i) for i in range(k + 1)] for n, k in zip(held, draws, strict=True)]
    if max(subsets[0]) * max(subsets[1]) > _SUBSETS_MAX:
        raise ValueError(
            f"{draws[0]} of {held[0]} samples with {draws[1]} of {held[1]} make more than 1e305 pairs of subsets: "
            "pass a smaller k_a or k_b"
        )
    won = np.zeros(draws + 1)
    for own in np.flatnonzero(is_right):
        won += _subsets_won(counts, unparsed, int(own), draws)
    grid: FloatArray = np.minimum(won / np.outer(*(np.array(row, dtype=np.float64) for row in subsets)), 1.0)
    return grid


def mixture_replay(
    sources: Sequence[Source],
    right: ArrayLike,
    draws: Sequence[int],
    *,
    repeats: int = 10_000,
    rng: np.random.Generator,
) -> Replay:
    """Plurality accuracy of draws[s] samples from each source s together, over random subsets.

    Args:
        sources: any number of them, 1 or more.
        right: shape (m,), booleans: which answers are right. None, one or several may be.
        draws: one whole number for each source, 0 up to all of its samples.
        repeats: random subsets, 2 or more.
        rng: the same generator state gives the same result.

    Returns:
        The mean, a share in [0, 1], and its standard error.

    Raises:
        ValueError: a source is malformed, draws do not fit the sources, or repeats is below 2.
    """
    counts, unparsed, is_right = _check(sources, right)
    wanted = _check_draws(draws, counts.sum(axis=1) + unparsed)
    if repeats < 2:
        raise ValueError(f"repeats is {repeats}: pass 2 or more")
    held = np.column_stack([counts, unparsed])
    step = max(1, _VOTES // held.shape[1])
    scores = np.zeros(repeats)
    for start in range(0, repeats, step):
        size = min(step, repeats - start)
        votes = np.zeros((size, counts.shape[1]), dtype=np.int64)
        for source, k in zip(held, wanted, strict=True):
            votes += rng.multivariate_hypergeometric(source, int(k), size=size)[:, :-1]
        winners = (votes == votes.max(axis=1, keepdims=True, initial=0)) & (votes > 0)
        scores[start : start + size] = (winners & is_right).sum(axis=1) / np.maximum(winners.sum(axis=1), 1)
    return Replay(float(scores.mean()), float(scores.std(ddof=1) / repeats**0.5))


def _subsets_won(counts: IntArray, unparsed: IntArray, own: int, draws: IntArray) -> FloatArray:
    """The numerator of `mixture_grid` for one right answer: pairs of subsets won, shape (k_a + 1, k_b + 1)."""
    able = np.minimum(counts, draws[:, None]).sum(axis=0)  # the most votes that an answer can get
    others = np.delete(np.arange(len(able)), own)
    ways = [[_ways(int(c), int(k)) for c in row] for row, k in zip(counts, draws, strict=True)]
    won = np.zeros(draws + 1)

    def strong(t: int) -> tuple[int, ...]:
        return tuple(others[able[others] >= t].tolist())

    for rivals, votes in groupby(range(1, int(able[own]) + 1), key=strong):
        term = np.zeros(draws + 1)
        for t in votes:
            product = _rival_product([(ways[0][i], ways[1][i]) for i in rivals], t, draws)
            for t_a in range(max(0, t - len(ways[1][own]) + 1), min(t + 1, len(ways[0][own]))):
                t_b = t - t_a
                front = ways[0][own][t_a] * ways[1][own][t_b]
                term[t_a:, t_b:] += front * product[: len(product) - t_a, : product.shape[1] - t_b]
        # Rivals that cannot get t votes are as free as the unparsed.
        weak = [i for i in others if i not in rivals]
        rest = unparsed + counts[:, weak].sum(axis=1)
        won += _any_of(int(rest[0]), int(draws[0])) @ term @ _any_of(int(rest[1]), int(draws[1])).T
    return won


def _rival_product(rivals: Sequence[tuple[FloatArray, FloatArray]], t: int, draws: IntArray) -> FloatArray:
    """The integral over y of the product of all rivals at t votes, shape (k_a + 1, k_b + 1).

    A rival is its ways to give 0, 1, ... votes from a, and from b.
    """
    # r tied rivals and the answer itself take (1 + r) t votes of all: the degree in y.
    y, w = gauss_legendre(min(len(rivals), int(draws.sum()) // t - 1) // 2 + 1)
    product = np.zeros((*(draws + 1), len(y)))
    product[0, 0] = 1.0
    for from_a, from_b in rivals:
        # With s votes from a and r = t - s from b the rival ties; with fewer from b it stays below.
        out, below = np.zeros_like(product), np.zeros_like(product)
        for r in range(t + 1):
            s = t - r
            if s < len(from_a):
                out[s:] += from_a[s] * below[: len(below) - s]
            if r < len(from_b):
                equal = from_b[r] * product[:, : product.shape[1] - r]
                if s < len(from_a):
                    out[s:, r:] += (from_a[s] * y) * equal[: len(equal) - s]
                below[:, r:] += equal
        product = out
    integral: FloatArray = product @ w
    return integral


def _ways(c: int, k: int) -> FloatArray:
    """C(c, s) for s = 0..min(c, k)."""
    return np.array([comb(c, s) for s in range(min(c, k) + 1)], dtype=np.float64)


def _any_of(c: int, k: int) -> FloatArray:
    """Multiplication by (1+x)^c up to x^k as a matrix: entry [i, j] is C(c, i - j)."""
    column = np.array([comb(c, s) for s in range(k + 1)], dtype=np.float64)
    lag = np.arange(k + 1)[:, None] - np.arange(k + 1)
    return np.where(lag >= 0, column[np.abs(lag)], 0.0)


def _check(sources: Sequence[Source], right: ArrayLike) -> tuple[IntArray, IntArray, NDArray[np.bool_]]:
    """Counts (S, m), unparsed (S,) and right (m,)."""
    is_right = np.asarray(right)
    if is_right.ndim != 1 or (is_right.size and is_right.dtype.kind != "b"):
        raise ValueError(
            f"right is {is_right.dtype} of shape {is_right.shape}: pass a flat list, True or False for each answer"
        )
    if len(sources) == 0:
        raise ValueError("sources is empty: pass at least one")
    for i, (given, unparsed) in enumerate(sources):
        counts = np.asarray(given)
        if counts.shape != is_right.shape:
            raise ValueError(
                f"counts of source {i} has shape {counts.shape} and right {is_right.shape}: pass one entry for "
                "each distinct answer of any source, 0 where a source never gave it"
            )
        # An empty list has no type of its own: nothing parsed in any source.
        if counts.size and (counts.dtype.kind not in "iu" or (counts < 0).any()):
            raise ValueError(
                f"counts of source {i} are {counts.tolist()}: pass whole numbers of samples, 0 or more"
            )
        if isinstance(unparsed, bool) or not isinstance(unparsed, int | np.integer) or unparsed < 0:
            raise ValueError(f"unparsed of source {i} is {unparsed!r}: pass a whole number, 0 or more")
    table = np.array([source.counts for source in sources], dtype=np.int64)
    return table, np.array([source.unparsed for source in sources], dtype=np.int64), is_right.astype(np.bool_)


def _check_draws(draws: Sequence[int], held: IntArray) -> IntArray:
    if len(draws) != len(held):
        raise ValueError(f"draws has {len(draws)} entries for {len(held)} sources: pass one for each")
    for i, (k, n) in enumerate(zip(draws, held, strict=True)):
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 0 <= k <= n:
            raise ValueError(f"{k!r} draws from source {i}: pass a whole number, 0 to {n} (all that it holds)")
    return np.array(draws, dtype=np.int64)
