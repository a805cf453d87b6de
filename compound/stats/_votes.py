"""Generating functions of a plurality vote: the engine behind `plurality.py`.

One *contest* is one answer (c samples) against its rivals (c_2 >= c_3 >= ...) in a pool of n. Of the subsets
of size k, those in which the answer gets t votes and wins (a tie of 1 + j counts 1/(1 + j)) number

    [x^k]  C(c,t) x^t  *  int_0^1 prod_i ( sum_{s<t} C(c_i,s) x^s + y C(c_i,t) x^t ) dy  *  (1+x)^u

with x counting samples and y ties, since int y^j dy = 1/(1 + j). Three things make all k of many contests
cheap:

* Gauss-Legendre nodes replace y: R rivals make a product of degree R in y, and R // 2 + 1 nodes are exact.
* A rival with c_i < t cannot reach t: its factor is all of (1+x)^c_i and merges with the unparsed into one
  (1+x)^U. At most n / t rivals are left to multiply out.
* U grows with t, so the sum over t is nested, P_1 (1+x)^U_1 + P_2 (1+x)^U_2 + ... = (1+x)^U_1 (P_1 +
  (1+x)^(U_2 - U_1) (P_2 + ...)): n additions of shifted rows for a contest, whatever the number of t.

Every term is positive, so nothing cancels. The largest number is C(n, n/2), finite in float64 up to n = 1029.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from compound.stats._quadrature import gauss_legendre
from compound.stats._types import FloatArray, IntArray

N_MAX = 1029

# Columns of one block of polynomials: a row of them stays in the first-level cache while it is summed up.
_COLUMNS = 512
# Floats in the terms of one chunk of contests (64 MB).
_TERMS = 8_000_000


@lru_cache(maxsize=8)
def binomials(n: int) -> FloatArray:
    """Pascal's triangle as float64, shape (n + 1, n + 1), read-only; entry [s, c] is C(c, s), 0 for s > c."""
    table = np.zeros((n + 1, n + 1))
    table[0] = 1.0
    by_row = table.T
    for c in range(1, n + 1):
        by_row[c, 1:] = by_row[c - 1, 1:] + by_row[c - 1, :-1]
    table.flags.writeable = False
    return table


class Contests(NamedTuple):
    """Contests in pools of the same n.

    Attributes:
        votes: shape (V,), samples of the answer in question, > 0.
        rivals: shape (V, M), samples of each other answer, descending, padded with 0.
    """

    votes: IntArray
    rivals: IntArray


def win_curves(contests: Contests, n: int) -> FloatArray:
    """Expected share of each contest won by its answer, shape (V, n): column k - 1 is for k draws of n."""
    levels = int((2 * n) ** 0.5) + 2  # distinct positive rival counts are at most sqrt(2n)
    step = max(1, _TERMS // (levels * (n + 1)))
    parts = [
        _subsets_won(Contests(contests.votes[i : i + step], contests.rivals[i : i + step]), n)
        for i in range(0, len(contests.votes), step)
    ]
    won = np.concatenate(parts) if parts else np.zeros((0, n + 1))
    return np.minimum(won[:, 1:] / binomials(n)[1:, n], 1.0)


def _subsets_won(contests: Contests, n: int) -> FloatArray:
    """The generating function above summed over t: shape (V, n + 1), number of subsets of each size won."""
    votes, rivals = contests
    size = len(votes)
    table = binomials(n)

    # strong[v, t], weight[v, t]: how many rivals have at least t samples, and how many samples those have.
    cells = (np.arange(size)[:, None] * (n + 1) + rivals).ravel()
    having = np.bincount(cells, minlength=size * (n + 1)).reshape(size, n + 1)
    strong = having[:, ::-1].cumsum(axis=1)[:, ::-1]
    weight = (having * np.arange(n + 1))[:, ::-1].cumsum(axis=1)[:, ::-1]

    contest, t = np.nonzero(np.arange(n + 1) <= votes[:, None])
    contest, t = contest[t > 0], t[t > 0]
    rest = (n - votes)[contest] - weight[contest, t]  # U: samples of weak rivals, and unparsed ones

    # Consecutive t with the same U share one row of `terms`.
    opens = (t == 1) | (having[contest, t - 1] > 0)
    row = opens.cumsum() - 1
    terms = np.zeros((int(opens.sum()), n + 1))
    front = table[t, votes[contest]]
    alone = strong[contest, t] == 0
    terms[row[alone], t[alone]] = front[alone]

    facing = np.flatnonzero(~alone)
    facing = facing[np.lexsort((t[facing], strong[contest[facing], t[facing]]))]
    for count, block in _blocks(strong[contest[facing], t[facing]], t[facing]):
        pick = facing[block]
        product = _rival_product(rivals[contest[pick], :count], t[pick], table) * front[pick]
        starts = np.flatnonzero(np.diff(t[pick], prepend=0))
        for i, j in zip(starts, [*starts[1:], len(pick)], strict=True):
            s = int(t[pick[i]])
            # One t has one entry a contest, so no row occurs twice in this sum.
            terms[row[pick[i:j]], s : s + s * count + 1] += product[: s * count + 1, i:j].T

    return _nest(terms, contest[opens], rest[opens], size)


def _blocks(count: IntArray, t: IntArray) -> Iterator[tuple[int, slice]]:
    """Cut entries sorted by (count, t) into runs of one count and nearly one t (padding costs its square)."""
    start = 0
    while start < len(t):
        r, low = int(count[start]), int(t[start])
        run = start + int(np.searchsorted(count[start:], r, side="right"))
        near = start + int(np.searchsorted(t[start:run], low + low // 8, side="right"))
        stop = min(near, start + max(1, _COLUMNS // (r // 2 + 1)))
        yield r, slice(start, stop)
        start = stop


def _rival_product(counts: IntArray, t: IntArray, table: FloatArray) -> FloatArray:
    """The integral over y, for J entries with R rivals each, all with at least t samples.

    counts has shape (J, R), t has shape (J,). Returns the coefficients of x, shape (R * max(t) + 1, J).
    """
    (size, rivals), top = counts.shape, int(t.max())
    y, w = gauss_legendre(rivals // 2 + 1)
    below = np.arange(top + 1)[:, None] < t
    node, entry = np.arange(len(y))[:, None], np.arange(size)

    def factor(i: int) -> FloatArray:
        out = np.empty((top + 1, len(y), size))
        out[:] = (table[: top + 1].take(counts[:, i], axis=1) * below)[:, None, :]
        out[t, node, entry] = y[:, None] * table[t, counts[:, i]]
        return out.reshape(top + 1, -1)

    product = factor(0)
    for i in range(1, rivals):
        product = _multiply(product, factor(i))
    integral: FloatArray = np.einsum("dgj,g->dj", product.reshape(len(product), len(y), size), w)
    return integral


def _multiply(a: FloatArray, b: FloatArray) -> FloatArray:
    """Products of polynomials, one a column: (A, m) times (B, m) gives (A + B - 1, m)."""
    (rows, columns), taps = a.shape, len(b)
    padded = np.zeros((rows + 2 * (taps - 1), columns))
    padded[taps - 1 : taps - 1 + rows] = a
    down, across = padded.strides
    windows = as_strided(padded, (rows + taps - 1, taps, columns), (down, down, across), writeable=False)
    product: FloatArray = np.einsum("dsm,sm->dm", windows, b[::-1])
    return product


def _nest(terms: FloatArray, contest: IntArray, rest: IntArray, size: int) -> FloatArray:
    """Sum terms[i] * (1+x)^rest[i] by contest, from the highest power down."""
    n = terms.shape[1] - 1
    total = np.zeros((size, n + 1))
    order = np.argsort(rest, kind="stable")
    edges = np.searchsorted(rest[order], np.arange(n + 2))
    for power in range(int(rest.max(initial=0)), -1, -1):
        at = order[edges[power] : edges[power + 1]]
        total[contest[at]] += terms[at]  # the powers of one contest differ: no contest occurs twice
        if power:
            total[:, 1 : n - power + 2] += total[:, : n - power + 1]
    return total
