"""What strategies learn and no expression can hold: files named by the hash of what is in them.

An expression names its file (`state="1f3a…"`), so it means the same wherever the file is. The files lie in the
folder that the variable COMPOUND_FITTED names, or in `results/fitted`; they hold questions and replies of the
split that was learnt from. Fitting again writes the same file, and with the sample store it buys nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from compound.core import ConfigError
from compound.store.whole import whole

VARIABLE = "COMPOUND_FITTED"
_NAME = re.compile("[0-9a-f]{16}")


def folder() -> Path:
    """Where the files are."""
    return Path(os.environ.get(VARIABLE) or "results/fitted")


def keep(data: Any) -> str:
    """Write what was learnt (anything that JSON can hold) and return its name.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    text = json.dumps(data, ensure_ascii=True, sort_keys=True, allow_nan=False)
    name = _hash(text)
    path = folder() / f"{name}.json"
    try:
        with whole(path) as unfinished:
            unfinished.write_text(text, encoding="ascii")
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}; another folder: {VARIABLE}=…") from error
    return name


def kept(name: str) -> Any:
    """What was learnt under that name; read once.

    Raises:
        ConfigError: there is no such file, or another's content is in it.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"state '{name}' names no file: it is 16 hexadecimal digits, which fitting gives")
    return _read(folder() / f"{name}.json")


@lru_cache(maxsize=32)
def _read(path: Path) -> Any:
    fit = "fit again (with the sample store that buys nothing), or copy the file there"
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"what was fitted is not in {path}: {fit}; another folder: {VARIABLE}=…") from error
    if _hash(text) != path.stem:
        raise ConfigError(f"{path} is not what was fitted, by its hash: {fit}")
    return json.loads(text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]
