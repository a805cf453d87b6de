"""`compound tasks`, and `compound tasks check`: is every gold of a task right by its own kind?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="tasks",
    help="List the built-in tasks, or check one.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@app.callback()
def list_or_check(ctx: typer.Context) -> None:
    """List the built-in tasks, or check one."""
    if ctx.invoked_subcommand is None:
        from compound.cli.listing import list_tasks

        list_tasks()


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="Such as gsm8k, mmlu/astronomy, add1, recorded/NAME.")],
    path: Annotated[Path | None, typer.Option(help="A local copy of a benchmark's public files.")] = None,
) -> None:
    """Grade every gold of a task, look for repeated questions, and count: nothing is set aside to screen on."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from compound.tasks import load_task
    from compound.tasks.benchmarks.checks import check_task

    task = load_task(name, path=path, screen=0)
    parts = check_task(task)
    grid = Table("split", "kind", "questions", "most frequent gold", "share", box=None, pad_edge=False)
    for part in parts:
        grid.add_row(part.split, part.kind, f"{part.questions:,}", escape(part.favourite[:40]), f"{part.share:.1%}")
    console = Console(highlight=False)
    console.print(escape(f"{task.name}: {task.description}"), soft_wrap=True)
    console.print(grid)
    total = sum(part.questions for part in parts)
    console.print(f"Every gold of {total:,} questions grades as right. No question stands there twice.")
