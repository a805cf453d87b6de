"""Random orders of recorded votes: what selectors without a formula are replayed on.

Every order gives all k = 1..n at once, its first k draws being a random subset of size k.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from compound.stats._types import FloatArray, IntArray

BoolArray = NDArray[np.bool_]

# Cells of a chunk of orders: its running counts and votes stay in the second-level cache.
_CELLS = 100_000


class Estimate(NamedTuple):
    """A mean over random orders and its Monte-Carlo standard error, both (n,) or (Q, n).

    The error is that of the orders alone, 0 where they all agree: it says nothing about the choice of questions or
    of samples.
    """

    mean: FloatArray
    error: FloatArray


class Votes(NamedTuple):
    """Checked votes: codes and right are (Q, n), one entry a sample; answers is how many codes there can be.

    An abstention has the code `answers`, and is not right. flat: they came as one question, (n,).
    """

    codes: IntArray
    right: BoolArray
    answers: int
    flat: bool


class Orders(NamedTuple):
    """R random orders of recorded samples, arrays of shape (n, R): row t is the draw t + 1 of every order.

    Attributes:
        sample: its index in the (Q, n) table, flattened.
        codes: its answer; an abstention has the code `answers`.
        right: whether it is right.
        answers: how many codes there can be.
    """

    sample: IntArray
    codes: IntArray
    right: BoolArray
    answers: int


def check_votes(codes: ArrayLike, right: ArrayLike) -> Votes:
    """Votes of one question or of many; raises ValueError as `weighted_plurality` says."""
    votes, truth = np.asarray(codes), np.asarray(right)
    if votes.ndim not in (1, 2) or votes.size == 0 or votes.dtype.kind not in "iu":
        raise ValueError(f"codes are {votes.dtype} of shape {votes.shape}: pass whole numbers, (n,) or (Q, n)")
    # An empty list has no type of its own: nobody gave an answer.
    if truth.ndim != votes.ndim or truth.shape[:-1] != votes.shape[:-1] or (truth.size and truth.dtype.kind != "b"):
        raise ValueError(
            f"right is {truth.dtype} of shape {truth.shape} for codes of shape {votes.shape}: "
            "pass True or False for each answer of each question, (M,) or (Q, M)"
        )
    answers = truth.shape[-1]
    if (votes < -1).any() or (votes >= answers).any():
        bad = votes[(votes < -1) | (votes >= answers)].flat[0]
        raise ValueError(f"code {bad} is outside -1..{answers - 1}: number the answers as in right, -1 abstains")
    table = np.where(votes < 0, answers, votes).astype(np.int64).reshape(-1, votes.shape[-1])
    known = np.zeros((len(table), answers + 1), dtype=bool)
    known[:, :answers] = truth
    return Votes(table, np.take_along_axis(known, table, axis=1), answers, votes.ndim == 1)


def replay(
    votes: Votes, play: Callable[[Orders], Sequence[FloatArray]], permutations: int, rng: np.random.Generator
) -> list[Estimate]:
    """Means over random orders, for each curve (n, R) that `play` makes of R orders.

    The orders of each question are its own. Memory is bounded by permutations * (n + answers) of one question.
    """
    if permutations < 2:
        raise ValueError(f"permutations is {permutations}: pass 2 or more (100 for a standard error below 0.05)")
    questions, n = votes.codes.shape
    step = max(1, _CELLS // (permutations * (n + votes.answers)))
    parts = []
    for start in range(0, questions, step):
        stop = min(start + step, questions)
        samples = np.arange(start * n, stop * n).reshape(-1, n).repeat(permutations, axis=0)
        sample = np.ascontiguousarray(rng.permuted(samples, axis=1, out=samples).T)
        orders = Orders(sample, votes.codes.take(sample), votes.right.take(sample), votes.answers)
        curves = [curve.reshape(n, stop - start, permutations) for curve in play(orders)]
        parts.append([(c.mean(axis=2).T, c.std(axis=2, ddof=1).T / permutations**0.5) for c in curves])
    estimates = [Estimate(*map(np.concatenate, zip(*part, strict=True))) for part in zip(*parts, strict=True)]
    return [Estimate(e.mean[0], e.error[0]) for e in estimates] if votes.flat else estimates


class Lead:
    """Who leads R votes, while ballots come in one by one and the standing of an answer never falls.

    Attributes:
        share: how right the leaders are, shape (R,): ties are split, and without any ballot it is 0.
    """

    def __init__(self, orders: int) -> None:
        self._top = np.full(orders, -1)
        self._tied = np.zeros(orders, dtype=np.int64)
        self._right = np.zeros(orders, dtype=np.int64)
        self.share: FloatArray = np.zeros(orders)

    def add(self, old: IntArray, new: IntArray, right: BoolArray) -> None:
        """Raise one answer of each vote, right or not, from standing old to new; new is -2 for an abstention."""
        ahead = new > self._top
        joins = (new == self._top) & (old < new)
        self._tied = np.where(ahead, 1, self._tied + joins)
        self._right = np.where(ahead, right, self._right + (joins & right))
        self._top = np.maximum(self._top, new)
        self.share = self._right / np.maximum(self._tied, 1)
