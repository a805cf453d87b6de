"""Filling in prompts. Plain replacement: questions contain braces."""

from __future__ import annotations

from compound.answers import kind_named
from compound.core import Chat, ExpressionError, Question


def check(name: str, template: str | None) -> None:
    """Refuse a prompt of one's own that would never ask the question.

    Raises:
        ExpressionError: it lacks `{question}`.
    """
    if template is not None and "{question}" not in template:
        raise ExpressionError(f"{name}: the prompt lacks {{question}}, so the question would never be asked")


def ask(template: str, question: Question) -> Chat:
    """A chat of one user turn: `{format}` becomes the answer kind's request, `{question}` the question.

    The question goes in last, so nothing that it contains is replaced.
    """
    wanted = kind_named(question.kind).ask(question)
    return Chat.user(template.replace("{format}", wanted).replace("{question}", question.statement))
