"""What the pointer finds in the HTML figure: all numbers at one k, and the same k marked in every panel.

These layers have names that start with `HOVER`, and `save` leaves them out of the still pictures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from compound.figures.panel import Frame, Look, gain_text, percent, x_of, y_of
from compound.figures.points import CURVES, RULES, Point, Series
from compound.figures.style import INK, STROKES

if TYPE_CHECKING:
    import altair as alt

HOVER: Final = "hover"
_NEAR: Final = "near"
_TIP: Final = "(datum.datum || datum).tip"
"""A nearest point is found through cells drawn around all points, whose datum is the point they belong to;
Vega-Lite 6.4 forgets that in the tooltips it writes itself."""


def hover(look: Look, task: str, frame: Frame) -> list[alt.Chart]:
    """The layers of one panel; the last one answers, with the nearest point of any curve. `near` is theirs."""
    import altair as alt

    values = [
        {
            "x": look.x.value(point),
            "y": percent(point.accuracy),
            "k": point.k,
            "tip": _tip(look, task, series, point),
        }
        for series in dict.fromkeys(line.series for line in look.sheet.lines(task))
        for point in _anchors(look, task, series)
    ]
    base = alt.Chart(look.data(values))
    x, y = x_of(look, frame), y_of(look, frame)
    layers = {
        "mark": base.mark_rule(color=INK, strokeWidth=1).encode(x=x, opacity=_when_near(0.25)),
        "dot": base.mark_point(filled=True, size=60, color=INK).encode(x=x, y=y, opacity=_when_near(1)),
        "target": base.mark_point(filled=True, opacity=0, tooltip=alt.ExprRef(_TIP)).encode(x=x, y=y),
    }
    return [layer.properties(name=_name(role, frame)) for role, layer in layers.items()]


def near(frames: Iterable[Frame]) -> alt.TopLevelSelectionParameter:
    """One selection for all panels: a k pointed at in one is marked in the others."""
    import altair as alt

    select = alt.PointSelectionConfig(
        type="point", fields=["k"], nearest=True, on="pointerover", clear="pointerout"
    )
    return alt.TopLevelSelectionParameter(name=_NEAR, select=select, views=[_name("target", at) for at in frames])


def _name(role: str, frame: Frame) -> str:
    """A view's name. Altair replaces a last _number by the column when it joins charts: here it is that already."""
    return f"{HOVER}_{role}{frame.row}_{frame.column}"


def _when_near(opacity: float) -> alt.OpacityValue:
    import altair as alt

    return alt.OpacityValue(0, condition={"param": _NEAR, "empty": False, "value": opacity})


def _anchors(look: Look, task: str, series: Series) -> list[Point]:
    """The points a pointer can find: those of its curve, or a horizontal line of a series without one."""
    lines = [line for line in look.sheet.lines(task) if line.series == series]
    curve = [point for line in lines if line.kind == "accuracy" for point in line.points]
    return curve or [line.last for line in lines if look.x.value(line.last) is not None][:1]


def _tip(look: Look, task: str, series: Series, point: Point) -> dict[str, Any]:
    """The rows of a tooltip, in order; "title" is its heading. Nothing is left out because it is unknown."""
    tip = {"title": f"{task}, k = {point.k}", "strategy": series.strategy, "model": series.model}
    for kind in (*CURVES, *RULES):
        found = look.sheet.at(task, series, kind, point.k)
        if found is not None:
            tip[STROKES[kind].name] = _accuracy(found)
    if point.gain is not None:
        tip["gain"] = gain_text(point.gain)
    return tip | {
        "calls a question": _number(point.calls, ",.1f"),
        "tokens a question": _number(point.tokens, ",.0f"),
        "dollars a question": _number(point.usd, ".3g"),
        "questions": f"{point.questions:,}",
        "estimator": point.estimator,
        "evidence": point.tier,
    }


def _accuracy(point: Point) -> str:
    if point.low is None or point.high is None:
        return f"{100 * point.accuracy:.1f}"
    return f"{100 * point.accuracy:.1f} [{100 * point.low:.1f}, {100 * point.high:.1f}]"


def _number(value: float | None, form: str) -> str:
    return "unknown" if value is None else format(value, form)
