"""A question: one item of a task."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from compound.core.errors import TaskError

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Question:
    """One item: what is asked, and what is right.

    The id follows from the content, so it does not depend on where the question stood in a file.

    Attributes:
        text: the question as the model reads it, without choices and without a format request.
        kind: the answer kind (`number`, `choice`, `text`, …): how it is asked for, parsed, grouped, graded.
        gold: the right answer, several equally right ones, or None where nobody knows.
        choices: the texts of the options A, B, C … of a `choice` question.
        cluster: an id shared by questions that are not independent (the same passage, say).
        metadata: anything else that came with the item.
        examples: worked questions for few-shot prompts, never among the evaluated ones. Not part of the id.
        id: 16 hexadecimal digits of a hash of the content; give one only to keep a data set's own.
    """

    text: str
    kind: str = "text"
    gold: str | tuple[str, ...] | None = None
    choices: tuple[str, ...] = ()
    cluster: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    examples: tuple[Question, ...] = field(default=(), repr=False, compare=False)
    id: str = ""

    def __post_init__(self) -> None:
        for name in ("gold", "choices"):
            if isinstance(given := getattr(self, name), list):
                object.__setattr__(self, name, tuple(given))
        if len(self.choices) > len(LETTERS):
            raise TaskError(
                f"{self.text[:60]!r} has {len(self.choices)} choices; at most {len(LETTERS)} have letters"
            )
        if not self.id:
            content = [self.text, self.kind, self.gold, self.choices, self.cluster, dict(self.metadata)]
            digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
            object.__setattr__(self, "id", digest[:16])

    @property
    def golds(self) -> tuple[str, ...]:
        """Every right answer; empty where none is known."""
        if self.gold is None:
            return ()
        return (self.gold,) if isinstance(self.gold, str) else self.gold

    @property
    def letters(self) -> str:
        """The letters of the choices, `ABCD` for four."""
        return LETTERS[: len(self.choices)]

    @property
    def statement(self) -> str:
        """The text followed by the lettered choices, if there are any."""
        options = [f"({letter}) {choice}" for letter, choice in zip(self.letters, self.choices, strict=True)]
        return "\n".join([self.text, *options])
