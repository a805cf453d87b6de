"""Tasks in a file of your own: JSONL, CSV or Parquet, with a mapping from our fields to its columns.

- name: mine
  file: data/mine.jsonl          {"problem": "What is 17 * 23?", "answer": "391"}
  kind: number
  fields: {text: problem, gold: answer}
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from compound.core import TaskError
from compound.tasks.mapping import Row, check_fields, deal, mapped
from compound.tasks.task import Task


def load_file(
    name: str,
    path: Path,
    kind: str,
    fields: Mapping[str, str],
    *,
    examples: int = 0,
    screen: int = 0,
    seed: int = 0,
) -> Task:
    """A task from a file.

    Args:
        name: what the task is called.
        path: a `.jsonl`, `.csv` or `.parquet` file.
        kind: the answer kind of all its questions.
        fields: column names for `text`, `gold`, and where they exist `choices`, `id`, `cluster`.
        examples: questions set aside as worked examples (split `train`).
        screen: questions set aside for choosing tasks (split `screen`).
        seed: of the order in which questions are dealt to the splits.

    Raises:
        TaskError: names the file, the line and the field.
    """
    check_fields(name, kind, fields)
    reader = _READERS.get(path.suffix)
    if reader is None:
        raise TaskError(f"{path}: not one of {', '.join(_READERS)}; convert it first")
    try:
        questions = mapped([(f"{path}, line {line}", row) for line, row in reader(path)], kind, fields)
    except FileNotFoundError:
        raise TaskError(f"{path}: no such file (task '{name}')") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TaskError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not questions:
        raise TaskError(f"{path}: no questions in it (task '{name}')")
    return deal(name, str(path), questions, examples=examples, screen=screen, seed=seed)


def _jsonl(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise TaskError(f"{path}, line {number}: not JSON: {error}") from None
            if not isinstance(row, dict):
                raise TaskError(f"{path}, line {number}: not a JSON object")
            yield number, row


def _csv(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            if None in row:
                raise TaskError(f"{path}, line {reader.line_num}: more values than the header has names")
            yield reader.line_num, row


def _parquet(path: Path) -> Iterator[tuple[int, Row]]:
    import pyarrow
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(path).to_pylist()
    except pyarrow.ArrowException as error:
        raise TaskError(f"{path}: not a Parquet file: {' '.join(str(error).split())}") from error
    yield from enumerate(rows, 1)


_READERS: dict[str, Callable[[Path], Iterator[tuple[int, Row]]]] = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".parquet": _parquet,
}
