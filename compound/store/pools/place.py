"""Where pools lie, and how they are called."""

from __future__ import annotations

import os
import re
from pathlib import Path

from compound.core import nearest
from compound.store.pools.errors import SamplesError

PREFIX = "recorded/"
VARIABLE = "COMPOUND_POOLS"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


def folder(given: Path | str | None = None) -> Path:
    """The folder of pools: the one given, that of the variable COMPOUND_POOLS, or `results/pools`."""
    return Path(given or os.environ.get(VARIABLE) or "results/pools")


def names(given: Path | str | None = None) -> list[str]:
    """The pools there are; files that an import is still writing begin with a dot and are none."""
    where = folder(given)
    return sorted(path.stem for path in where.glob("*.db") if not path.name.startswith("."))


def checked_name(name: str) -> str:
    """A pool's name without its prefix.

    Raises:
        SamplesError: it cannot name a file.
    """
    name = name.removeprefix(PREFIX)
    if not _NAME.fullmatch(name):
        raise SamplesError(f"'{name}' names no pool: a name has letters, digits, '_', '-' and '.'")
    return name


def path_of(name: str, given: Path | str | None = None) -> Path:
    """The file of a pool.

    Raises:
        SamplesError: there is none of that name; the message lists what there is.
    """
    path = folder(given) / f"{checked_name(name)}.db"
    if path.is_file():
        return path
    known = names(given)
    raise SamplesError(
        f"no recorded pool '{checked_name(name)}' in {folder(given)} (another folder: {VARIABLE}=…): "
        + (nearest(checked_name(name), known) if known else "there is none yet: compound samples import --help")
    )
