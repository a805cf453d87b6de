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
from typing import Any

from compound.answers import check_golds, kind_named
from compound.core import Question, TaskError
from compound.tasks.task import Task, distinct, shuffled

FIELDS = ("text", "gold", "choices", "id", "cluster")
Row = Mapping[str, Any]


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
    kind_named(kind)
    for unknown in fields.keys() - set(FIELDS):
        raise TaskError(f"task '{name}': unknown field '{unknown}'; there is: {', '.join(FIELDS)}")
    for needed in [field for field in ("text", "gold") if field not in fields]:
        raise TaskError(f"task '{name}': `fields` must say which column holds '{needed}'")
    reader = _READERS.get(path.suffix)
    if reader is None:
        raise TaskError(f"{path}: not one of {', '.join(_READERS)}; convert it first")
    try:
        rows = [(f"{path}, line {line}", row) for line, row in reader(path)]
        questions = {where: _question(row, kind, fields, where) for where, row in rows}
    except FileNotFoundError:
        raise TaskError(f"{path}: no such file (task '{name}')") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TaskError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not questions:
        raise TaskError(f"{path}: no questions in it (task '{name}')")
    _check(questions)
    # Sorted, since which of two equal questions stays must not depend on the order of the file.
    dealt = shuffled(distinct(sorted(questions.values(), key=lambda q: (q.id, q.cluster or ""))), seed)
    if examples + screen >= len(dealt):
        raise TaskError(
            f"task '{name}': {len(dealt)} questions cannot give {examples} worked examples, {screen} to screen on, "
            "and some to report on"
        )
    parts = {
        "train": dealt[:examples],
        "screen": dealt[examples : examples + screen],
        "test": dealt[examples + screen :],
    }
    return Task(name, {split: tuple(part) for split, part in parts.items()}, str(path))


def _question(row: Row, kind: str, fields: Mapping[str, str], where: str) -> Question:
    for ours, theirs in fields.items():
        if row.get(theirs) is None:
            has = ", ".join(map(str, row)) or "nothing"
            raise TaskError(f"{where}: no field '{theirs}' (mapped to {ours}); the line has: {has}")
    values = {ours: row[theirs] for ours, theirs in fields.items()}
    choices = _listed(values["choices"], where) if "choices" in values else []
    if kind == "choice" and not choices:
        raise TaskError(f"{where}: a question of kind 'choice' needs choices (fields: choices)")
    given = values["gold"] if isinstance(values["gold"], list) else [values["gold"]]
    if not given or any(gold is None or isinstance(gold, dict | list) for gold in given):
        raise TaskError(f"{where}: gold {values['gold']!r} is neither an answer nor a list of right answers")
    try:
        golds = tuple(_letter(gold, choices) if kind == "choice" else str(gold) for gold in given)
        question = Question(
            _text(values["text"]),
            kind,
            golds[0] if len(golds) == 1 else golds,
            tuple(map(str, choices)),
            cluster=str(values["cluster"]) if "cluster" in values else None,
            id=str(values.get("id", "")),
        )
        check_golds([question])
    except TaskError as error:
        raise TaskError(f"{where}: {error}") from None
    return question


def _check(questions: Mapping[str, Question]) -> None:
    """Refuse two questions of one id, and one question with two golds."""
    by_id: dict[str, tuple[str, Question]] = {}
    by_content: dict[tuple[str, tuple[str, ...]], tuple[str, Question]] = {}
    for where, question in questions.items():
        content = (question.text, question.choices)
        before, same = by_content.setdefault(content, (where, question))
        if same.gold != question.gold:
            raise TaskError(f"{where}: the question stands at {before} already, with another gold")
        before, same = by_id.setdefault(question.id, (where, question))
        if content != (same.text, same.choices):
            raise TaskError(f"{where}: id '{question.id}' is that of {before} already")


def _text(value: Any) -> str:
    text = str(value).strip()
    if not text:
        raise TaskError("the question is empty")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise TaskError(f"{text[:60]!r} has half a character (a lone surrogate)")
    return text


def _listed(value: Any, where: str) -> list[Any]:
    """Choices as a list; in a CSV they are a JSON list."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, list):
        raise TaskError(f"{where}: choices must be a list, in a CSV a JSON list")
    return value


def _letter(gold: Any, choices: list[Any]) -> str:
    """The letter of a gold that is given as the option itself, as its index from 0, or as a letter."""
    letters = Question("", choices=tuple(map(str, choices))).letters
    if (same := [type(gold) is type(choice) and gold == choice for choice in choices]).count(True) == 1:
        return letters[same.index(True)]
    if isinstance(gold, int) and not isinstance(gold, bool) and 0 <= gold < len(choices):
        return letters[gold]
    if (words := [str(choice) for choice in choices]).count(str(gold)) == 1:
        return letters[words.index(str(gold))]
    if len(str(gold)) == 1 and str(gold).upper() in letters:
        return str(gold).upper()
    raise TaskError(f"gold {gold!r} is none of the choices")


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
