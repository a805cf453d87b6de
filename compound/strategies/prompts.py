"""Filling in prompts. Plain replacement: questions contain braces."""

from __future__ import annotations

from compound.answers import kind_named
from compound.core import Chat, Question


def ask(template: str, question: Question) -> Chat:
    """A chat of one user turn: `{format}` becomes the answer kind's request, `{question}` the question.

    The question goes in last, so nothing that it contains is replaced.
    """
    wanted = kind_named(question.kind).ask(question)
    return Chat.user(template.replace("{format}", wanted).replace("{question}", question.statement))
