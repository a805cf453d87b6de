"""What the scripts of this folder share: curves, intervals in points, tables, figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compound.figures.style import config
from compound.stats import Interval, mean_interval
from compound.strategies import AnswerPool, PoolCurve, Pooled, parse

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "recorded"
FIGURES = ROOT / "docs" / "figures"
Tables = Callable[[Path], dict[str, str]]


def curve(strategy: str | Pooled, pools: Sequence[AnswerPool], seed: int = 0) -> PoolCurve:
    """The curve of a strategy (or an expression) over pools; the same seed gives the same orders."""
    one = parse(strategy) if isinstance(strategy, str) else strategy
    assert isinstance(one, Pooled)
    return one.curve(pools, np.random.default_rng(seed))


def points(values: np.ndarray, reach: float = 1.0) -> str:
    """The mean of differences of accuracies, with its 95% interval over questions, in points.

    `reach`: how large a difference could be.
    """
    return signed(mean_interval(values, bounds=(-reach, reach)))


def signed(found: Interval, scale: float = 100.0) -> str:
    """A difference with its interval."""
    mean, low, high = (scale * float(x) + 0.0 for x in (found.mean, found.low, found.high))
    return f"{_plain(mean)} [{_plain(low)}, {_plain(high)}]"


def _plain(value: float) -> str:
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}"


def percent(values: np.ndarray) -> str:
    """A mean accuracy, in percent."""
    return f"{100 * float(np.mean(values)):.1f}"


def interval(values: np.ndarray) -> str:
    """A mean share with its 95% interval over questions, in percent."""
    found = mean_interval(values, bounds=(0, 1))
    return "{:.1f} [{:.1f}, {:.1f}]".format(*(100 * float(x) for x in (found.mean, found.low, found.high)))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table; columns after the first are right-aligned."""
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def draw(chart: Any, folder: Path, name: str) -> Path:
    """Write a chart as SVG in the style of the project's figures."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.svg"
    chart.configure(**config()).save(path)
    return path


def main(tables: Tables, figures: Callable[[Path, Path], object] | None = None) -> None:
    """Print the tables of a script, and draw its figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of recordings")
    data = parser.parse_args().data
    for name, text in tables(data).items():
        print(f"{name}\n\n{text}\n")
    if figures is not None:
        figures(data, FIGURES)
