"""`compound plan`: what a run would take and could show."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from compound.cli.running import Bars
from compound.experiment import load
from compound.experiment.planning.forecast import Forecast, forecast
from compound.experiment.planning.forecast_summary import forecast_sentences, forecast_tables
from compound.models.session import wait_for


def plan_config(
    config: Path,
    *,
    model: str | None,
    limit: int | None,
    sets: Sequence[str],
    results: Path,
    store: Path | None,
    pilot: int = 0,
) -> None:
    """Say what the experiment of a file would take and could show."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    experiment = load(config, sets=sets, model=model, limit=limit)
    samples = store if store is not None else results / "samples.db"
    if pilot:
        with Bars(console) as bars:
            found = wait_for(forecast(experiment, store=samples, pilot=pilot, observer=bars))
    else:
        found = wait_for(forecast(experiment, store=samples))
    _print(console, found)


def _print(console: Console, found: Forecast) -> None:
    experiment, number = found.experiment, sum(found.questions.values())
    tasks = next(iter(found.questions)) if len(found.questions) == 1 else len(found.questions)
    strategies = len(experiment.strategies)
    head = f"{experiment.name} · {experiment.model} · {found.tier}"
    counts = f"tasks: {tasks} · questions: {number:,} · strategies: {strategies}"
    console.print(escape(f"{head} · {counts}"), soft_wrap=True)
    for title, header, rows in forecast_tables(found):
        grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
        grid.add_column(title, min_width=10, overflow="fold")
        for name in header[1:]:
            grid.add_column(name, justify="right")
        for row in rows:
            grid.add_row(*map(escape, row))
        console.print()
        console.print(grid)
    console.print()
    for sentence in [*found.prepared.notices, *forecast_sentences(found)]:
        console.print(escape(sentence), soft_wrap=True)
