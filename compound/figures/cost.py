"""The figure for "which strategy gives most for its money?": accuracy against cost, one line a strategy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from compound.figures.axes import across, up
from compound.figures.compose import colours_of, compose, frames_of, marks_of
from compound.figures.curves import bent, dotted, layers, place
from compound.figures.hover import hover
from compound.figures.panel import Frame, Look, words, x_of, y_of
from compound.figures.points import Series, read_points
from compound.figures.sheet import Sheet
from compound.figures.style import REST

if TYPE_CHECKING:
    import altair as alt


def cost_chart(
    rows: Iterable[Mapping[str, object]], *, title: str, subtitle: str, level: float = 0.95
) -> alt.TopLevelMixin:
    """All strategies in one large panel: pooled, or the first task.

    The small panels show the same for each task, with up to three strategies. With more they show each strategy
    alone with its band, in front of the others in grey: a dozen bands on top of each other show nothing.

    Args:
        rows: the lines of curves.csv, as `scaling_chart` takes them; "accuracy" and "greedy" are drawn. A strategy
            without a k is a point.
        title: the statement or question the figure is about.
        subtitle: one sentence under it: which cost, and the tier. A row of the tier "simulation" puts SIMULATION in
            front, in red.
        level: the confidence of the intervals in the rows; it is only written down.

    The axis is mean dollars a question where every point has a price above zero, else mean tokens. Between its dots
    a curve is what tossing a coin between two settings gives; beyond them nothing is drawn. Large dots are those
    that no other dot of the panel beats on both cost and accuracy.

    Raises ValueError for no rows, a row that cannot be read (named), and points without any cost.
    """
    points = [point for point in read_points(rows) if point.line in ("accuracy", "greedy")]
    # Of a run that was stopped: fewer questions, so pooled over other tasks, are not the same test.
    asked = {task: max(p.questions for p in points if p.task == task) for task in {p.task for p in points}}
    sheet = Sheet([point for point in points if point.questions == asked[point.task]])
    first, *tasks = sheet.tasks
    alone = [line.series for line in sheet.lines(first) if line.kind == "accuracy"] if sheet.simplified else []
    shown = [first] if alone else sheet.tasks
    look = Look(sheet, across(sheet, shown, "cost"), up(sheet, shown, zero=False), colours_of(sheet))
    hero, *frames = frames_of(look, len(alone or tasks))
    panels = [(hero, marks_of(replace(_with_best(look, first), bands=not alone), first, hero))]
    if alone:
        grey = _Grey.of(look, first)
        panels += [(at, _alone(look, first, series, at, grey)) for series, at in zip(alone, frames, strict=True)]
    else:
        panels += [(at, marks_of(_with_best(look, task), task, at)) for task, at in zip(tasks, frames, strict=True)]
    return compose(
        look, panels, title=title, subtitle=subtitle, level=level, more=[*([_ALONE] if alone else []), *_NOTES]
    )


_ALONE = "Small panels: each strategy alone with its band, the others in grey."
_NOTES = (
    "Between dots: a coin tossed for each question decides which setting it gets. Large dots: none is as accurate "
    "for less, some by luck.",
    "All strategies answered the same questions, so their bands do not tell whether two differ: compound compare "
    "does, paired and at equal cost.",
)


def _with_best(look: Look, task: str) -> Look:
    """The look of a panel whose large dots are its frontier."""
    lines = [line for line in look.sheet.lines(task) if line.kind == "accuracy"]
    dots = [(look.x.value(point) or 0.0, point) for line in lines for point in dotted(look, line)]
    beaten = {
        point
        for cost, point in dots
        for less, other in dots
        if less <= cost and other.accuracy >= point.accuracy and (less, other.accuracy) != (cost, point.accuracy)
    }
    return replace(look, best=frozenset(point for _, point in dots) - beaten)


@dataclass(frozen=True)
class _Grey:
    """All strategies as thin grey lines, those of one setting as dots: the same data for every small panel."""

    lines: alt.NamedData
    dots: alt.NamedData

    @classmethod
    def of(cls, look: Look, task: str) -> _Grey:
        lines = [line for line in look.sheet.lines(task) if line.kind == "accuracy"]
        drawn = [
            {**at, "line": number}
            for number, line in enumerate(lines)
            for at in bent(look, [place(look, point) for point in line.points])
        ]
        return cls(look.data(drawn), look.data([place(look, line.last) for line in lines if line.level]))

    def layers(self, look: Look, frame: Frame) -> list[alt.Chart]:
        import altair as alt

        x, y = x_of(look, frame), y_of(look, frame)
        curves = alt.Chart(self.lines).mark_line(color=REST, strokeWidth=1, opacity=0.7, aria=False)
        points = alt.Chart(self.dots).mark_point(color=REST, size=12, filled=True, opacity=0.7, aria=False)
        return [curves.encode(x=x, y=y, detail="line:N"), points.encode(x=x, y=y)]


def _alone(look: Look, task: str, series: Series, frame: Frame, grey: _Grey) -> list[alt.Chart]:
    """One strategy with its band, in front of the lines of the others."""
    points = [point for point in look.sheet.points if point.task == task and point.line == "accuracy"]
    own = [point for point in points if point.series == series]
    one = replace(look, sheet=Sheet(own))
    name = (look.sheet.label(series), look.colours[series], {"fontSize": 12, "fontWeight": "bold"})
    return [
        *grey.layers(look, frame),
        *layers(one, task, frame),
        *words(look, [name], frame),
        *hover(one, task, frame),
    ]
