"""What a comparison at equal cost found: where which strategy is ahead, as data and in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from compound.stats._types import FloatArray
from compound.stats.interval import Interval

Winner = Literal["a", "b"]
Where = Literal["throughout", "from", "up to", "between"]
EqualCostVerdict = Literal["a beats b", "b beats a", "crosses", "no difference found", "no common range"]

_WHERE: dict[tuple[bool, bool], Where] = {
    (True, True): "throughout",
    (False, True): "from",
    (True, False): "up to",
    (False, False): "between",
}
_PHRASE: dict[Where, str] = {
    "throughout": "at every cost that both can be had at",
    "from": "from {low} {unit} on",
    "up to": "up to {high} {unit}",
    "between": "between {low} and {high} {unit}",
}


@dataclass(frozen=True, slots=True)
class Advantage:
    """A stretch of costs over which the simultaneous band shows one strategy to be ahead.

    Attributes:
        winner: `a` or `b`.
        where: `throughout` the common range, `from` low on to its end, `up to` high from its start, or `between`.
        low: the first grid cost of the stretch.
        high: the last grid cost of it.
    """

    winner: Winner
    where: Where
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class EqualCost:
    """Two strategies compared over the costs that both can be had at.

    Attributes:
        cost: the grid, shape (G,), evenly spaced in log cost; a single cost if the ranges share no more, and empty
            if they share none.
        difference: accuracy of a less that of b at each cost, shape (G,), with point-wise intervals.
        band: the same with a band that holds at all costs at once: what the verdict rests on.
        area: the mean difference over the range in log cost, shape (), in units of accuracy; nan without a range.
        ranges: first and last mean cost of a, and of b.
        questions: how many.
        more_questions: how many more it takes to show the mean difference that was seen, with 80% power; None if
            none was seen, or it has no spread to judge by.
        level: confidence of the band and the intervals.
    """

    cost: FloatArray
    difference: Interval
    band: Interval
    area: Interval
    ranges: tuple[tuple[float, float], tuple[float, float]]
    questions: int
    more_questions: int | None
    level: float

    @property
    def advantages(self) -> tuple[Advantage, ...]:
        """The stretches of costs at which the band excludes 0, from the cheapest on."""
        sign = (self.band.low > 0) * 1 - (self.band.high < 0) * 1
        size = len(sign)
        starts = [i for i in range(size) if i == 0 or sign[i] != sign[i - 1]]
        runs = [(i, j) for i, j in zip(starts, [*starts[1:], size], strict=False) if sign[i]]
        return tuple(
            Advantage(
                "a" if sign[i] > 0 else "b",
                _WHERE[i == 0, j == size],
                float(self.cost[i]),
                float(self.cost[j - 1]),
            )
            for i, j in runs
        )

    @property
    def verdict(self) -> EqualCostVerdict:
        """Who is ahead anywhere; `crosses` if each is at some cost, `no difference found` if neither is."""
        winners = {advantage.winner for advantage in self.advantages}
        if not len(self.cost):
            return "no common range"
        if not winners:
            return "no difference found"
        if len(winners) == 2:
            return "crosses"
        return "a beats b" if "a" in winners else "b beats a"

    def sentence(self, a: str, b: str, unit: str) -> str:
        """The verdict in one plain sentence with its evidence.

        Args:
            a: what to call the first strategy.
            b: what to call the second.
            unit: of the costs, such as `dollars a question`.
        """
        if not len(self.cost):
            ends = [f"{said} costs {_span(*ends)}" for said, ends in zip((a, b), self.ranges, strict=True)]
            return f"{a} and {b} have no cost in common: {ends[0]} and {ends[1]} {unit}."
        span = _span(self.cost[0], self.cost[-1])
        evidence = (
            f"{a} less {b} is {_points(self.area)} points on average at {span} {unit}, "
            f"{self.questions} questions, paired; {100 * self.level:g}% at all costs at once"
        )
        claims = [
            f"{b if found.winner == 'b' else a} beats {a if found.winner == 'b' else b} "
            + _PHRASE[found.where].format(low=_cost(found.low), high=_cost(found.high), unit=unit)
            for found in self.advantages
        ]
        if claims:
            return f"{' and '.join(claims)}: {evidence}."
        missing = (
            f"; it would take {self.more_questions:,} more questions to show the difference seen"
            if self.more_questions
            else ""
        )
        return f"No difference found between {a} and {b} at equal cost: {evidence}{missing}."


def without_range(
    ranges: tuple[tuple[float, float], tuple[float, float]], questions: int, level: float
) -> EqualCost:
    """The result of strategies that cannot be had at the same cost."""
    none, unknown = np.zeros(0), np.asarray(np.nan)
    nothing = Interval(none, none, none)
    return EqualCost(none, nothing, nothing, Interval(unknown, unknown, unknown), ranges, questions, None, level)


def _points(interval: Interval) -> str:
    mean, low, high = (100 * float(x) for x in (interval.mean, interval.low, interval.high))
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def _span(low: float, high: float) -> str:
    first, last = _cost(low), _cost(high)
    return first if first == last else f"{first} to {last}"


def _cost(cost: float) -> str:
    """Three digits without an exponent: 0.0000123, 4.56, 78,900."""
    return f"{cost:,.0f}" if cost >= 1000 else np.format_float_positional(cost, 3, fractional=False, trim="-")
