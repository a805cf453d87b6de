"""One figure from its panels: the large one on top, the small ones under it, the words around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compound.figures.curves import layers
from compound.figures.hover import hover, near
from compound.figures.labels import GAP, labels, room, threads
from compound.figures.notes import notes, title_of
from compound.figures.panel import Frame, Look, heading
from compound.figures.points import Series
from compound.figures.sheet import Sheet
from compound.figures.style import GUTTER, HERO_HEIGHT, PALETTE, PANEL_HEIGHT, REST, WIDTH, config

if TYPE_CHECKING:
    import altair as alt


def colours_of(sheet: Sheet) -> dict[Series, str]:
    """A colour for every series; each is used twice, and the second time drawn in another way."""
    colours = (*PALETTE, *PALETTE)
    keys = dict.fromkeys([*sheet.series, *sheet.keys])
    return {key: colours[index] if index < len(colours) else REST for index, key in enumerate(keys)}


def frames_of(look: Look, small: int) -> list[Frame]:
    """Where the panels stand: the large one, then so many small ones."""
    hero = Frame(0, 0, WIDTH - room(look), max(HERO_HEIGHT, GAP * look.sheet.strokes))
    columns = _columns(small)
    width = (WIDTH - GUTTER * (columns - 1)) // columns
    return [hero, *(Frame(1 + i // columns, i % columns, width, PANEL_HEIGHT) for i in range(small))]


def marks_of(look: Look, task: str, frame: Frame) -> list[alt.Chart]:
    """All marks of a task's panel, from the back to the front; the large one names the lines."""
    marks = [*layers(look, task, frame), *heading(look, task, frame)]
    if frame.hero:
        marks = [*threads(look, task, frame), *marks, *labels(look, task, frame)]
    return [*marks, *hover(look, task, frame)]


def compose(
    look: Look,
    panels: Sequence[tuple[Frame, Sequence[alt.Chart]]],
    *,
    title: str,
    subtitle: str,
    level: float,
    more: Sequence[str] = (),
) -> alt.VConcatChart:
    """The whole figure.

    Args:
        look: what the panels have in common.
        panels: the marks of each panel and where it stands, row by row.
        title: the statement or question the figure is about.
        subtitle: one sentence under it.
        level: the confidence of the intervals; it is only written down.
        more: notes, each on a line of its own under the others.
    """
    import altair as alt

    grid: dict[int, list[alt.LayerChart]] = {}
    for frame, marks in panels:
        panel = alt.LayerChart(layer=list(marks)).properties(width=frame.width, height=frame.height)
        grid.setdefault(frame.row, []).append(panel)
    lines = [alt.hconcat(*row, spacing=GUTTER, bounds="flush") for row in grid.values()]
    figure = alt.vconcat(*lines, notes(look, level, more), spacing=22, title=title_of(look, title, subtitle))
    configured: alt.VConcatChart = figure.configure(**config())
    configured.description = f"{title}. {subtitle}"
    configured.params = [near([frame for frame, _ in panels])]
    configured.datasets = look.datasets  # last: every step before it copies all that is there
    return configured


def _columns(panels: int) -> int:
    """Three or four columns, whichever leaves fewer holes in the last row; few panels share the whole width."""
    if panels <= 4:
        return max(panels, 1)
    return min((4, 3), key=lambda columns: -panels % columns)
