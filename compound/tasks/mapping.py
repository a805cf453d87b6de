"""Rows of somebody's data set as questions: a mapping from our fields to its columns, and the dealing to splits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from compound.answers import check_golds, kind_named
from compound.core import Question, TaskError
from compound.tasks.task import Task, distinct, shuffled

FIELDS = ("text", "gold", "choices", "id", "cluster")
Row = Mapping[str, Any]


def check_fields(name: str, kind: str, fields: Mapping[str, str]) -> None:
    """Raises TaskError for an unknown kind, an unknown field of ours, and a mapping without `text` or `gold`."""
    kind_named(kind)
    if unknown := fields.keys() - set(FIELDS):
        raise TaskError(f"task '{name}': unknown field '{min(unknown)}'; there is: {', '.join(FIELDS)}")
    if missing := [field for field in ("text", "gold") if field not in fields]:
        raise TaskError(f"task '{name}': `fields` must say which column holds '{missing[0]}'")


def mapped(rows: Iterable[tuple[str, Row]], kind: str, fields: Mapping[str, str]) -> list[Question]:
    """The question of every row.

    Args:
        rows: where each row stands (`FILE, line 7`), and its columns.
        kind: the answer kind of all questions.
        fields: column names for ours.

    Raises:
        TaskError: names the row and the field.
    """
    questions = {where: _question(row, kind, fields, where) for where, row in rows}
    _check(questions)
    return list(questions.values())


def deal(name: str, origin: str, questions: Iterable[Question], *, examples: int, screen: int, seed: int) -> Task:
    """A task whose `train` and `screen` splits are set aside from its questions, and whose `test` is the rest.

    Raises:
        TaskError: there are too few questions.
    """
    # Sorted, since which of two equal questions stays must not depend on the order of the data.
    dealt = shuffled(distinct(sorted(questions, key=lambda q: (q.id, q.cluster or ""))), seed)
    if examples + screen >= len(dealt):
        raise TaskError(
            f"task '{name}': the {len(dealt)} questions of {origin} cannot give {examples} worked examples, "
            f"{screen} to screen on, and some to report on"
        )
    at = examples + screen
    parts = {"train": dealt[:examples], "screen": dealt[examples:at], "test": dealt[at:]}
    return Task(name, {split: tuple(part) for split, part in parts.items()}, origin)


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
