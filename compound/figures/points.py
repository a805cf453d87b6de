"""The rows of curves.csv as typed points, checked before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

POOLED: Final = "pooled"
SIMULATION: Final = "simulation"
CURVES: Final = ("accuracy", "first parsed", "pass@k")
"""Lines with one row for each k. The first is the strategy itself; it has one row where a strategy has no k."""
RULES: Final = ("single", "greedy", "constant")
"""Horizontal reference lines: one row, k = 1."""


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """What one colour stands for: a strategy on a model."""

    model: str
    strategy: str


@dataclass(frozen=True, slots=True)
class Gain:
    """A paired gain over a single sample, as a fraction; the interval may be unknown."""

    value: float
    low: float | None
    high: float | None
    given: str = ""

    @property
    def verdict(self) -> str:
        """The one given; else "rises" or "falls" where the interval leaves zero out; without one nothing."""
        if self.given:
            return self.given
        if self.low is None or self.high is None:
            return ""
        if self.low > 0:
            return "rises"
        return "falls" if self.high < 0 else "no clear change"


@dataclass(frozen=True, slots=True)
class Point:
    """One row. Accuracies and intervals are fractions; calls, tokens and dollars are means a question."""

    series: Series
    task: str
    line: str
    k: int
    accuracy: float
    low: float | None
    high: float | None
    questions: int
    calls: float | None
    tokens: float | None
    usd: float | None
    tier: str
    estimator: str
    gain: Gain | None


def read_points(rows: Iterable[Mapping[str, object]]) -> list[Point]:
    """The rows as points, in their order. Values may be text, as `csv.DictReader` gives them; "" is unknown.

    Raises ValueError, naming the row, for what cannot be drawn.
    """
    points: list[Point] = []
    seen: set[tuple[Series, str, str, int]] = set()
    for number, row in enumerate(rows, start=1):
        try:
            point = _point(row)
        except KeyError as error:
            raise ValueError(f"row {number} has no {error.args[0]!r}: it has {', '.join(map(str, row))}") from None
        except ValueError as error:
            raise ValueError(f"row {number}: {error}") from None
        key = (point.series, point.task, point.line, point.k)
        if key in seen:
            raise ValueError(f"row {number}: a second {point.line!r} of {point.task!r} at k = {point.k}")
        seen.add(key)
        points.append(point)
    if not points:
        raise ValueError("no rows to draw: a figure needs at least one point of curves.csv")
    return points


def _point(row: Mapping[str, object]) -> Point:
    line = str(row["line"])
    if line not in CURVES + RULES:
        raise ValueError(f"unknown line {line!r}: a line is one of {', '.join(CURVES + RULES)}")
    k, accuracy = _number(row["k"], "k"), _number(row["accuracy"], "accuracy")
    if k is None or k < 1 or k != int(k):
        raise ValueError(f"k is {row['k']!r}: it must be a whole number from 1 up")
    if accuracy is None or not 0 <= accuracy <= 1:
        raise ValueError(f"accuracy is {row['accuracy']!r}: it must be a fraction from 0 to 1")
    gain = _number(row.get("gain"), "gain")
    return Point(
        series=Series(str(row["model"]), str(row["strategy"])),
        task=str(row["task"]),
        line=line,
        k=int(k),
        accuracy=accuracy,
        low=_number(row["low"], "low"),
        high=_number(row["high"], "high"),
        questions=int(_number(row["questions"], "questions") or 0),
        calls=_number(row["calls"], "calls"),
        tokens=_number(row["tokens"], "tokens"),
        usd=_number(row["usd"], "usd"),
        tier=str(row["tier"]),
        estimator=str(row["estimator"]),
        gain=None
        if gain is None
        else Gain(
            gain,
            _number(row.get("gain_low"), "gain_low"),
            _number(row.get("gain_high"), "gain_high"),
            str(row.get("verdict") or ""),
        ),
    )


def _number(value: object, name: str) -> float | None:
    """A finite number, or None for what is unknown: None, "" and nan."""
    if value is None or value == "":
        return None
    try:
        number = float(str(value))
    except ValueError:
        raise ValueError(f"{name} is {value!r}, not a number") from None
    if math.isinf(number):
        raise ValueError(f"{name} is infinite")
    return None if math.isnan(number) else number
