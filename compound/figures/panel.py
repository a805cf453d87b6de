"""One panel: bands, lines, dots and its heading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from compound.figures.axes import Across, Up
from compound.figures.placing import pixels
from compound.figures.points import POOLED, RULES, Gain, Point, Series
from compound.figures.sheet import ALL_LINES, Line, Sheet
from compound.figures.style import INK, STROKES, VERDICTS

if TYPE_CHECKING:
    import altair as alt

_HEADING = 14
"""Pixels of one line under the name of a panel."""


@dataclass(frozen=True)
class Look:
    """What all panels of a figure have in common."""

    sheet: Sheet
    x: Across
    y: Up
    colours: Mapping[Series, str]
    datasets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Filled while the panels are built. Layers refer to it by name: Altair copies and checks inline data over and
    over, which takes most of the time of a figure."""

    def data(self, values: list[dict[str, Any]]) -> alt.NamedData:
        import altair as alt

        name = f"rows_{len(self.datasets)}"
        self.datasets[name] = values
        return alt.NamedData(name)

    def colour(self, line: Line) -> str:
        """Grey for what belongs to no series; with one series its curve and its first parsed are coloured."""
        quiet = line.shared if len(self.sheet.series) > 1 else line.kind not in ("accuracy", "first parsed")
        return STROKES[line.kind].grey if quiet else self.colours[line.series]


@dataclass(frozen=True)
class Frame:
    """Where a panel stands and how large it is. Row 0 holds one panel, the large one, which explains the others."""

    row: int
    column: int
    width: int
    height: int

    @property
    def hero(self) -> bool:
        return self.row == 0


def percent(fraction: float) -> float:
    """Rounded, so that the last bits of a float never show in a file."""
    return round(100 * fraction, 3)


def gain_text(gain: Gain) -> str:
    """As in "rises +26.8 [+21.0, +32.4]", in points, with real minus signs."""
    known = gain.low is not None and gain.high is not None
    value, *bounds = (_signed(value) for value in (gain.value, gain.low, gain.high) if value is not None)
    return f"{gain.verdict} {value} [{', '.join(bounds)}]" if known else value


def _signed(fraction: float) -> str:
    return f"{round(100 * fraction, 1) + 0.0:+.1f}".replace("-", "−")  # + 0.0 makes -0.0 a zero


def layers(look: Look, task: str, frame: Frame) -> list[alt.Chart]:
    """The marks of a panel, from the back to the front."""
    lines = look.sheet.lines(task)
    bands = [chart for line in lines if line.kind == "accuracy" for chart in _band(look, line, frame)]
    return bands + [chart for line in lines for chart in _line(look, line, frame)]


def heading(look: Look, task: str, frame: Frame) -> list[alt.Chart]:
    """The name of a panel and under it the gain of each series, as text above the plot.

    Not a Vega title: that is placed above the axis labels, which not all panels of a row have.
    """
    import altair as alt

    several = len(look.sheet.curved) > 1
    name = f"All {len(look.sheet.tasks) - 1} tasks pooled" if task == POOLED else task
    size = 12 if frame.hero else 11
    lines: list[tuple[str, str, dict[str, Any]]] = [(name, INK, {"fontSize": size + 1, "fontWeight": "bold"})]
    for line in look.sheet.lines(task):
        gain = look.sheet.gain(line)
        if gain is not None:
            colour = look.colours[line.series] if several else VERDICTS[gain.verdict]
            lines.append((gain_text(gain), colour, {"fontSize": size}))
    charts = []
    for index, (text, colour, style) in enumerate(lines):
        y = -7 - _HEADING * (len(lines) - 1 - index) - (2 if index == 0 and len(lines) > 1 else 0)
        mark = alt.Chart(look.data([{"text": text}])).mark_text(
            align="left", baseline="bottom", color=colour, limit=frame.width, **style
        )
        charts.append(mark.encode(text="text:N", **pixels(x=0, y=y)))
    return charts


def x_of(look: Look, frame: Frame) -> alt.X:
    import altair as alt

    x = look.x
    return alt.X(
        "x:Q",
        scale=alt.Scale(type="log", base=x.base, domain=[x.low, x.high], nice=False),
        axis=alt.Axis(
            values=list(x.ticks if frame.hero else x.few_ticks),
            format=x.format,
            title=f"{x.title} (log scale)" if frame.hero else None,
            labelOverlap="greedy",
            labelFlush=x.unit != "k",
        ),
    )


def y_of(look: Look, frame: Frame, field: str = "y") -> alt.Y:
    import altair as alt

    return alt.Y(
        f"{field}:Q",
        scale=alt.Scale(domain=[look.y.low, look.y.high], nice=False),
        axis=alt.Axis(
            values=list(look.y.ticks),
            title="accuracy (%)" if frame.hero else None,
            labels=frame.column == 0,
        ),
    )


def _place(look: Look, point: Point) -> dict[str, Any]:
    return {"x": look.x.value(point), "y": percent(point.accuracy)}


def _spans(look: Look, line: Line) -> bool:
    """Whether a line crosses the panel: a reference, and on an axis of samples a strategy without a k.

    A debate has one row, with k = 1 and nine calls: a dot at 1 would lie. On an axis of costs it has its place.
    """
    return line.kind in RULES or (line.level and look.x.unit == "k" and look.sheet.largest > 1)


def _band(look: Look, line: Line, frame: Frame) -> list[alt.Chart]:
    import altair as alt

    values = [
        {
            "x": look.x.high if _spans(look, line) else look.x.value(point),
            "low": percent(point.low),
            "high": percent(point.high),
        }
        for point in line.points
        if point.low is not None and point.high is not None
    ]
    if not values:
        return []
    chart = alt.Chart(look.data(values))
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
        "strokeDash": list(stroke.dash),
        "aria": False,
    }
    if _spans(look, line):
        data = look.data([{"y": percent(line.last.accuracy)}])
        return [alt.Chart(data).mark_rule(**style).encode(y=y)]
    drawn = alt.Chart(look.data([_place(look, point) for point in line.points]))
    curve = drawn.mark_line(**style).encode(x=x_of(look, frame), y=y)
    if line.kind != "accuracy":
        return [curve]
    # Dots at the powers of two: the ks of the table, and on a cost axis the only sign of what k is.
    doubled = [_place(look, point) for point in line.points if point.k & (point.k - 1) == 0]
    size, ring = (46, 1.2) if frame.hero else (20, 0.8)
    dots = alt.Chart(look.data(doubled)).mark_point(
        size=size, filled=True, color=colour, opacity=1, stroke="white", strokeWidth=ring, aria=False
    )
    return [curve, dots.encode(x=x_of(look, frame), y=y)]
