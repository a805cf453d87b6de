"""The figure for "do more agents help?": accuracy against the number of samples, or against what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from compound.figures.axes import Against, across, up
from compound.figures.compose import colours_of, compose, frames_of, marks_of
from compound.figures.panel import Look
from compound.figures.points import read_points
from compound.figures.sheet import Sheet

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
    sheet = Sheet(read_points(rows))
    look = Look(sheet, across(sheet, sheet.tasks, against), up(sheet, sheet.tasks), colours_of(sheet))
    frames = frames_of(look, len(sheet.tasks) - 1)
    panels = [(frame, marks_of(look, task, frame)) for task, frame in zip(sheet.tasks, frames, strict=True)]
    return compose(look, panels, title=title, subtitle=subtitle, level=level)
