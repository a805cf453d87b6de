"""A sample store as questions with samples: what was asked is the question, and nobody has said what is right."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compound.store.pools.errors import SamplesError

_REQUESTS = (
    "SELECT requests.id, hex(key), model, body, parameters FROM requests JOIN prompts ON prompts.id = prompt "
    "ORDER BY requests.id"
)
_DRAWN = (
    "SELECT text, tokens_in, tokens_out, usd, seconds, logprob, finish, replicate, lane, k, estimated, batch "
    "FROM samples WHERE request = ?"
)


def open_store(path: Path) -> sqlite3.Connection:
    """A sample store, opened for reading.

    Raises:
        SamplesError: it is something else.
    """
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'requests'").fetchone():
            raise SamplesError(f"{path} is not a sample store")
    except sqlite3.Error as error:
        raise SamplesError(f"{path} is not a sample store: {error}") from None
    return db


def stored_questions(path: Path) -> Iterator[dict[str, Any]]:
    """Every request with its samples in the order of their draws."""
    db = open_store(path)
    try:
        for row, key, model, body, parameters in db.execute(_REQUESTS):
            known = dict(json.loads(parameters))
            drawn = [dict(zip(_NAMES, values, strict=True)) for values in db.execute(_DRAWN, (row,))]
            if not drawn:
                continue
            drawn.sort(key=lambda one: (one["replicate"], [int(step) for step in one["lane"].split(".")], one["k"]))
            line = {"question_id": key.lower(), "question": _prompt(json.loads(body)), "gold": None, "model": model}
            if isinstance(heat := known.get("temperature"), int | float):
                line["temperature"] = heat
            yield {**line, "parameters": known, "samples": [_sample(one) for one in drawn]}
    except sqlite3.Error as error:
        raise SamplesError(f"{path}: cannot be read: {error}") from None
    finally:
        db.close()


_NAMES = (
    "text", "tokens_in", "tokens_out", "usd", "seconds", "logprob", "finish", "replicate", "lane", "k", "estimated",
    "batch",
)  # fmt: skip


def _sample(values: dict[str, Any]) -> dict[str, Any]:
    if values.pop("estimated"):  # what the provider did not tell is unknown, not what was reserved for it
        values |= {"tokens_in": None, "tokens_out": None, "usd": None}
    return {name: value for name, value in values.items() if value is not None}


def _prompt(body: Any) -> str:
    if isinstance(body, str):
        return body
    return "\n\n".join(
        f"{turn['content']}" if len(body) == 1 else f"{turn['role']}: {turn['content']}" for turn in body
    )
