"""One run of an experiment at a time: two would buy the same draws twice."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from compound.core import Notice, Observer, StoreError

_NAME = ".lock"
_UNFINISHED = re.compile(r"\..+\.\d+")  # what is written beside its place has the number of its process
_UNKNOWN = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL)


@contextlib.contextmanager
def alone(folder: Path, observer: Observer) -> Iterator[None]:
    """Keep a folder of results for this run, and clear away files that a killed one left half written.

    The kernel gives the folder back when the process ends, however it ends. Where the system or the file system
    has no such locks, the observer is told, and two runs at once only waste money: whoever ends last writes the
    files, each of them whole, and the store keeps one sample a draw.

    Args:
        folder: `results/<name>`; it is made, and goes again if nothing came to lie in it.
        observer: told where no lock can be had.

    Raises:
        StoreError: another run holds the folder (names its process), or the folder cannot be written to.
    """
    path = folder / _NAME
    try:
        lock = _taken(path, observer)
        for left in folder.rglob(".*"):
            if _UNFINISHED.fullmatch(left.name):
                left.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot write to {folder}: {error.strerror}; make it writable, or give another with --results"
        ) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # a folder that is not empty; a disk that others have complained of
            path.unlink(missing_ok=True)
            folder.rmdir()
        os.close(lock)


def _taken(path: Path, observer: Observer) -> int:
    """The open lock file, with the number of this process in it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # the folder went just now
            continue
        try:
            _lock(file, path, observer)
            if _is(path, file):
                os.ftruncate(file, 0)
                os.write(file, f"{os.getpid()}\n".encode())
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # whoever had it took it away just now


def _lock(file: int, path: Path, observer: Observer) -> None:
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        number = os.read(file, 32).decode("ascii", "replace").strip() or "unknown"
        raise StoreError(
            f"another run of this experiment is going on in {path.parent} (process {number}): wait for it, or give "
            "another folder with --results"
        ) from None
    except (ImportError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _UNKNOWN:
            raise
        observer.notify(Notice(f"{path.parent} cannot be locked here: do not run this experiment twice at once"))


def _is(path: Path, file: int) -> bool:
    """Whether the open file is still the one that has this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
