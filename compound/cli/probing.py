"""`compound models`, and `compound models probe`: what there is, and what a model can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.options import BaseUrl

if TYPE_CHECKING:
    from rich.console import Console

    from compound.models.backend import Backend
    from compound.models.capabilities import Capabilities

app = typer.Typer(
    name="models",
    help="List the kinds of models, fetch the built-in one, or find out what one can do.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

Results = Annotated[Path, typer.Option(help="Folder of all results: what is probed is kept there.")]
_CAN = {True: "yes", False: "no", None: "unclear"}


@app.callback()
def models(
    ctx: typer.Context,
    pull: Annotated[bool, typer.Option("--pull", help="Download the weights of the built-in model.")] = False,
    model: Annotated[str | None, typer.Option("--model", "-m", help="Say what is known of this one.")] = None,
    base_url: BaseUrl = None,
    results: Results = Path("results"),
) -> None:
    """List the kinds of models and what was probed, or say what is known of one model."""
    if ctx.invoked_subcommand is not None:
        return
    from compound.models.backend import find_backend
    from compound.models.capabilities import FILE, find, read

    if model is None:
        _list_families(pull=pull)
        _list_probed(read(results / FILE), results / FILE)
    else:
        backend = find_backend(model, base_url)
        _show(_console(), backend, find(results / FILE, backend))


@app.command()
def probe(
    model: Annotated[str, typer.Argument(help="local/… or any LiteLLM id.")],
    base_url: BaseUrl = None,
    results: Results = Path("results"),
) -> None:
    """Find out what a model can do with a few tiny calls, and keep it: experiments in RESULTS go by it."""
    from rich.markup import escape

    from compound.models.backend import find_backend
    from compound.models.capabilities import FILE, keep, read
    from compound.models.probing import planned
    from compound.models.probing import probe as ask
    from compound.models.session import wait_for

    most = planned(model, base_url)
    read(results / FILE)  # what cannot be kept is not paid
    usd = "price unknown" if most.usd is None else f"${most.usd:.4f} by the list price" if most.usd else "free"
    console = _console()
    console.print(
        escape(f"{model}: at most {most.calls} completions, {most.tokens:,} tokens, {usd}"), soft_wrap=True
    )
    found = wait_for(ask(model, base_url))
    keep(results / FILE, found)
    _show(console, find_backend(model, base_url), found)
    console.print(f"\nIt took {_took(found)}; kept in {results / FILE}.", markup=False, soft_wrap=True)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _list_families(*, pull: bool) -> None:
    """The families of models; with `pull` the built-in weights are fetched first."""
    from rich.markup import escape
    from rich.table import Table

    from compound.models import weights
    from compound.models.backend import Families

    console = _console()
    if pull:
        console.print(f"{weights.NAME}: ready in {weights.find(weights.NAME).parent}", markup=False)
    grid = Table("model id", "what it is", box=None, header_style="bold", pad_edge=False)
    for family in (Families.hosted, Families.server, *Families.by_prefix.values()):
        grid.add_row(escape(family.example), escape(family.description))
    console.print(grid)
    console.print(f"\nBuilt in: {weights.NAME} ({weights.DESCRIPTION})", markup=False)


def _list_probed(kept: list[Capabilities], path: Path) -> None:
    """What each probed model can do, and how to ask for others."""
    from rich.markup import escape
    from rich.table import Table

    from compound.models.capabilities import by_answer

    console = _console()
    for found in kept:
        console.print(f"\n{escape(_title(found.model, found.endpoint))}, probed {found.probed}", soft_wrap=True)
        grid = Table(box=None, show_header=False, pad_edge=False)
        for can, names in by_answer(found.findings).items():
            if names:
                grid.add_row(f"  {_CAN[can]}", ", ".join(names))
        console.print(grid)
    if kept:
        console.print(f"\nProbes are kept in {path}.", markup=False, soft_wrap=True)
    console.print("\nOne model: compound models -m MODEL (what is known), compound models probe MODEL")


def _show(console: Console, backend: Backend, found: Capabilities | None) -> None:
    """A row for each ability: whether the model has it, and how that is known."""
    from rich.markup import escape
    from rich.table import Table

    from compound.models.capabilities import known
    from compound.models.probes import PROBES

    listed, findings = known(backend), found.findings if found else {}
    grid = Table("ability", "it can", "known by", "what was seen", box=None, header_style="bold", pad_edge=False)
    for name in [name for each in PROBES for name in each.names]:
        finding = findings.get(name)
        if found and finding and (finding.can is not None or name not in listed):
            grid.add_row(name, _CAN[finding.can], f"probe {found.probed}", escape(finding.said))
        elif name in listed:
            seen = f"probed, unclear: {finding.said}" if finding else ""
            grid.add_row(name, _CAN[listed[name]], "list", escape(seen))
        else:
            grid.add_row(name, "unknown", "", "")
    console.print(escape(_title(backend.model, backend.endpoint)), style="bold", soft_wrap=True)
    console.print(grid)
    if not found and backend.traits.tier in ("hosted model", "local model"):
        console.print("\nNobody asked it so far: compound models probe does, with a few tiny calls.")


def _title(model: str, endpoint: str) -> str:
    return f"{model} at {endpoint}" if endpoint.startswith("http") else model


def _took(found: Capabilities) -> str:
    usd = "price unknown" if found.usd is None else f"${found.usd:.4f}" if found.usd else "free"
    return f"{found.tokens:,.0f} tokens, {usd}"
