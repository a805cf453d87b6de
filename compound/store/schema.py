"""The tables of a sample store, their migration, and a sample as a row of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from compound.core import Confidence, Draw, Sample

SCHEMA = 3
_COLUMNS = tuple(f.name for f in fields(Sample) if f.name != "draw")
_NAMES = ", ".join(_COLUMNS)
_DRAW = (
    "request INTEGER NOT NULL REFERENCES requests, replicate INTEGER NOT NULL, "
    "lane TEXT NOT NULL, k INTEGER NOT NULL"
)
_TABLES = f"""
CREATE TABLE prompts (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
CREATE TABLE requests (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, model TEXT NOT NULL, endpoint TEXT NOT NULL,
    prompt INTEGER NOT NULL REFERENCES prompts, parameters TEXT NOT NULL);
CREATE TABLE samples ({_DRAW}, {_NAMES}, PRIMARY KEY (request, replicate, lane, k)) WITHOUT ROWID;
CREATE TABLE failures ({_DRAW}, reason TEXT NOT NULL, at REAL NOT NULL);
"""
# What each schema has more than the one before it.
_SINCE = {
    2: ("ALTER TABLE samples ADD COLUMN confidence", "ALTER TABLE samples ADD COLUMN score"),
    3: ("ALTER TABLE samples ADD COLUMN vector",),
}
INSERT = (
    f"INSERT OR IGNORE INTO samples (request, replicate, lane, k, {_NAMES}) "  # noqa: S608
    f"VALUES ({', '.join('?' * (4 + len(_COLUMNS)))})"
)
OF_REQUEST = f"SELECT replicate, lane, k, {_NAMES} FROM samples WHERE request = ?"  # noqa: S608
SELECT = f"SELECT lane, k, {_NAMES} FROM samples WHERE request = ? AND replicate = ?"  # noqa: S608


def create(db: sqlite3.Connection) -> None:
    """Make the tables in an empty database. Inside a transaction."""
    for statement in _TABLES.split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA}")


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring the tables of an earlier schema up to this one; no row is written anew. Inside a transaction."""
    for later in range(version + 1, SCHEMA + 1):
        for statement in _SINCE[later]:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA}")


def clean(text: str) -> str:
    """The text without lone surrogates, which no database can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def storable(sample: Sample) -> Sample:
    """The sample as it will be read again: without lone surrogates."""
    confidence = sample.confidence
    return replace(
        sample,
        text=clean(sample.text),
        reasoning=clean(sample.reasoning),
        fingerprint=clean(sample.fingerprint),
        confidence=confidence and read_confidence(json.loads(_confidence_text(confidence))),
    )


def values_of(sample: Sample) -> list[Any]:
    """The columns of a sample."""
    values = {name: getattr(sample, name) for name in _COLUMNS}
    if sample.confidence is not None:
        values["confidence"] = _confidence_text(sample.confidence)
    return list(values.values())


def sample_of(values: Sequence[Any], draw: Draw) -> Sample:
    """A sample from its columns."""
    known = dict(zip(_COLUMNS, values, strict=True))
    known["estimated"] = bool(known["estimated"])
    if known["confidence"] is not None:
        known["confidence"] = read_confidence(json.loads(known["confidence"]))
    return Sample(**known, draw=draw)


def _confidence_text(confidence: Confidence) -> str:
    return clean(json.dumps(asdict(confidence), ensure_ascii=False, separators=(",", ":")))


def read_confidence(parts: Mapping[str, Any]) -> Confidence:
    """A confidence from its parts as they are written: the alternatives are lists there.

    Raises:
        KeyError, TypeError, ValueError: these are no such parts.
    """
    alternatives = tuple(tuple((str(token), float(p)) for token, p in place) for place in parts["alternatives"])
    return Confidence(**{**parts, "alternatives": alternatives})
