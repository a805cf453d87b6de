"""What a store does about a full disk and about another program that holds it."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from compound.core import StoreError

PATIENCE = 60.0  # seconds that another program may hold the store before a run stops
# A quota, or a limit on the size of a file, is an error of writing to SQLite.
_NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})


class Reserve:
    """Space that is given up when the disk is full, so that what is in flight can still be committed.

    A file without a name: each process has its own, and it goes with the process however that ends.
    """

    SIZE = 8 << 20

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - held until it is needed
        try:
            self._file.write(os.urandom(self.SIZE))  # zeros take no room where the file system compresses
            self._file.flush()
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Give the space up."""
        # Closing flushes, which fails on a disk that was full from the start.
        with contextlib.suppress(OSError):
            self._file.close()


def is_full(error: Exception) -> bool:
    """Whether there was no room to write."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) in _NO_ROOM
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_held(error: Exception) -> bool:
    """Whether another program holds the store."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY  # whatever it is busy with


def use_wal(db: sqlite3.Connection) -> None:
    """Switch a database to write-ahead logging; two processes that make one file at once take turns.

    SQLite refuses the switch of the second at once, whatever it was told about waiting.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_held(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


@contextlib.contextmanager
def named(path: Path | None) -> Iterator[None]:
    """Turn an SQLite or file-system error into one that names the store and the way out."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        where = path or "the store in memory"
        if is_full(error):
            raise StoreError(f"{where}: the disk is full (or a quota is): make room and run again") from error
        if is_held(error):
            raise StoreError(
                f"{where}: another program has held the store for {PATIENCE:g} s (a database browser, a backup?): "
                "close it and run again, or give another with --store"
            ) from error
        if "not a database" in str(error) or "malformed" in str(error):
            raise StoreError(
                f"{where} is not a sample store (or is damaged): move it away or give another with --store"
            ) from error
        raise StoreError(f"cannot use the sample store {where}: {error}; give another with --store") from error
