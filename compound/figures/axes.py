"""The two axes all panels share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from compound.figures.points import Point
from compound.figures.sheet import Sheet

Against = Literal["samples", "cost"]


@dataclass(frozen=True)
class Across:
    """The logarithmic x axis: what it measures, its ends and its ticks."""

    unit: Literal["k", "usd", "tokens"]
    title: str
    base: int
    low: float
    high: float
    ticks: tuple[float, ...]
    format: str

    def value(self, point: Point) -> float | None:
        """Where a point lies; None: nowhere on a logarithmic axis."""
        value = {"k": float(point.k), "usd": point.usd, "tokens": point.tokens}[self.unit]
        return value if value is not None and value > 0 else None

    def share(self, value: float) -> float:
        """How far along the axis a value lies, 0 to 1."""
        return math.log(value / self.low) / math.log(self.high / self.low)

    @property
    def few_ticks(self) -> tuple[float, ...]:
        """For a narrow panel: two or three of the ticks where the labels are long, powers of ten first."""
        if self.unit == "k":
            return self.ticks
        powers = tuple(tick for tick in self.ticks if math.log10(tick) % 1 < 1e-9)
        return powers if len(powers) > 1 else self.ticks[:: max(1, len(self.ticks) - 1)]


@dataclass(frozen=True)
class Up:
    """The accuracy axis, in percent."""

    low: int
    high: int
    ticks: tuple[int, ...]

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


def across(sheet: Sheet, tasks: Sequence[str], against: Against) -> Across:
    """The x axis of these tasks. Raises ValueError where some point has neither dollars nor tokens."""
    if against not in ("samples", "cost"):
        raise ValueError(f"against is {against!r}: it is 'samples' or 'cost'")
    if against == "samples":
        largest = max(sheet.largest, 2)
        doubled = tuple(2.0**power for power in range(largest.bit_length()))
        return Across("k", "samples a question, k", 2, 1, largest, doubled, "d")
    curves = [point for task in tasks for line in sheet.lines(task) for point in line.points]
    curves = [point for point in curves if point.line != "constant"]  # it calls no model
    if all(point.usd is not None and point.usd > 0 for point in curves):
        values = [point.usd for point in curves if point.usd]
        low, high, ticks = _decades(values)
        decimals = max(0, -math.floor(math.log10(ticks[0] if ticks else low)))
        return Across("usd", "mean cost a question, US dollars", 10, low, high, ticks, f"$,.{decimals}~f")
    if all(point.tokens is not None and point.tokens > 0 for point in curves):
        why = " (not every price is known)" if any(point.usd is None for point in curves) else ""
        low, high, ticks = _decades([point.tokens for point in curves if point.tokens])
        return Across("tokens", f"mean tokens a question, prompt and completion{why}", 10, low, high, ticks, "~s")
    raise ValueError("no cost to draw against: some points have neither dollars nor tokens; use against='samples'")


def _decades(values: list[float]) -> tuple[float, float, tuple[float, ...]]:
    """Ends and ticks of a logarithmic axis: powers of ten, and what fits between them."""
    low, high = min(values), max(values)
    if high < low * 2:  # one point, or nearly: an axis needs a length
        low, high = low / 1.5, high * 1.5
    steps = range(1, 10) if high / low < 10 else (1, 2, 5) if high / low < 300 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = (float(f"{step}e{power}") for power in powers for step in steps)
    return low, high, tuple(tick for tick in ticks if low <= tick <= high)


def up(sheet: Sheet, tasks: Sequence[str], *, zero: bool = True) -> Up:
    """Room for all that is drawn, bands too. With `zero` it starts there, if not all lies in the upper half."""
    seen: list[float] = []
    for task in tasks:
        for line in sheet.lines(task):
            for point in line.points:
                seen.append(point.accuracy)
                if line.kind == "accuracy":
                    seen += [bound for bound in (point.low, point.high) if bound is not None]
    lowest, highest = 100 * max(min(seen), 0), 100 * min(max(seen), 1)
    low = 10 * math.floor(lowest / 10 - 1e-9) if lowest >= 50 or (not zero and lowest >= 10) else 0
    high = min(100, max(10 * math.ceil(highest / 10 + 1e-9), low + 10))
    step = next(step for step in (2, 5, 10, 20, 25) if (high - low) / step <= (5 if zero else 6))
    low -= low % step
    high = low + step * math.ceil((high - low) / step)
    return Up(low, high, tuple(range(low, high + 1, step)))
