"""A store as one small text file, to commit beside a run or to hand to somebody: dump it here, restore it there.

A gzip file of JSON lines. Each request once, then its samples without what has its default:

    {"model": "local/smollm2-135m", "endpoint": "b179…", "prompt": "Q: …", "parameters": {"temperature": 0.8, …}}
    {"lane": "0", "text": " 7", "tokens_in": 52, "tokens_out": 2, "batch": 32, …}

The vector of an embedding is in base64.

A restored store answers the same draws with the same samples, so a run on it buys nothing and needs no model.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any

from compound.core import Draw, Request, Sample, StoreError
from compound.store.samples import SampleStore, read_request
from compound.store.schema import read_confidence

_BLOCK = 2_000
_DEFAULTS = {f.name: f.default for f in fields(Sample) if f.name != "draw"}
_REQUEST = {"model", "endpoint", "prompt", "parameters"}


def dump(store: SampleStore, path: Path) -> int:
    """Write every sample of a store to a file and return how many there are. The same store, the same bytes.

    Raises:
        StoreError: the file cannot be written.
    """
    count = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
            for row in _rows(store):
                file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
                count += "prompt" not in row
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error}") from error
    return count


def _rows(store: SampleStore) -> Iterator[dict[str, Any]]:
    last: Request | None = None
    for draw, sample in store.everything():
        if draw.request != last:
            last = draw.request
            prompt, parameters = last.prompt.payload(), dict(last.parameters)
            yield {"model": last.model, "endpoint": last.endpoint, "prompt": prompt, "parameters": parameters}
        _, replicate, lane, k = draw.key
        row = {"lane": lane, **({"replicate": replicate} if replicate else {}), **({"k": k} if k else {})}
        kept = {name: getattr(sample, name) for name in _DEFAULTS}
        row |= {name: value for name, value in kept.items() if value != _DEFAULTS[name] or name == "text"}
        row |= {"confidence": asdict(sample.confidence)} if sample.confidence else {}
        yield row | ({"vector": b64encode(sample.vector).decode()} if sample.vector is not None else {})


def restore(path: Path, store: SampleStore) -> int:
    """Put the samples of a file into a store and return how many it holds. A draw that is there stays.

    Raises:
        StoreError: names the file and the line that cannot be read; the blocks before it are kept.
    """
    block: list[tuple[Draw, Sample]] = []
    count = line_number = 0
    request: Request | None = None
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line_number, line in enumerate(file, 1):  # noqa: B007 - named when a line cannot be read
                row = json.loads(line)
                if row.keys() >= _REQUEST:
                    request = read_request(**row)
                    continue
                assert request is not None
                block.append(_filed(request, row))
                count += 1
                if len(block) == _BLOCK:
                    store.write(block)
                    block = []
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        raise StoreError(
            f"{path}, line {line_number}: not a dump of samples: {type(error).__name__}: {error}"
        ) from error
    store.write(block)
    return count


def _filed(request: Request, row: dict[str, Any]) -> tuple[Draw, Sample]:
    lane = tuple(int(branch) for branch in row.pop("lane").split("."))
    draw = Draw(request, row.pop("replicate", 0), lane, row.pop("k", 0))
    assert _DEFAULTS["text"] is MISSING
    if (said := row.pop("confidence", None)) is not None:
        row["confidence"] = read_confidence(said)
    if (numbers := row.pop("vector", None)) is not None:
        row["vector"] = b64decode(numbers, validate=True)
    return draw, Sample(**row)
