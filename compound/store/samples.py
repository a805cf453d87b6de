"""The sample store on SQLite.

A block of samples is committed whole, in one transaction, before anyone sees it. In WAL mode a process that
is killed at any moment loses nothing that was committed. Prompts and requests are stored once, by hash.

Covered: `kill -9`; a full disk (what is in flight still fits: see `Reserve`); two processes on one store
(the first sample of a draw stays); another program that holds it (it is waited for). Not covered: a machine that
loses power may lose the last commits.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from compound.core import Chat, Draw, Message, Request, Sample, StoreError, Text
from compound.store import schema, trouble
from compound.store.schema import INSERT, OF_REQUEST, SELECT, clean, sample_of, storable, values_of
from compound.store.trouble import named

T = TypeVar("T")


class SampleStore:
    """Every sample ever drawn. Use it from one thread; `None` as path keeps it in memory.

    Args:
        path: the database file; its folder is made.

    Raises:
        StoreError: the file cannot be opened or is something else.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path) if path is not None else None
        self.full = self._held = False
        self._unfiled: list[tuple[Draw, Sample]] = []
        self._ids: dict[bytes, int] = {}
        self._reserve: trouble.Reserve | None = None
        with named(self.path):
            if self.path:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            # isolation_level None: transactions are begun and ended by us, and nowhere else.
            self._db = sqlite3.connect(
                self.path or ":memory:", timeout=trouble.PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                trouble.use_wal(self._db)
                self._db.execute("PRAGMA synchronous = NORMAL")
                self._prepare()
                self._reserve = trouble.Reserve(self.path.parent) if self.path else None
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        with self._transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                if self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
                    raise StoreError(f"{self.path} is a database of something else: give another with --store")
                schema.create(self._db)
            elif 0 < version < schema.SCHEMA:
                schema.migrate(self._db, version)
            elif version != schema.SCHEMA:
                raise StoreError(
                    f"{self.path} was written by another version of compound (schema {version}, here "
                    f"{schema.SCHEMA}): give another store with --store"
                )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._ids.clear()  # it may hold rows that are gone now
            raise

    def _commit(self, write: Callable[[], T]) -> T:
        """Run `write` in a transaction; on a full disk once more in the reserve, then refuse further work.

        Another program is waited for once: what else is in flight shall not wait as long again, one after another.
        """
        with named(self.path):
            try:
                with self._transaction():
                    return write()
            except sqlite3.OperationalError as error:
                if trouble.is_held(error):
                    self._held = True
                    self._wait(0)
                if not trouble.is_full(error) or not self._reserve:
                    raise
                self.full = True
                self._reserve.release()
                with self._transaction():
                    return write()

    def _wait(self, seconds: float) -> None:
        """How long other programs are waited for from now on."""
        self._db.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    def check(self) -> None:
        """Refuse to go on once the disk has been full, or another program has held the store for too long.

        Raises:
            StoreError: what is in flight may still be filed, and nothing more should be bought.
        """
        if self.full:
            kept = "" if self._unfiled else " every completed call was kept:"
            raise StoreError(f"{self.path}: the disk is full;{kept} make room and run again")
        if self._held:
            raise StoreError(f"{self.path}: another program holds the store: close it and run again")

    def _request(self, request: Request) -> int:
        """The row of a request, made where it is new. Inside a transaction."""
        if (known := self._find(request)) is not None:
            return known
        body = clean(json.dumps(request.prompt.payload(), ensure_ascii=False))
        self._db.execute("INSERT OR IGNORE INTO prompts (body) VALUES (?)", (body,))
        (prompt,) = self._db.execute("SELECT id FROM prompts WHERE body = ?", (body,)).fetchone()
        row = self._db.execute(
            "INSERT INTO requests (key, model, endpoint, prompt, parameters) VALUES (?, ?, ?, ?, ?)",
            (request.key, request.model, request.endpoint, prompt, json.dumps(dict(request.parameters))),
        ).lastrowid
        assert row is not None
        return row

    def _find(self, request: Request) -> int | None:
        if request.key not in self._ids:
            row = self._db.execute("SELECT id FROM requests WHERE key = ?", (request.key,)).fetchone()
            if row is None:
                return None
            self._ids[request.key] = row[0]
        return self._ids[request.key]

    def read(self, draws: Iterable[Draw]) -> dict[Draw, Sample]:
        """The stored samples of these draws; what is missing is left out."""
        wanted: dict[tuple[Request, int], dict[tuple[str, int], Draw]] = {}
        for draw in draws:
            group = wanted.setdefault((draw.request, draw.replicate), {})
            group[draw.key[2:]] = draw
        found: dict[Draw, Sample] = {}
        with named(self.path):
            for (request, replicate), group in wanted.items():
                row_id = self._find(request)
                if row_id is None:
                    continue
                if len(group) == 1:
                    ((lane, k),) = group
                    rows = self._db.execute(SELECT + " AND lane = ? AND k = ?", (row_id, replicate, lane, k))
                else:
                    rows = self._db.execute(SELECT, (row_id, replicate))
                for lane, k, *values in rows:
                    if (draw_ := group.get((lane, k))) is not None:
                        found[draw_] = sample_of(values, draw_)
        return found

    def write(self, samples: Sequence[tuple[Draw, Sample]]) -> list[Sample]:
        """File a block of samples under their draws, whole or not at all, and return what is filed there.

        A draw that another process filed first stays: its sample is returned instead. Lone surrogates, which
        no database can hold, are replaced.

        Raises:
            StoreError: the disk is full and the reserve too, or another program holds the store. `close` tries
                once more.
        """
        samples = [(draw, storable(sample)) for draw, sample in samples]
        try:
            new = self._commit(lambda: self._insert(samples))
        except StoreError:
            self._unfiled += samples
            raise
        if new == len(samples):
            return [sample.filed(draw) for draw, sample in samples]
        filed = self.read(draw for draw, _ in samples)
        return [filed[draw] for draw, _ in samples]

    def _insert(self, samples: Sequence[tuple[Draw, Sample]]) -> int:
        """File what is new, and return how many that are. Inside a transaction."""
        rows = ((self._request(draw.request), *draw.key[1:], *values_of(sample)) for draw, sample in samples)
        return self._db.executemany(INSERT, rows).rowcount

    def fail(self, draws: Sequence[Draw], reason: str, at: float) -> None:
        """Record why these draws are still owed."""
        self._commit(
            lambda: self._db.executemany(
                "INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?)",
                [(self._request(draw.request), *draw.key[1:], clean(reason), at) for draw in draws],
            )
        )

    def count(self) -> int:
        """Samples in the store."""
        with named(self.path):
            return int(self._db.execute("SELECT COUNT(*) FROM samples").fetchone()[0])

    def began(self) -> float | None:
        """When its first sample was bought, seconds since the epoch; None if it is empty: no two share it."""
        first = "SELECT bought_at FROM samples ORDER BY request, replicate, lane, k LIMIT 1"
        with named(self.path):
            row = self._db.execute(first).fetchone()
        return None if row is None else float(row[0] or 0.0)

    def everything(self) -> Iterator[tuple[Draw, Sample]]:
        """Every sample under its draw, in an order that does not depend on when it was bought."""
        requests = (
            "SELECT requests.id, model, endpoint, body, parameters FROM requests "
            "JOIN prompts ON prompts.id = prompt ORDER BY key"
        )
        with named(self.path):
            for row, model, endpoint, body, parameters in self._db.execute(requests):
                request = read_request(model, endpoint, json.loads(body), json.loads(parameters))
                found = []
                for replicate, lane, k, *values in self._db.execute(OF_REQUEST, (row,)):
                    draw = Draw(request, replicate, tuple(int(branch) for branch in lane.split(".")), k)
                    found.append((draw, sample_of(values, draw)))
                yield from sorted(found, key=lambda pair: (pair[0].replicate, pair[0].lane, pair[0].k))

    def failures(self) -> list[tuple[str, str]]:
        """(model, reason) of every recorded failure, oldest first."""
        query = "SELECT model, reason FROM failures JOIN requests ON requests.id = request ORDER BY failures.rowid"
        with named(self.path):
            return list(self._db.execute(query))

    def close(self) -> None:
        """Close the database and give the reserve back; what could not be filed is tried once more.

        Raises:
            StoreError: it still cannot; says how many samples that were paid for are lost.
        """
        rest, self._unfiled = self._unfiled, []
        try:
            if rest:
                self._wait(trouble.PATIENCE)
                self._commit(lambda: self._insert(rest))
        except StoreError as error:
            raise StoreError(f"{error} ({len(rest)} samples that were bought could not be filed)") from error
        finally:
            self._db.close()
            if self._reserve:
                self._reserve.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_request(model: str, endpoint: str, prompt: Any, parameters: dict[str, Any]) -> Request:
    """A request from its parts as they are written: a text prompt is a string, a chat a list of turns."""
    asked = Text(prompt) if isinstance(prompt, str) else Chat(tuple(Message(**turn) for turn in prompt))
    return Request(model, endpoint, asked, tuple(sorted(parameters.items())))
