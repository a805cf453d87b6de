"""Exact text: the value is the text itself. For answers that somebody else has read out of the replies already."""

from __future__ import annotations

from compound.answers.kind import Kind
from compound.core import Question


class Exact(Kind):
    """The text without the space around it; nothing is normalised, an empty text abstains."""

    name = "exact"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        return "Give the answer and nothing else."

    def read(self, said: str, question: Question) -> str | None:
        """The text."""
        return said.strip() or None

    def guess(self, text: str, question: Question) -> str | None:
        """The text."""
        return self.read(text, question)

    def parse(self, text: str, question: Question, *, truncated: bool = False) -> str | None:
        """The whole text: nothing is looked for in it, however it ends."""
        return self.read(text, question)
