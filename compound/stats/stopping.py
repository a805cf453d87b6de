"""Stopping early: the draws and the accuracy of a rule that stops when the votes so far are enough.

A rule looks at the draws in submission order and stops after T of them. At a cap of k it spends min(T, k) draws and
answers with their plurality, ties split; a draw that abstains is spent too, and casts no vote. T depends on the
order, so a pool of recorded samples is replayed in random orders. What is reported is the accuracy of the answer,
not the vote share at the stop: stopping at a favourable moment biases that.

The rules are in `stopping_rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._replay import BoolArray, Lead, Orders, check_votes, replay
from compound.stats._types import FloatArray, IntArray
from compound.stats.leader import LEADERS


class Running(NamedTuple):
    """What a rule sees of R orders of n draws: integers, row t being the state after t + 1 draws.

    Attributes:
        votes: shape (5, n, R): the votes of the five answers with the most, descending, 0 where there are fewer.
        cast: shape (n, R): the votes cast; draws that abstained are not among them.
        distinct: shape (n, R): the distinct answers.
        codes: shape (n, R): the answer of the draw itself, -1 where it abstained.
    """

    votes: IntArray
    cast: IntArray
    distinct: IntArray
    codes: IntArray


class StoppingRule(NamedTuple):
    """When to stop, as data.

    Attributes:
        enough: whether to stop after each draw, shape (n, R); what it says after the first stop does not matter.
            An entry depends on draws up to its own only.
        last_draw: a search that was stopped answers with its last draw, not with the plurality of all.
    """

    enough: Callable[[Running], BoolArray]
    last_draw: bool = False


class Stopped(NamedTuple):
    """Means over random orders and their Monte-Carlo standard errors at caps k = 1..n, all (n,) or (Q, n).

    Attributes:
        accuracy: expected accuracy, a share in [0, 1].
        draws: expected number of draws spent, within 1..k.
        accuracy_error: standard error of accuracy.
        draws_error: standard error of draws.
    """

    accuracy: FloatArray
    draws: FloatArray
    accuracy_error: FloatArray
    draws_error: FloatArray


def stopped_plurality(
    rule: StoppingRule, codes: ArrayLike, right: ArrayLike, *, permutations: int = 100, rng: np.random.Generator
) -> Stopped:
    """Accuracy and draws of a plurality vote under a stopping rule, for every cap k = 1..n.

    Args:
        rule: when to stop.
        codes: the answer of each sample as a number 0..M-1, -1 where it abstained: shape (n,), or (Q, n) for
            questions of the same n.
        right: which answers are right, booleans: shape (M,) or (Q, M), padded with False.
        permutations: random orders of each question, 2 or more.
        rng: the same generator state gives the same result.

    Returns:
        A `Stopped`, arrays of shape (n,) or (Q, n).

    Raises:
        ValueError: shapes do not fit, a code has no answer, or there are fewer than 2 permutations.
    """
    votes = check_votes(codes, right)
    accuracy, draws = replay(votes, lambda orders: _stopped(rule, orders), permutations, rng)
    return Stopped(accuracy.mean, draws.mean, accuracy.error, draws.error)


def _stopped(rule: StoppingRule, orders: Orders) -> tuple[FloatArray, FloatArray]:
    """Accuracy and draws at each cap, (n, R) each."""
    n, size = orders.codes.shape
    running, shares = _watch(orders)
    enough = rule.enough(running)
    stops = enough.any(axis=0)
    last = np.where(stops, enough.argmax(axis=0), n - 1)
    final = shares[last, np.arange(size)]
    if rule.last_draw:
        final = np.where(stops, orders.right[last, np.arange(size)], final)
    t = np.arange(n)[:, None]
    return np.where(t < last, shares, final), np.minimum(t, last) + 1.0


def _watch(orders: Orders) -> tuple[Running, FloatArray]:
    """The running statistics, and how right the plurality is after each draw, (n, R)."""
    n, size = orders.codes.shape
    voted = orders.codes < orders.answers
    cells = orders.codes + np.arange(size) * (orders.answers + 1)
    counts = np.zeros(size * (orders.answers + 1), dtype=np.int64)
    lead, shares = Lead(size), np.empty((n, size))
    top, votes = np.zeros((LEADERS, size), dtype=np.int64), np.empty((LEADERS, n, size), dtype=np.int64)
    distinct = np.empty((n, size), dtype=np.int64)
    for t, cell in enumerate(cells):
        count = counts[cell] + 1
        counts[cell] = count
        old = np.where(voted[t], count - 1, -3)
        lead.add(old, old + 1, orders.right[t])
        shares[t] = lead.share
        distinct[t] = old == 0
        # Of the leaders with the old count the first goes up by one: they stay in order. Without one, the answer
        # is behind them still.
        waits = np.ones(size, dtype=bool)
        for place in top:
            moves = waits & (place == old)
            place += moves
            waits &= ~moves
        votes[:, t] = top
    running = Running(votes, voted.cumsum(axis=0), distinct.cumsum(axis=0), np.where(voted, orders.codes, -1))
    return running, shares
