"""Writing results: every file whole, and an error that says what is safe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compound.core import StoreError
from compound.store.whole import whole


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Where to write a file of the results: beside its place, into which it is renamed when it is whole.

    Raises:
        StoreError: the folder cannot be written to, or the disk is full.
    """
    try:
        with whole(path) as beside:
            yield beside
    except OSError as error:
        said = error.strerror or error
        raise StoreError(f"cannot write {path}: {said}; every completed call is in the store") from error


def write_text(path: Path, text: str) -> None:
    """Write a text file whole. Raises as `writing` does."""
    with writing(path) as beside:
        beside.write_text(text, encoding="utf-8")
