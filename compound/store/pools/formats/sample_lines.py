"""A sample a line (JSONL) or row (Parquet, a data set), with a mapping from our fields to the file's.

{"problem": "What is 17 * 23?", "target": "391", "completion": "17 * 23 is …", "temperature": 0.7}
--map question=problem --map gold=target --map text=completion
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compound.store.pools.errors import SamplesError
from compound.store.pools.records import QUESTION, Row
from compound.store.pools.source import Source


def fits(row: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """See `Format.fits`."""
    return fields.get("question", "question") in row and (
        fields.get("text", "text") in row or fields.get("answer", "answer") in row
    )


def read(source: Source) -> Iterator[Row]:
    """See `Format.read`. Lines of one question need not stand together."""
    theirs = {source.fields[ours]: ours for ours in source.fields}
    for where, line in source.rows():
        for wanted, ours in theirs.items():
            if wanted not in line:
                has = ", ".join(map(str, line)) or "nothing"
                raise SamplesError(f"{where}: no field '{wanted}' (mapped to {ours}); the line has: {has}")
        question, sample = {}, {}
        for name, value in line.items():
            # A field of theirs that is called like another of ours does not stand for it.
            ours = theirs.get(name) or (name if name not in source.fields else f"their_{name}")
            if ours in QUESTION:
                question[ours] = value
            elif value is not None or ours == "answer":
                sample[ours] = value
        yield Row(where, question, [sample])
