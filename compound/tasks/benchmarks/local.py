"""Local copies of public files: JSONL, JSON, CSV (each also as .gz) and Parquet, one file or a folder of them.

Which split a file holds is read from its name: `gsm8k_train.jsonl.gz`, `test-00000-of-00001.parquet`,
`astronomy_val.csv`. A name that says nothing holds the questions to report on.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from compound.core import TaskError
from compound.tasks.benchmarks.benchmark import SOURCE, Row

_VALIDATION = ("validation", "val", "valid", "dev")
_SPLITS = ("train", "test", *_VALIDATION)


class Found(NamedTuple):
    """A row, and where it stands."""

    where: str
    row: Row


def readable(path: Path) -> list[Path]:
    """The data files at a path: the file itself, or those in a folder and below it, sorted.

    Raises:
        TaskError: there is no such path, or nothing in it that could be read.
    """
    if not path.exists():
        raise TaskError(f"{path}: no such file or folder")
    if path.is_file():
        if _format(path) not in _PARSERS:
            raise TaskError(f"{path}: not one of {', '.join(_PARSERS)} (JSON and CSV also as .gz)")
        return [path]
    files = sorted(file for file in path.rglob("*") if file.is_file() and _format(file) in _PARSERS)
    if not files:
        raise TaskError(f"{path}: no file in it that ends in {', '.join(_PARSERS)} (JSON and CSV also as .gz)")
    return files


def split_of(path: Path, splits: Iterable[str]) -> str | None:
    """Which of the splits a file holds, by its name; None where it says nothing.

    A split that is not asked for (the unlabelled test of csqa, say) is returned as it is.
    """
    said = [word for word in re.split(r"[^a-z0-9]+", _stem(path).lower()) if word in _SPLITS]
    if not said:
        return None
    word, wanted = said[-1], set(splits)
    if word in wanted or word not in _VALIDATION:
        return word
    return next((name for name in _VALIDATION if name in wanted), word)


def rows(path: Path, columns: tuple[str, ...] = ()) -> Iterator[Found]:
    """The rows of a file.

    Args:
        path: the file.
        columns: what the columns of a CSV file are called if it has no header.

    Raises:
        TaskError: names the file, and the line where one is to blame.
    """
    stem = _stem(path)
    try:
        for number, row in _PARSERS[_format(path)](path, columns):
            where = f"{path}, row {number}"
            if not isinstance(row, dict):
                raise TaskError(f"{where}: not a JSON object")
            yield Found(where, {SOURCE: stem, **row})
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise TaskError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error


def _format(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]


def _text(path: Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
    return data.decode("utf-8-sig")


def _loaded(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TaskError(f"{where}: not JSON: {error}") from None


def _jsonl(path: Path, _: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(io.StringIO(_text(path)), 1):
        if line.strip():
            yield number, _loaded(line, f"{path}, row {number}")


def _json(path: Path, _: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    """A list of rows, `{"examples": [rows]}` (BIG-bench), or rows by their id (PubMedQA)."""
    data = _loaded(_text(path), str(path))
    if isinstance(data, dict):
        data = data["examples"] if isinstance(data.get("examples"), list) else list(data.values())
    if not isinstance(data, list):
        raise TaskError(f"{path}: neither a list of rows nor an object that holds them")
    yield from enumerate(data, 1)


def _csv(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    lines = csv.reader(io.StringIO(_text(path), newline=""))
    header = list(columns)
    for number, values in enumerate((line for line in lines if line), 1):
        if number == 1 and (not columns or columns[0] in values):
            header = values
        elif len(values) != len(header):
            raise TaskError(f"{path}, row {number}: {len(values)} values in {len(header)} columns")
        else:
            yield number, dict(zip(header, values, strict=True))


def _parquet(path: Path, _: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    import pyarrow
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path).to_pylist()
    except pyarrow.ArrowException as error:
        raise TaskError(f"{path}: not a Parquet file: {' '.join(str(error).split())}") from error
    yield from enumerate(table, 1)


_PARSERS: dict[str, Callable[[Path, tuple[str, ...]], Iterator[tuple[int, Any]]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
}
