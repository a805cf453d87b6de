"""`compound strategies`, `compound tasks`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from compound.strategies import Part, Scorer, Strategy
from compound.strategies.registry import known
from compound.strategies.tool import Tool
from compound.tasks.benchmarks import benchmarks
from compound.tasks.generated import names


def _grid(*columns: str) -> Table:
    return Table(*columns, box=None, header_style="bold", pad_edge=False)


_HEADINGS: dict[type[Part], str] = {
    Strategy: "",
    Scorer: '\nscorers, for weights and rankings: best_of(cot, n=8, by=judge @ "another model")\n\n',
    Tool: "\ntools, for react([calculator, python])\n\n",
}


def list_strategies() -> None:
    """Every strategy with its class, its cost and its paper, aliases with what they stand for; scorers; tools."""
    console = Console(highlight=False, markup=False)
    for kind, heading in _HEADINGS.items():
        console.print(heading, end="")
        for name, make in sorted(known().items()):
            of = cast(type[Part], make) if inspect.isclass(make) else Strategy  # an alias builds a strategy
            if issubclass(of, kind):
                _print_part(console, name, make)


def _print_part(console: Console, name: str, make: Callable[..., Part]) -> None:
    alias = not inspect.isclass(make)
    kind = type(make()) if alias else cast(type[Part], make)
    said = repr(make()) if alias else _first_line(make)
    needs = f"needs {', '.join(sorted(kind.needs))}" if kind.needs else ""
    facts = " · ".join(filter(None, (_class(kind), f"completions: {kind.cost}", needs, kind.paper)))
    console.print(f"{name:<22}{said}", soft_wrap=True)
    console.print(f"{'':<22}{facts}", style="dim", soft_wrap=True)


def _class(kind: type[Part]) -> str:
    words = [kind.selection] if issubclass(kind, Strategy) else []
    return ", ".join([*words, *(["EXPERIMENTAL"] if kind.experimental else [])])


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def list_tasks() -> None:
    """Every generated task and every benchmark; then how a file or a data set becomes one."""
    console = Console(highlight=False)
    grid = _grid("generated", "what it asks")
    for name, description in names().items():
        grid.add_row(name, escape(description))
    console.print(grid)
    grid = _grid("benchmark", "what it asks", "on the Hugging Face Hub")
    for name, benchmark in benchmarks().items():
        grid.add_row(name, escape(benchmark.description), benchmark.sources[0].hub)
    console.print()
    console.print(grid)
    for name, benchmark in benchmarks().items():
        if benchmark.parts:
            parts = sorted(benchmark.parts)
            console.print(f"{name}/{parts[0]} … {name}/{parts[-1]}: its {len(parts)} parts", style="dim")
    console.print(
        "\nreasoning_gym/NAME: a task of reasoning-gym (compound[reasoning]). In a config:\n"
        "  tasks: [gsm8k]                                      from the hub\n"
        "  tasks: [{name: gsm8k, path: gsm8k_test.jsonl.gz}]   from a local copy of the public files\n"
        "  tasks: [{name: mine, file: mine.jsonl, kind: number, fields: {text: problem, gold: answer}}]\n"
        "  tasks: [{name: mine, hub: org/data, split: test, kind: number, fields: {text: problem, gold: answer}}]",
        markup=False,
        soft_wrap=True,
    )
