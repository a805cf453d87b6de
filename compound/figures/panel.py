"""One panel: its place, its axes and its heading, and what all panels have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from compound.figures.axes import Across, Up
from compound.figures.placing import pixels
from compound.figures.points import POOLED, Gain, Point, Series
from compound.figures.sheet import Line, Sheet
from compound.figures.style import INK, PALETTE, REST, STROKES, VERDICTS

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
    bands: bool = True
    best: frozenset[Point] | None = None
    """Points whose dots are large, the others being small; None: all dots are alike."""
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

    def again(self, series: Series) -> bool:
        """Whether another series had its colour before: it is dashed then, and its dots are hollow."""
        return self.colours[series] != REST and list(self.colours).index(series) >= len(PALETTE)

    def dash(self, line: Line) -> list[float]:
        return [5, 2.5] if line.kind == "accuracy" and self.again(line.series) else list(STROKES[line.kind].dash)


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


def heading(look: Look, task: str, frame: Frame) -> list[alt.Chart]:
    """The name of a panel and under it the gain of each series, as text above the plot.

    Not a Vega title: that is placed above the axis labels, which not all panels of a row have.
    """
    several = len(look.sheet.curved) > 1
    name = f"All {len(look.sheet.tasks) - 1} tasks pooled" if task == POOLED else task
    size = 12 if frame.hero else 11
    lines: list[tuple[str, str, dict[str, Any]]] = [(name, INK, {"fontSize": size + 1, "fontWeight": "bold"})]
    for line in look.sheet.lines(task):
        gain = look.sheet.gain(line)
        if gain is not None:
            colour = look.colours[line.series] if several else VERDICTS[gain.verdict]
            lines.append((gain_text(gain), colour, {"fontSize": size}))
    return words(look, lines, frame)


def words(look: Look, lines: Sequence[tuple[str, str, dict[str, Any]]], frame: Frame) -> list[alt.Chart]:
    """Lines of text above the plot of a panel: each its text, its colour and its style."""
    import altair as alt

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
