"""Two disjoint halves of every question's samples: one to decide with, the other to measure with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compound.stats._types import FloatArray, IntArray
from compound.stats.plurality import Pool, _check


class Tallies(NamedTuple):
    """Answers of Q questions in columns: one column an answer, the last one unparsed samples.

    Attributes:
        counts: shape (Q, M + 1), samples of each answer, padded with 0; rows add up to n.
        right: shape (Q, M), whether each answer is right, False in the padding.
    """

    counts: IntArray
    right: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Samples of each question."""
        return int(self.counts[0].sum())

    @property
    def share_right(self) -> FloatArray:
        """Right samples out of all, unparsed ones included, shape (Q,)."""
        share: FloatArray = (self.counts[:, :-1] * self.right).sum(axis=1) / self.n
        return share

    @property
    def modes(self) -> FloatArray:
        """The vote of all n: 1 / (number of tied answers) on each answer with the most samples, shape (Q, M)."""
        ballots = self.counts[:, :-1]
        top = (ballots == ballots.max(axis=1, keepdims=True)) & (ballots > 0)
        shared: FloatArray = top / np.maximum(top.sum(axis=1, keepdims=True), 1)
        return shared

    @property
    def vote_right(self) -> FloatArray:
        """Accuracy of the vote of all n, ties split, shape (Q,)."""
        accuracy: FloatArray = (self.modes * self.right).sum(axis=1)
        return accuracy


def tallies(pools: Sequence[Pool]) -> Tallies:
    """The pools as columns; raises ValueError as `plurality_curves` does."""
    _check(pools)
    width = max(1, max(len(np.asarray(pool.counts)) for pool in pools))
    counts = np.zeros((len(pools), width + 1), dtype=np.int64)
    right = np.zeros((len(pools), width), dtype=np.bool_)
    for i, pool in enumerate(pools):
        answers = len(np.asarray(pool.counts))
        counts[i, :answers] = pool.counts
        counts[i, -1] = pool.unparsed
        right[i, :answers] = pool.right
    return Tallies(counts, right)


def halves(whole: Tallies, rng: np.random.Generator) -> tuple[Tallies, Tallies]:
    """Two disjoint random sets of n // 2 samples of each question; of an odd n one sample is left out.

    Recorded samples of one question are exchangeable, so a random half is as good as the first.
    """
    size = whole.n // 2
    if size == 0:
        raise ValueError("pools hold 1 sample each: pass 2 or more, one half decides and the other measures")
    first = _draw(whole.counts, size, rng)
    second = _draw(whole.counts - first, size, rng)
    return Tallies(first, whole.right), Tallies(second, whole.right)


def _draw(counts: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """So many samples of each question without replacement, one answer after the other."""
    drawn = np.zeros_like(counts)
    left = np.full(len(counts), size)
    others = counts.sum(axis=1)
    for answer in range(counts.shape[1]):
        others = others - counts[:, answer]
        drawn[:, answer] = rng.hypergeometric(counts[:, answer], others, left)
        left = left - drawn[:, answer]
    return drawn
