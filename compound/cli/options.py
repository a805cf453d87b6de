"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Argument(help="An experiment, such as experiments/more_agents.yaml.")]
OtherModel = Annotated[str | None, typer.Option("--model", "-m", help="Another model than the config's.")]
Limit = Annotated[int | None, typer.Option(help="At most so many questions a task.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="Override, key.sub=value; may be repeated.")]
BaseUrl = Annotated[str | None, typer.Option(help="Address of an OpenAI-compatible server.")]
Results = Annotated[Path, typer.Option(help="Folder of all results.")]
Store = Annotated[Path | None, typer.Option(help="The sample store; default RESULTS/samples.db.")]


def overrides(sets: list[str] | None, base_url: str | None) -> list[str]:
    """What the command line overrides in a config."""
    return [*(sets or []), *([f"base_url={base_url}"] if base_url else [])]
