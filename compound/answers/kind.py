"""What every answer kind has in common: finding the answer that a text states."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from compound.core import Question

# "answer is 7", "Answer: 7", "answer = 7", "#### 7": the rest of the line is the statement.
_STATED = re.compile(
    r"(?:\banswer(?:\s+(?:is|would\s+be|should\s+be))?\s*(?:[:=]|\bis\b|(?<=is)|(?<=be))|\#{4})"
    r"[\s*_:]*(?P<said>[^\n]{1,300})",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\s*\{")
_DECORATION = " \t\r\n*_`\"'“”‘’$"


class Statement(NamedTuple):
    """An answer that a text states: what is said, where, and whether it is certainly complete."""

    start: int
    said: str
    closed: bool


def _boxes(text: str) -> Iterator[Statement]:
    """The contents of `\\boxed{…}` with balanced braces; an unbalanced one is not closed."""
    for match in _BOXED.finditer(text):
        depth, end = 1, match.end()
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        if not depth:
            yield Statement(match.start(), text[match.end() : end - 1], True)


def statements(text: str) -> list[Statement]:
    """Every answer that the text states, the last one first.

    A statement is closed when something follows it: a truncated text may have stopped inside its last word.
    """
    lines = [Statement(m.start(), m["said"], closed="\n" in text[m.end() :][:1]) for m in _STATED.finditer(text)]
    return sorted([*lines, *_boxes(text)], key=lambda s: s.start, reverse=True)


def undecorated(text: str) -> str:
    """The text without quotes, emphasis and dollar signs around it."""
    return text.strip(_DECORATION)


class Kind(ABC):
    """An answer kind. Stateless; its methods are pure."""

    name: ClassVar[str]

    @abstractmethod
    def ask(self, question: Question) -> str:
        """What to append to a prompt so that the answer can be read: one sentence."""

    @abstractmethod
    def read(self, said: str, question: Question) -> str | None:
        """The canonical value of a piece of text that is the answer, or None."""

    @abstractmethod
    def guess(self, text: str, question: Question) -> str | None:
        """The value of a whole reply that states no answer in so many words, or None."""

    def parse(self, text: str, question: Question, *, truncated: bool = False) -> str | None:
        """The canonical value of the last answer that a reply states, or None.

        A truncated reply counts only if its statement was closed before the cut.
        """
        for statement in statements(text):
            if (statement.closed or not truncated) and (value := self.read(statement.said, question)):
                return value
        return None if truncated else self.guess(text, question)

    def grade(self, value: str, question: Question) -> bool:
        """Whether a canonical value is (one of) the gold answer(s)."""
        return value in {self.read(gold, question) for gold in question.golds}

    def classes(self, values: Sequence[str]) -> list[str]:
        """For each value the representative of its class of equivalent values.

        Canonical values are their own representatives; kinds with symbolic equality merge by union-find.
        """
        return list(values)
