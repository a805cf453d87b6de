"""A task: a named list of questions, with splits."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from compound.core import Question, TaskError


@dataclass(frozen=True)
class Task:
    """A named list of questions, with splits that share none.

    Attributes:
        name: what configs and tables call it.
        splits: the questions by split. `test` is what results are reported on; `screen` is what tasks are
            chosen on; `train` is where worked examples come from.
        description: one line for `compound tasks`.
    """

    name: str
    splits: Mapping[str, tuple[Question, ...]]
    description: str = ""

    def questions(self, split: str = "test", limit: int | None = None) -> tuple[Question, ...]:
        """The questions of one split, at most `limit`, each with the task's worked examples."""
        if split not in self.splits:
            raise TaskError(f"task '{self.name}' has no split '{split}'; it has: {', '.join(self.splits)}")
        chosen = self.splits[split][:limit]
        if not chosen:
            raise TaskError(f"task '{self.name}' has no questions in split '{split}'")
        return tuple(replace(question, examples=self.splits.get("train", ())) for question in chosen)


def distinct(questions: Iterable[Question]) -> list[Question]:
    """The questions without those whose text and choices came before, in order."""
    seen: dict[tuple[str, tuple[str, ...]], Question] = {}
    for question in questions:
        seen.setdefault((question.text, question.choices), question)
    return list(seen.values())


def shuffled(questions: Iterable[Question], seed: int) -> list[Question]:
    """The questions in a seeded order that does not depend on the order they came in."""
    ordered = sorted(questions, key=lambda q: q.id)
    random.Random(seed).shuffle(ordered)
    return ordered
