"""A store of an earlier version is brought up to date in place: nothing that was paid for is lost."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from compound.core import Confidence, Draw, Request, Sample, StoreError, Text
from compound.store import SampleStore

# The tables of schema 1, word for word.
_SCHEMA_1 = """
CREATE TABLE prompts (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
CREATE TABLE requests (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, model TEXT NOT NULL, endpoint TEXT NOT NULL,
    prompt INTEGER NOT NULL REFERENCES prompts, parameters TEXT NOT NULL);
CREATE TABLE samples (
    request INTEGER NOT NULL REFERENCES requests, replicate INTEGER NOT NULL, lane TEXT NOT NULL,
    k INTEGER NOT NULL, text, reasoning, tokens_in, tokens_out, tokens_reasoning, usd, seconds, finish, logprob,
    batch, call, fingerprint, bought_at, estimated, PRIMARY KEY (request, replicate, lane, k)) WITHOUT ROWID;
CREATE TABLE failures (request INTEGER NOT NULL REFERENCES requests, replicate INTEGER NOT NULL,
    lane TEXT NOT NULL, k INTEGER NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL);
PRAGMA user_version = 1;
"""
REQUEST = Request("m", "http://x", Text("What?"), (("max_tokens", 8),))


def draw(i: int) -> Draw:
    return Draw(REQUEST, 0, (i,), 0)


def sample(i: int) -> Sample:
    return Sample(f"text {i}", "thought", 10, i, 1, 0.5, 1.25, "length", -3.5, batch=4, call="c", bought_at=2.0)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store as schema 1 left it."""
    path = tmp_path / "s.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(_SCHEMA_1)
        db.execute("INSERT INTO prompts VALUES (1, '\"What?\"')")
        parameters = json.dumps(dict(REQUEST.parameters))
        db.execute("INSERT INTO requests VALUES (1, ?, 'm', 'http://x', 1, ?)", (REQUEST.key, parameters))
        db.executemany(
            "INSERT INTO samples VALUES (1, 0, ?, 0, ?, 'thought', 10, ?, 1, 0.5, 1.25, 'length', -3.5, 4, 'c', "
            "'', 2.0, 0)",
            [(str(i), f"text {i}", i) for i in range(50)],
        )
        db.execute("INSERT INTO failures VALUES (1, 0, '99', 0, 'timeout', 1.0)")
    db.close()
    return path


def version(path: Path) -> int:
    db = sqlite3.connect(path)
    try:
        return int(db.execute("PRAGMA user_version").fetchone()[0])
    finally:
        db.close()


def test_every_sample_of_an_old_store_is_there_and_new_ones_fit(old: Path) -> None:
    new = Sample(
        "new", logprob=-1.0, confidence=Confidence(1, ((("new", -1.0),),), 1.0, 1.0, 1.0, 1.0, 1), score=0.5
    )
    with SampleStore(old) as store:
        assert store.read(map(draw, range(50))) == {draw(i): sample(i) for i in range(50)}
        assert store.failures() == [("m", "timeout")]
        store.write([(draw(50), new)])
        store.write([(draw(51), Sample("", vector=b"\x00\x00\x80?"))])
    assert version(old) == 3
    with SampleStore(old) as store:
        assert store.count() == 52
        assert [s for _, s in store.everything()][:51] == [*map(sample, range(50)), new]
        assert store.read([draw(51)])[draw(51)].vector == b"\x00\x00\x80?"


def test_a_store_without_vectors_gets_room_for_them(old: Path) -> None:
    """Schema 2 had all but the vectors."""
    scored = Sample("scored", confidence=Confidence(1), score=0.5)
    with sqlite3.connect(old) as db:
        db.execute("ALTER TABLE samples ADD COLUMN confidence")
        db.execute("ALTER TABLE samples ADD COLUMN score")
        db.execute("UPDATE samples SET score = 0.25")
        db.execute("PRAGMA user_version = 2")
    db.close()
    with SampleStore(old) as store:
        assert store.read(map(draw, range(50))) == {draw(i): replace(sample(i), score=0.25) for i in range(50)}
        store.write([(draw(50), scored), (draw(51), Sample("", vector=b"1234"))])
        assert store.read([draw(50), draw(51)]) == {draw(50): scored, draw(51): Sample("", vector=b"1234")}
    assert version(old) == 3


def test_two_stores_can_open_an_old_one_at_once(old: Path) -> None:
    with SampleStore(old) as one, SampleStore(old) as other:
        one.write([(draw(50), Sample("one"))])
        assert other.read([draw(50), draw(0)]) == {draw(50): Sample("one"), draw(0): sample(0)}


def test_what_has_the_number_of_an_old_store_and_is_none_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with sqlite3.connect(path) as db:
        db.executescript("CREATE TABLE something (x); PRAGMA user_version = 1;")
    db.close()
    with pytest.raises(StoreError, match=r"s\.db.*--store"):
        SampleStore(path)
    assert version(path) == 1
