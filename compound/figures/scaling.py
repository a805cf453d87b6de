"""The figure for "do more agents help?": accuracy against the number of samples, or against what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from compound.figures.axes import Against, across, up
from compound.figures.hover import hover, near
from compound.figures.labels import GAP, labels, room
from compound.figures.notes import notes, title_of
from compound.figures.panel import Frame, Look, heading, layers
from compound.figures.points import read_points
from compound.figures.sheet import Sheet
from compound.figures.style import GUTTER, HERO_HEIGHT, PALETTE, PANEL_HEIGHT, REST, WIDTH, config

if TYPE_CHECKING:
    import altair as alt


def scaling_chart(
    rows: Iterable[Mapping[str, object]],
    *,
    title: str,
    subtitle: str,
    against: Against = "samples",
    level: float = 0.95,
) -> alt.TopLevelMixin:
    """One large panel (pooled, or the first task), one small panel for each task, all on the same axes.

    Args:
        rows: the lines of curves.csv, as `points.Point` has them. "accuracy" (the strategy itself), "first parsed"
            and "pass@k" have a row for each k; "single", "greedy" and "constant" have one, at k = 1. Accuracies
            and intervals are fractions. The "accuracy" row of the largest k may carry gain, gain_low and gain_high:
            the paired gain over a single sample, as fractions; and verdict ("rises", "falls", "no clear change")
            where it does not follow from that interval alone.
        title: the statement or question the figure is about.
        subtitle: one sentence under it. A row of the tier "simulation" puts SIMULATION in front, in red.
        against: "samples" draws against k. "cost" draws against mean dollars a question where every point has a
            price above zero, else against mean tokens.
        level: the confidence of the intervals in the rows; it is only written down.

    Colours: one for each strategy and model. Lines that are the same for all of them are drawn once, in grey. With
    more than three series, reference lines that differ between them are left out and a note says so.

    Raises ValueError for no rows, a row that cannot be read (named), and a cost axis without any cost.
    """
    import altair as alt

    sheet = Sheet(read_points(rows))
    keys = dict.fromkeys([*sheet.series, *sheet.keys])
    colours = {key: PALETTE[index] if index < len(PALETTE) else REST for index, key in enumerate(keys)}
    look = Look(sheet, across(sheet, against), up(sheet), colours)
    first, *others = sheet.tasks
    frames = {first: Frame(0, 0, WIDTH - room(look), max(HERO_HEIGHT, GAP * sheet.strokes))}
    columns = _columns(len(others))
    width = (WIDTH - GUTTER * (columns - 1)) // columns
    for index, task in enumerate(others):
        frames[task] = Frame(1 + index // columns, index % columns, width, PANEL_HEIGHT)
    grid: dict[int, list[alt.LayerChart]] = {}
    for task, frame in frames.items():
        grid.setdefault(frame.row, []).append(_panel(look, task, frame))
    lines = [alt.hconcat(*panels, spacing=GUTTER, bounds="flush") for panels in grid.values()]
    figure = alt.vconcat(*lines, notes(look, level), spacing=22, title=title_of(look, title, subtitle))
    configured: alt.VConcatChart = figure.configure(**config())
    configured.description = f"{title}. {subtitle}"
    configured.params = [near(frames.values())]
    configured.datasets = look.datasets  # last: every step before it copies all that is there
    return configured


def _panel(look: Look, task: str, frame: Frame) -> alt.LayerChart:
    import altair as alt

    marks = [*layers(look, task, frame), *heading(look, task, frame)]
    if frame.hero:
        marks += labels(look, task, frame)
    marks += hover(look, task, frame)
    panel: alt.LayerChart = alt.LayerChart(layer=marks).properties(width=frame.width, height=frame.height)
    return panel


def _columns(panels: int) -> int:
    """Three or four columns, whichever leaves fewer holes in the last row; few panels share the whole width."""
    if panels <= 4:
        return max(panels, 1)
    return min((4, 3), key=lambda columns: -panels % columns)
