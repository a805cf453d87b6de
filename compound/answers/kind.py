"""What every answer kind has in common: finding the answer that a text states."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from compound.core import Question

_LONGEST, _MOST = 300, 200  # characters of a statement; statements of a reply that are looked at, from the last

# "answer is 7", "**Answer**: 7", "answer = 7": the rest of the line is the statement. It is only looked at, since
# another may follow in the same line. "#### 7" needs a line of its own: "#### Step 2" is a heading.
_STATED = re.compile(
    r"(?:\banswer[*_]{0,3}(?:\s+(?:is|would\s+be|should\s+be))?\s*(?:[:=]|\bis\b|(?<=is)|(?<=be))"
    r"|\#{4}(?=[ \t]*(?:[-+$€£\d.,/% \t]+|\(?[A-Z]\)?)[ \t]*$))"
    rf"[\s*_:]*(?=(?P<said>[^\n]{{0,{_LONGEST}}}))",
    re.IGNORECASE | re.MULTILINE,
)
_BRACE = re.compile(r"\\boxed\s*\{|[{}]")
_NEGATED = re.compile(r"\W*not\b", re.IGNORECASE)
_DECORATION = " \t\r\n*_`\"'“”‘’$"


class Statement(NamedTuple):
    """An answer that a text states: what is said, where, and whether it is certainly complete."""

    start: int
    said: str
    closed: bool


def _boxes(text: str) -> Iterator[Statement]:
    """The contents of `\\boxed{…}` with balanced braces; an unbalanced one states nothing."""
    opened: list[re.Match[str]] = []
    for brace in _BRACE.finditer(text):
        if brace[0] != "}":
            opened.append(brace)
        elif opened and (box := opened.pop())[0] != "{" and brace.start() - box.end() <= _LONGEST:
            yield Statement(box.start(), text[box.end() : brace.start()], True)


def statements(text: str) -> list[Statement]:
    """The answers that the text states, the last one first.

    A statement is closed when something follows it: a truncated text may have stopped inside its last word.
    """
    lines = [
        Statement(m.start(), m["said"], closed=text.startswith("\n", m.end("said"))) for m in _STATED.finditer(text)
    ]
    return sorted([*lines, *_boxes(text)], key=lambda s: s.start, reverse=True)[:_MOST]


def undecorated(text: str) -> str:
    """The text without quotes, emphasis and dollar signs around it."""
    return text.strip(_DECORATION)


def negated(said: str) -> bool:
    """Whether a statement says what the answer is not."""
    return _NEGATED.match(said) is not None


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

        A truncated reply counts only if its statement was closed before the cut. Where something was stated that
        cannot be read ("Answer: unknown"), nothing is guessed from the rest of the text.
        """
        stated = statements(text)
        for statement in stated:
            if (statement.closed or not truncated) and (value := self.read(statement.said, question)):
                return value
        return None if truncated or stated else self.guess(text, question)

    def grade(self, value: str, question: Question) -> bool:
        """Whether a canonical value is (one of) the gold answer(s)."""
        return value in {self.read(gold, question) for gold in question.golds}

    async def grades(self, values: Iterable[str], question: Question) -> dict[str, bool]:
        """Whether each of some canonical values is right. Kinds whose grading takes long do it all at once here."""
        return {value: self.grade(value, question) for value in values}

    def classes(self, values: Sequence[str]) -> list[str]:
        """For each value the representative of its class of equivalent values.

        Canonical values are their own representatives; kinds with symbolic equality merge by union-find.
        """
        return list(values)
