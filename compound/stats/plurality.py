"""Exact expected plurality accuracy for every number of votes.

A pool of n recorded samples of one question stands for the model. A(k) is the accuracy of a plurality vote
over k samples drawn from it without replacement, averaged over all C(n, k) subsets: a U-statistic, unbiased
for the accuracy of k fresh samples at every k <= n, and free of the noise of picking subsets.

Rules of the vote: unparsed samples cast no ballot; a tie is split evenly over the tied answers (what breaking
it at random gives in expectation); a subset without any ballot scores 0.

What it does not cover: k > n, weighted votes, and votes over several pools.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from compound.stats._types import FloatArray, IntArray
from compound.stats._votes import N_MAX, Contests, win_curves


class Pool(NamedTuple):
    """The recorded answers to one question.

    Attributes:
        counts: shape (m,), integers > 0: how many samples gave each distinct answer, in any order.
        right: shape (m,), booleans: which answers are right. None, one or several (a gold set) may be.
        unparsed: how many samples gave no answer.
    """

    counts: ArrayLike
    right: ArrayLike
    unparsed: int = 0


def plurality_curve(counts: ArrayLike, right: ArrayLike, unparsed: int = 0) -> FloatArray:
    """Expected plurality accuracy of k = 1..n draws from one pool; see `Pool` and `plurality_curves`.

    Returns:
        Shape (n,), n = sum(counts) + unparsed; entry k - 1 is A(k), a share in [0, 1].
    """
    curve: FloatArray = plurality_curves([Pool(counts, right, unparsed)])[0]
    return curve


def plurality_curves(pools: Sequence[Pool]) -> FloatArray:
    """Expected plurality accuracy of k = 1..n draws, for many questions with the same number n of samples.

    With c the count of a right answer, c_i those of all others and u unparsed,

        A(k) = C(n,k)^-1 sum_t C(c,t) sum_j 1/(1+j) [x^(k-t) y^j] (1+x)^u
               prod_i ( sum_{s<t} C(c_i,s) x^s + y C(c_i,t) x^t ),

    summed over the right answers. Relative rounding error is a few 1e-15 at n = 100, below 1e-13 at n = 1000.
    Questions with equal counts are computed once.

    Returns:
        Shape (Q, n); entry [q, k - 1] is A(k) of question q, a share in [0, 1].

    Raises:
        ValueError: a pool is malformed or empty, n differs between pools, or n is above 1029, where binomial
            coefficients leave float64.
    """
    tally = _check(pools)
    # Equal counts make equal curves: `shape` numbers the distinct ones.
    keys: dict[bytes, int] = {}
    shape = np.array([keys.setdefault(line.tobytes(), len(keys)) for line in tally.counts])
    first = np.unique(shape, return_index=True)[1]

    code = shape[tally.question] * (tally.n + 1) + tally.votes
    distinct, which = np.unique(code, return_inverse=True)
    votes = distinct % (tally.n + 1)
    everyone = tally.counts[first[distinct // (tally.n + 1)]]
    # The answer itself is no rival: drop one of the entries that equal its count.
    own = (everyone == votes[:, None]).argmax(axis=1)
    rivals = everyone[np.arange(everyone.shape[1]) != own[:, None]].reshape(len(votes), everyone.shape[1] - 1)

    won = win_curves(Contests(votes, rivals), tally.n)
    curves = np.zeros((len(pools), tally.n))
    np.add.at(curves, tally.question, won[which])
    return np.minimum(curves, 1.0)


class _Tally(NamedTuple):
    """Checked pools of n samples.

    counts is (Q, M), descending, padded with 0; question and votes have one entry for each right answer.
    """

    n: int
    counts: IntArray
    question: IntArray
    votes: IntArray


def _check(pools: Sequence[Pool]) -> _Tally:
    if len(pools) == 0:
        raise ValueError("pools is empty: pass at least one question")
    pairs = [_check_answers(i, pool) for i, pool in enumerate(pools)]
    question = np.repeat(np.arange(len(pools)), [len(counts) for counts, _ in pairs])
    counts = np.concatenate([c for c, _ in pairs])
    right = np.concatenate([r for _, r in pairs])
    if (counts <= 0).any():
        i = int(question[(counts <= 0).argmax()])
        raise ValueError(f"counts of pool {i} must be positive: leave out answers that nobody gave")

    total = np.array([pool.unparsed for pool in pools], dtype=np.int64)
    np.add.at(total, question, counts)
    n = int(total[0])
    if (total != n).any():
        i = int((total != n).argmax())
        raise ValueError(f"pool {i} holds {total[i]} samples but pool 0 holds {n}: group the questions by n")
    if not 0 < n <= N_MAX:
        raise ValueError(f"pools hold {n} samples each: pass 1 to {N_MAX} (draw a seeded subsample of more)")

    length = np.bincount(question, minlength=len(pools))
    table = np.zeros((len(pools), max(1, int(length.max()))), dtype=np.int64)
    table[np.arange(table.shape[1]) < length[:, None]] = counts
    return _Tally(n, -np.sort(-table, axis=1), question[right], counts[right])


def _check_answers(i: int, pool: Pool) -> tuple[IntArray, NDArray[np.bool_]]:
    counts, right, unparsed = np.asarray(pool.counts), np.asarray(pool.right), pool.unparsed
    if counts.ndim != 1 or counts.shape != right.shape:
        raise ValueError(
            f"pool {i}: counts has shape {counts.shape} and right {right.shape}: "
            "pass one dimension each, with one entry for each distinct answer"
        )
    # An empty list has no type of its own: a pool without any answer is all unparsed.
    if counts.size and counts.dtype.kind not in "iu":
        raise ValueError(f"counts of pool {i} are {counts.dtype}: pass whole numbers of samples")
    if right.size and right.dtype.kind != "b":
        raise ValueError(f"right of pool {i} is {right.dtype}: pass True or False for each answer")
    if isinstance(unparsed, bool) or not isinstance(unparsed, int | np.integer) or unparsed < 0:
        raise ValueError(f"unparsed of pool {i} is {unparsed!r}: pass a whole number, 0 or more")
    return counts.astype(np.int64), right.astype(np.bool_)
