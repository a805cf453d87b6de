"""The marks of one panel: bands, lines and dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from compound.figures.panel import Frame, Look, percent, x_of, y_of
from compound.figures.points import RULES, Point
from compound.figures.sheet import ALL_LINES, Line
from compound.figures.style import STROKES

if TYPE_CHECKING:
    import altair as alt

_BENDS = 8
"""Pieces that a curve is drawn in for each doubling of the cost."""


def layers(look: Look, task: str, frame: Frame) -> list[alt.Chart]:
    """The marks of a panel, from the back to the front."""
    lines = look.sheet.lines(task)
    banded = [line for line in lines if line.kind == "accuracy" and look.bands]
    bands = [chart for line in banded for chart in _band(look, line, frame)]
    return bands + [chart for line in lines for chart in _line(look, line, frame)]


def place(look: Look, point: Point) -> dict[str, Any]:
    return {"x": look.x.value(point), "y": percent(point.accuracy)}


def bent(look: Look, places: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The way between places on an axis of costs, by rising cost.

    What lies between two settings is had by tossing a coin for each question: accuracy is linear in cost, which is
    not straight on a log scale.
    """
    if look.x.unit == "k":
        return list(places)
    ordered = sorted((place for place in places if place["x"] is not None), key=lambda place: float(place["x"]))
    found = ordered[:1]
    for start, end in pairwise(ordered):
        pieces = max(1, math.ceil(_BENDS * math.log2(end["x"] / start["x"])))
        for piece in range(1, pieces + 1):
            x = start["x"] * (end["x"] / start["x"]) ** (piece / pieces)
            weight = 1.0 if piece == pieces else (x - start["x"]) / (end["x"] - start["x"])
            between = {key: round((1 - weight) * start[key] + weight * end[key], 3) for key in start}
            found.append({**between, "x": float(f"{x:.9g}")})
    return found


def spans(look: Look, line: Line) -> bool:
    """Whether a line crosses the panel: a reference, and on an axis of samples a strategy without a k.

    A debate has one row, with k = 1 and nine calls: a dot at 1 would lie. On an axis of costs it has its place.
    """
    return line.kind in RULES or (line.level and look.x.unit == "k" and look.sheet.largest > 1)


def _band(look: Look, line: Line, frame: Frame) -> list[alt.Chart]:
    import altair as alt

    values = [
        {
            "x": look.x.high if spans(look, line) else look.x.value(point),
            "low": percent(point.low),
            "high": percent(point.high),
        }
        for point in line.points
        if point.low is not None and point.high is not None
    ]
    if not values:
        return []
    chart = alt.Chart(look.data(bent(look, values)))
    colour, curves = look.colour(line), len(look.sheet.curved)
    strength = 0.16 if curves == 1 else 0.11 if curves <= ALL_LINES else 0.05  # overlapping bands add up
    # One point has no width to fill: its interval is a bar, at the end of its line if it has one.
    marked = (
        chart.mark_area(color=colour, opacity=strength, aria=False)
        if len(values) > 1
        else chart.mark_rule(color=colour, strokeWidth=4, opacity=2 * strength, aria=False)
    )
    return [marked.encode(x=x_of(look, frame), y=y_of(look, frame, "low"), y2="high:Q")]


def _line(look: Look, line: Line, frame: Frame) -> list[alt.Chart]:
    import altair as alt

    stroke, colour, y = STROKES[line.kind], look.colour(line), y_of(look, frame)
    style: dict[str, Any] = {
        "color": colour,
        "strokeWidth": stroke.width if frame.hero else round(stroke.width * 0.85, 2),
        "strokeDash": look.dash(line),
        "aria": False,
    }
    if spans(look, line):
        data = look.data([{"y": percent(line.last.accuracy)}])
        return [alt.Chart(data).mark_rule(**style).encode(y=y)]
    drawn = alt.Chart(look.data(bent(look, [place(look, point) for point in line.points])))
    curve = drawn.mark_line(**style).encode(x=x_of(look, frame), y=y)
    if line.kind != "accuracy":
        return [curve]
    dots = dotted(look, line)
    if look.best is None:
        return [curve, *_dots(look, line, dots, frame, 1.0)]
    best = [point for point in dots if point in look.best]
    rest = [point for point in dots if point not in look.best]
    return [
        curve,
        *_dots(look, line, rest, frame, 1.0 if line.level else 0.45),
        *_dots(look, line, best, frame, 1.7),
    ]


def dotted(look: Look, line: Line) -> list[Point]:
    """The points with a dot: k = 1, 2, 4 and so on; on an axis of costs the last too."""
    return [
        point
        for point in line.points
        if point.k & (point.k - 1) == 0 or (look.x.unit != "k" and point is line.last)
    ]


def _dots(look: Look, line: Line, points: Sequence[Point], frame: Frame, scale: float) -> list[alt.Chart]:
    import altair as alt

    if not points:
        return []
    size, ring = (46, 1.2) if frame.hero else (20, 0.8)
    colour, hollow = look.colour(line), look.again(line.series)
    chart = alt.Chart(look.data([place(look, point) for point in points])).mark_point(
        size=size * scale,
        filled=True,
        fill="white" if hollow else colour,
        opacity=1,
        stroke=colour if hollow else "white",
        strokeWidth=ring * (1.5 if hollow else 1),
        aria=False,
    )
    return [chart.encode(x=x_of(look, frame), y=y_of(look, frame))]
