"""Writing a pool: streamed into a file beside its place, and renamed into it whole.

Whatever goes wrong before that leaves nothing. After a `kill -9` a hidden file remains, which no reader takes for a
pool; the next import into the folder takes it away.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from compound.store.pools.errors import SamplesError
from compound.store.pools.mixture import MOST, Origin
from compound.store.pools.records import Asked, Given

SCHEMA = 1
_CHUNK = 5_000  # samples
_CHARACTERS = 8 << 20  # of text in a chunk at most, or nearly
COLUMNS = ("text", "answer", "correct", "tokens_in", "tokens_out", "usd", "seconds", "logprob", "score", "extra")
_TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE origins (id INTEGER PRIMARY KEY, step TEXT NOT NULL, model TEXT, temperature REAL, prompt_style TEXT);
CREATE TABLE questions (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, kind TEXT NOT NULL, gold TEXT, golds TEXT,
    choices TEXT NOT NULL, cluster TEXT, metadata TEXT NOT NULL, place TEXT NOT NULL);
CREATE TABLE samples (
    question INTEGER NOT NULL REFERENCES questions, step TEXT NOT NULL, number INTEGER NOT NULL,
    origin INTEGER NOT NULL REFERENCES origins, {", ".join(COLUMNS)},
    PRIMARY KEY (question, step, number)) WITHOUT ROWID;
"""
_QUESTION = (
    "INSERT INTO questions (id, text, kind, gold, choices, cluster, metadata, place) VALUES (?,?,?,?,?,?,?,?)"
)
_SAMPLE = f"INSERT INTO samples VALUES ({','.join('?' * (4 + len(COLUMNS)))})"  # noqa: S608
_LEFT = re.compile(r"\..+\.(\d+)\.importing(?:-journal)?")


class PoolWriter:
    """A pool that is being written. A context manager: what is not finished by its end is taken away.

    Args:
        path: where the pool will lie.
        kind: the answer kind of its questions.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind = path, kind
        self.origins: dict[Origin, int] = {}
        self.unparsed = self.samples = 0
        self._ids: dict[Origin, int] = {}
        self._main = array("I", [0])  # samples of step `answer` by the row of the question
        self._other: dict[tuple[int, str], int] = {}
        self._waiting: list[tuple[Any, ...]] = []
        self._places: list[str] = []
        self._characters = 0
        self._beside = path.with_name(f".{path.stem}.{os.getpid()}.importing")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep(path.parent)
            self._beside.unlink(missing_ok=True)
            self.db = sqlite3.connect(self._beside, isolation_level=None)
            # Nothing of it counts before the rename, so nothing has to be journalled.
            self.db.executescript(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000;"
            )
            self.db.executescript(_TABLES + "BEGIN;")
        except (OSError, sqlite3.Error) as error:
            raise SamplesError(f"{path}: cannot be written: {error}") from None

    def find(self, question_id: str) -> tuple[int, str, str | None, str, str] | None:
        """(row, text, gold, choices, place) of a question that is there already."""
        query = "SELECT row, text, gold, choices, place FROM questions WHERE id = ?"
        found: tuple[int, str, str | None, str, str] | None = self.db.execute(query, (question_id,)).fetchone()
        return found

    def ask(self, asked: Asked, place: str) -> int:
        """Add a question; its row."""
        values = (
            asked.id, asked.text, self.kind, as_json(asked.golds), as_json(asked.choices), asked.cluster,
            asked.metadata, place,
        )  # fmt: skip
        try:
            row = self.db.execute(_QUESTION, values).lastrowid
        except UnicodeEncodeError:
            raise SamplesError(f"{place}: question: has half a character (a lone surrogate)") from None
        except sqlite3.Error as error:
            raise SamplesError(f"{self.path}: cannot be written: {error}") from None
        assert row is not None
        self._main.append(0)
        return row

    def add(self, row: int, given: Given, place: str) -> None:
        """Add a sample to a question; its number is how many of its step came before."""
        step = given.step
        if step == "answer":
            number = self._main[row]
            self._main[row] += 1
        else:
            number = self._other.get((row, step), 0)
            self._other[row, step] = number + 1
        origin = Origin(step, given.model, given.temperature, given.prompt_style)
        if origin not in self._ids:
            self._originate(origin, place)
        self.origins[origin] += 1
        self.samples += 1
        self.unparsed += given.answered and not (given.answer and given.answer.strip())
        self._waiting.append(
            (
                row,
                step,
                number,
                self._ids[origin],
                given.text,
                given.answer,
                given.correct,
                given.tokens_in,
                given.tokens_out,
                given.usd,
                given.seconds,
                given.logprob,
                given.score,
                given.extra,
            )
        )
        self._places.append(place)
        self._characters += len(given.text)
        if len(self._waiting) >= _CHUNK or self._characters > _CHARACTERS:
            self.flush()

    def _originate(self, origin: Origin, place: str) -> None:
        if len(self._ids) >= MOST:
            raise SamplesError(
                f"{place}: more than {MOST:,} different models, temperatures or prompt styles: does --map name "
                "the right fields?"
            )
        self._ids[origin] = len(self._ids) + 1
        self.origins[origin] = 0
        self.db.execute("INSERT INTO origins VALUES (?,?,?,?,?)", (self._ids[origin], *origin))

    def flush(self) -> None:
        """Hand over what waits."""
        try:
            self.db.executemany(_SAMPLE, self._waiting)
        except UnicodeEncodeError:
            raise SamplesError(self._half_a_character()) from None
        except (sqlite3.Error, OverflowError) as error:
            raise SamplesError(f"{self.path}: cannot be written: {error}") from None
        self._waiting, self._places, self._characters = [], [], 0

    def _half_a_character(self) -> str:
        for values, place in zip(self._waiting, self._places, strict=True):
            for name, value in zip(COLUMNS, values[4:], strict=True):
                if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
                    return f"{place}: {name}: has half a character (a lone surrogate)"
        return f"{self._places[0]}: has half a character (a lone surrogate)"

    def finish(self, meta: Mapping[str, Any]) -> None:
        """Write what is known of the pool, and put it in its place."""
        self.db.executemany("INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in meta.items()])
        try:
            self.db.execute(f"PRAGMA user_version = {SCHEMA}")
            self.db.execute("COMMIT")
            self.db.close()
            with self._beside.open("rb") as file:
                os.fsync(file.fileno())
            self._beside.replace(self.path)
        except (OSError, sqlite3.Error) as error:
            raise SamplesError(f"{self.path}: cannot be written: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.db.close()
        self._beside.unlink(missing_ok=True)


def as_json(values: Iterable[str] | None) -> str | None:
    """A list of texts as it is stored."""
    return None if values is None else json.dumps(list(values), ensure_ascii=False)


def _sweep(folder: Path) -> None:
    """Take away what imports left that were killed."""
    for path in folder.glob(".*.importing*"):
        if (match := _LEFT.fullmatch(path.name)) and not _alive(int(match[1])):
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
