"""`compound compare`: two strategies, or all of a run against one, at full size and at equal cost."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from compound.core import TaskError
from compound.experiment.at_equal_cost import Family, against, at_equal_cost
from compound.experiment.compare import compared, evidence
from compound.experiment.sides import Side, chosen, sides_of


def compare_runs(run_a: Path, run_b: Path | None, *, a: str | None, b: str | None, by: str | None) -> None:
    """Print the verdict on two strategies; on all of a run where none of the second is named."""
    sides = sides_of(run_a)
    if run_b is None and b is None and len(sides) > 2:
        baseline = chosen(run_a, sides, a) if a else _first_with_settings(sides)
        _print_family(against(list(sides.values()), baseline, by=by))
        return
    one, other = _two(run_a, sides, a, b) if run_b is None else (chosen(run_a, sides, a), _of(run_b, b))
    said = [compared(one, other).sentences(), at_equal_cost(one, other, by=by).sentences()]
    print("\n\n".join("\n".join(part) for part in [*said, evidence((one, other))]))


def _of(run: Path, strategy: str | None) -> Side:
    return chosen(run, sides_of(run), strategy)


def _two(run: Path, sides: dict[str, Side], a: str | None, b: str | None) -> tuple[Side, Side]:
    """Two strategies of one run; of a run with two, the one that is not named is the other."""
    if len(sides) == 1:
        raise TaskError(f"{run} has one strategy, {next(iter(sides))}: name a second run to compare it with")
    named = [chosen(run, sides, name) if name else None for name in (a, b)]
    if None in named and len(sides) > 2:
        raise TaskError(f"{run} has several strategies; name one with --a and one with --b: {', '.join(sides)}")
    left = [side for side in sides.values() if side not in named]
    one, other = (side or left.pop(0) for side in named)
    return one, other


def _first_with_settings(sides: dict[str, Side]) -> Side:
    """The first strategy that has a curve: one with a single setting could be compared at that cost only."""
    return next((side for side in sides.values() if len(side.ks) > 1), next(iter(sides.values())))


def _print_family(family: Family) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    header, rows = family.table()
    grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column(header[0], overflow="fold")
    for name in header[1:3]:
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column(header[3])
    for row in rows:
        grid.add_row(*map(escape, row))
    console.print(escape(family.title), style="bold")
    console.print(grid)
    for sentence in [*family.sentences(), *evidence([family.baseline])]:
        console.print(escape(sentence), soft_wrap=True)
