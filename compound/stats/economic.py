"""Economic stopping: votes bought one by one while they are worth their price.

The model: there are two answers, how often draws give the first has a flat prior, and the more probable one is
right. Then q(v1, v2) = 1 - I_(1/2)(v1 + 1, v2 + 1) is the chance that the leader of v1 >= v2 votes is right, and
the next vote goes to it with probability (v1 + 1) / (v1 + v2 + 2).

All is exact, in fractions, and where drawing and stopping are worth the same it draws. So a price of 0 spends the
whole budget, a price above a quarter of the reward buys one vote (which is worth 3/4 of it), and the value never
rises with the price.

What it does not cover: abstentions, more than two answers, and models whose most probable answer may be wrong (q is
then to be calibrated on held-out pools).
"""

from __future__ import annotations

from fractions import Fraction
from math import inf
from typing import NamedTuple

import numpy as np

from compound.stats._replay import BoolArray
from compound.stats._types import FloatArray
from compound.stats.leader import beta_probability


class EconomicPolicy(NamedTuple):
    """The best policy for each state [v1, v2], v1 >= v2 votes, v1 + v2 <= n; arrays of shape (n + 1, n + 1).

    Attributes:
        value: expected reward less the price of the draws still to come, in the unit of both; nan where there
            is no such state. value[0, 0] is that of the whole search.
        draw: whether to draw again.
    """

    value: FloatArray
    draw: BoolArray


def optimal_stopping(n: int, reward: float, price: float) -> EconomicPolicy:
    """The best policy with a budget of n draws, by dynamic programming: V = max(reward q, E[V'] - price).

    Without a vote there is nothing to answer, so the first draw is always made.

    Args:
        n: draws at most, 1 or more; it takes about n^2 / 4 exact steps.
        reward: worth of a right answer, >= 0.
        price: of one draw, >= 0, in the same unit.

    Raises:
        ValueError: n is below 1, or reward or price is negative or not finite.
    """
    if n < 1:
        raise ValueError(f"n is {n}: pass 1 or more draws")
    worth, cost = _exact(reward, "reward"), _exact(price, "price")
    exact: dict[tuple[int, int], Fraction] = {}
    value, draw = np.full((n + 1, n + 1), np.nan), np.zeros((n + 1, n + 1), dtype=bool)
    for total in range(n, -1, -1):
        for v2 in range(total // 2 + 1):
            state = total - v2, v2
            best = worth * beta_probability(*state)
            if total < n:
                go_on = sum(chance * exact[after] for chance, after in _next(*state)) - cost
                draw[state] = total == 0 or go_on >= best
                best = go_on if draw[state] else best
            exact[state] = best
            value[state] = float(best)
    return EconomicPolicy(value, draw)


def look_ahead(v1: int, v2: int, reward: float, price: float) -> bool:
    """Whether one more draw pays for itself: reward * (E[q after it] - q) >= price.

    It looks no further. One vote cannot overturn a lead, so but for a tie it sees no gain at all, where
    `optimal_stopping` may still buy several votes that together can.

    Args:
        v1: votes of the leader.
        v2: votes of the other answer, within 0..v1.
        reward: as for `optimal_stopping`.
        price: as for `optimal_stopping`.

    Raises:
        ValueError: not v1 >= v2 >= 0, or reward or price is negative or not finite.
    """
    if not v1 >= v2 >= 0:
        raise ValueError(f"v1 = {v1} and v2 = {v2}: pass the leader's votes first, none below 0")
    after = sum(chance * beta_probability(*state) for chance, state in _next(v1, v2))
    return _exact(reward, "reward") * (after - beta_probability(v1, v2)) >= _exact(price, "price")


def _next(v1: int, v2: int) -> list[tuple[Fraction, tuple[int, int]]]:
    """The states after one more vote, with their probabilities."""
    leads = Fraction(v1 + 1, v1 + v2 + 2)
    return [(leads, (v1 + 1, v2)), (1 - leads, (max(v1, v2 + 1), min(v1, v2 + 1)))]


def _exact(amount: float, name: str) -> Fraction:
    if not 0 <= amount < inf:
        raise ValueError(f"{name} is {amount}: pass a finite amount, 0 or more")
    return Fraction(amount)
