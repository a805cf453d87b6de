"""Reading a pool."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, Self

from compound.core import Question
from compound.store.pools.errors import SamplesError
from compound.store.pools.place import path_of
from compound.store.pools.writer import SCHEMA


class Kept(NamedTuple):
    """A sample as it is kept; None is unknown, of `answer` an abstention (where the pool has answers)."""

    number: int
    text: str
    answer: str | None
    correct: bool | None
    tokens_in: int | None
    tokens_out: int | None
    usd: float | None
    seconds: float | None
    logprob: float | None
    score: float | None
    step: str
    model: str | None
    temperature: float | None
    prompt_style: str | None
    extra: str | None


_KEPT = (
    "SELECT number, text, answer, correct, tokens_in, tokens_out, usd, seconds, logprob, score, samples.step, "
    "origins.model, temperature, prompt_style, extra FROM samples JOIN origins ON origins.id = origin "
    "WHERE question = ?"
)
_ASKED = "SELECT row, id, text, kind, golds, choices, cluster, metadata FROM questions"


@dataclass(frozen=True)
class Facts:
    """What is known of a pool without looking at its samples.

    Attributes:
        name: what it is called.
        source: the file or data set it was imported from; `format` how that was read.
        where: the filter of the import.
        kind: the answer kind of its questions.
        answered: whether the answers were recorded; otherwise they are read out of the texts.
        mixed: model, temperature, prompt style with samples of each value, where the pool mixes several.
        price: dollars per prompt and completion token, if they were stated.
        imported: when, ISO 8601.
        questions, samples: how many.
        steps: for each step samples in all, and least, median and most a question.
        origins: samples by step, model, temperature and prompt style.
        unparsed: samples without an answer; None where the texts have not been read.
        shortest: the question with the fewest samples of step `answer`.
        notes: what the import had to say.
    """

    name: str
    source: str
    format: str
    kind: str
    answered: bool
    imported: str
    questions: int
    samples: int
    shortest: str
    steps: dict[str, dict[str, float]]
    origins: list[dict[str, Any]]
    where: dict[str, list[str]] = field(default_factory=dict)
    mixed: dict[str, dict[str, int]] = field(default_factory=dict)
    price: tuple[float, float] | None = None
    unparsed: int | None = None
    notes: list[str] = field(default_factory=list)

    def most(self, step: str = "answer") -> int:
        """How many samples of a step every question has: the largest n of a vote."""
        return int(self.steps.get(step, {}).get("min", 0))

    @property
    def label(self) -> str:
        """`recorded/NAME`, and what it mixes."""
        return f"recorded/{self.name}" + (f" (mixed: {', '.join(self.mixed)})" if self.mixed else "")


class Pool:
    """An imported pool, opened for reading.

    Args:
        name: with or without `recorded/`.
        folder: of the pools; None: see `place.folder`.

    Raises:
        SamplesError: there is none, or the file is something else.
    """

    def __init__(self, name: str, folder: Path | str | None = None) -> None:
        self.path = path_of(name, folder)
        try:
            # Nobody writes to a pool once it is in its place.
            self._db = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version != SCHEMA:
                raise SamplesError(f"{self.path}: schema {version}, not {SCHEMA}: import it again")
            meta = {key: json.loads(value) for key, value in self._db.execute("SELECT key, value FROM meta")}
        except sqlite3.Error as error:
            raise SamplesError(f"{self.path} is not a recorded pool: {error}: import it again") from None
        meta["price"] = tuple(meta["price"]) if meta.get("price") else None
        # The file may have been renamed.
        self.facts = Facts(
            **{**{f.name: meta[f.name] for f in fields(Facts) if f.name in meta}, "name": self.path.stem}
        )

    def questions(self, kind: str | None = None) -> Iterator[Question]:
        """The questions in the order of the file; with another kind their golds are the stated ones alone."""
        column = "gold" if kind not in (None, self.facts.kind) else "golds"
        for _, question in self._asked(kind or self.facts.kind, column):
            yield question

    def _asked(self, kind: str, column: str) -> Iterator[tuple[int, Question]]:
        for row, own, text, _, golds, choices, cluster, metadata in self._db.execute(
            _ASKED.replace("golds", column)
        ):
            right = tuple(json.loads(golds)) if golds else ()
            yield (
                row,
                Question(
                    text,
                    kind,
                    (right[0] if len(right) == 1 else right) if right else None,
                    tuple(json.loads(choices)),
                    cluster=cluster,
                    metadata=json.loads(metadata),
                    id=own,
                ),
            )

    def walk(self, column: str = "golds") -> Iterator[tuple[Question, list[Kept]]]:
        """Every question with all its samples, in the order of the file; `column`: `gold` as stated, or `golds`."""
        for row, question in self._asked(self.facts.kind, column):
            yield question, [_kept(values) for values in self._db.execute(_KEPT, (row,))]

    def samples(self, question_id: str, step: str = "answer", numbers: range | None = None) -> list[Kept]:
        """The samples of a question and step, in order; with `numbers` those between its ends."""
        (row,) = self._db.execute("SELECT row FROM questions WHERE id = ?", (question_id,)).fetchone() or (None,)
        if row is None:
            return []
        if numbers is None:
            found = self._db.execute(f"{_KEPT} AND samples.step = ?", (row, step))
        else:
            query = f"{_KEPT} AND samples.step = ? AND number BETWEEN ? AND ?"
            found = self._db.execute(query, (row, step, numbers.start, numbers.stop - 1))
        return [_kept(values) for values in found]

    def has(self, question_id: str) -> bool:
        """Whether it has a question."""
        return self._db.execute("SELECT 1 FROM questions WHERE id = ?", (question_id,)).fetchone() is not None

    def choices(self, question_id: str) -> tuple[str, ...] | None:
        """The options that a question was recorded with; None where it has no such question."""
        found = self._db.execute("SELECT choices FROM questions WHERE id = ?", (question_id,)).fetchone()
        return None if found is None else tuple(json.loads(found[0]))

    def count(self, question_id: str, step: str = "answer") -> int:
        """Samples of a question and step."""
        query = (
            "SELECT COUNT(*) FROM samples WHERE step = ? AND question = (SELECT row FROM questions WHERE id = ?)"
        )
        return int(self._db.execute(query, (step, question_id)).fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _kept(values: tuple[Any, ...]) -> Kept:
    kept = Kept(*values)
    return kept if kept.correct is None else kept._replace(correct=bool(kept.correct))
