"""The names of the lines, written at their ends in the first panel: the legend of the whole figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from compound.figures.curves import spans
from compound.figures.panel import Frame, Look
from compound.figures.placing import pixels, spread
from compound.figures.sheet import Line
from compound.figures.style import STROKES, WIDTH

if TYPE_CHECKING:
    import altair as alt

GAP = 17
"""Pixels from one label to the next."""
_LEADER, _KEY = 16, 24
_THREAD: Final = "#c9ced4"
_DIGIT, _SPACE = "\u2007", "\u2002"
"""Spaces that SVG does not collapse; the first is as wide as a digit."""


def room(look: Look) -> int:
    """Pixels the first panel gives up on its right: enough for the longest name, within reason."""
    names = [_name(look, line) for task in look.sheet.tasks for line in look.sheet.lines(task)]
    return min(330, max(196, _LEADER + _KEY + 46 + 7 * max(map(len, names))))  # 7: a bold letter at 12 pixels


def threads(look: Look, task: str, frame: Frame) -> list[alt.Chart]:
    """From the end of each curve that stops before the edge of its panel to that edge, where its name stands."""
    last = [line.last for line in look.sheet.lines(task) if not spans(look, line)]
    places = [
        (frame.width * look.x.share(x), frame.height * (1 - look.y.share(100 * point.accuracy)))
        for point in last
        if (x := look.x.value(point)) is not None and x < look.x.high
    ]
    return [_rule(look, (x, y), (frame.width + 3, y), color=_THREAD, strokeDash=[1, 3]) for x, y in places]


def labels(look: Look, task: str, frame: Frame) -> list[alt.Chart]:
    """For each line: a leader from its end, a piece of its stroke as the key, its last accuracy and its name.

    Lines that only other panels have come last, without a leader and a number: every stroke has a name.
    """
    here = look.sheet.lines(task)[::-1]
    lines = {line.key: line for other in look.sheet.tasks for line in look.sheet.lines(other)}
    elsewhere = [line for key, line in lines.items() if key not in {line.key for line in here}]
    ends = [frame.height * (1 - look.y.share(100 * line.last.accuracy)) for line in here]
    wanted = [*ends, *(float(frame.height) for _ in elsewhere)]
    placed = spread(wanted, gap=GAP, top=2, bottom=frame.height)
    charts: list[alt.Chart] = []
    for index, (line, at) in enumerate(zip([*here, *elsewhere], placed, strict=True)):
        number = f"{100 * line.last.accuracy:.1f}" if index < len(here) else "–"
        if index < len(here):
            charts.append(
                _rule(look, (frame.width + 3, ends[index]), (frame.width + _LEADER - 3, at), color=_THREAD)
            )
        charts += _label(look, line, frame.width + _LEADER, at, number.rjust(4, _DIGIT))
    return charts


def _label(look: Look, line: Line, x: float, y: float, number: str) -> list[alt.Chart]:
    import altair as alt

    stroke, colour, dash = STROKES[line.kind], look.colour(line), look.dash(line)
    text = alt.Chart(look.data([{"text": f"{number}{_SPACE}{_name(look, line)}"}])).mark_text(
        align="left",
        baseline="middle",
        fontSize=12,
        fontWeight="bold" if line.kind == "accuracy" else "normal",
        color=colour,
        limit=WIDTH - x - _KEY - 6,
        aria=False,
    )
    return [
        _rule(look, (x, y), (x + _KEY, y), color=colour, strokeWidth=stroke.width, strokeDash=dash),
        text.encode(text="text:N", **pixels(x=x + _KEY + 6, y=y)),
    ]


def _rule(look: Look, start: tuple[float, float], end: tuple[float, float], **style: Any) -> alt.Chart:
    """A straight line between two places of the panel, in pixels."""
    import altair as alt

    (x, y), (x2, y2) = start, end
    rule: alt.Chart = alt.Chart(look.data([{}])).mark_rule(aria=False, **style)
    return rule.encode(**pixels(x=x, y=y, x2=x2, y2=y2))


def _name(look: Look, line: Line) -> str:
    name = STROKES[line.kind].name
    if line.kind == "accuracy":
        return look.sheet.label(line.series)
    # In the colour of a curve that is named already, the kind is enough.
    named = line.shared or len(look.sheet.series) < 2 or line.series in look.sheet.curved
    return name if named else f"{look.sheet.label(line.series)}: {name}"
