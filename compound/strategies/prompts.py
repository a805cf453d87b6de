"""Strategies that are one prompt. Filled in by plain replacement: questions contain braces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from compound.answers import kind_named
from compound.core import Answer, Chat, ExpressionError, Question
from compound.strategies.base import Strategy

if TYPE_CHECKING:
    from compound.models.lm import LM


_FIELD = re.compile(r"\{(\w+)\}")
_TAG = re.compile(r"<(?=\s{0,9}/?\s{0,9}(?:reply|question)\b)", re.IGNORECASE)


def fill(template: str, **fields: str) -> str:
    """The template with its `{name}`s replaced, in one pass: nothing in what goes in is replaced."""
    return _FIELD.sub(lambda found: fields.get(found[1], found[0]), template)


def enclosed(text: str) -> str:
    """A reply as it is shown between tags of a prompt: it cannot close them, nor open others."""
    return _TAG.sub("‹", text)


def ask(template: str, question: Question, **fields: str) -> Chat:
    """A chat of one user turn: `{question}`, `{format}` (the answer kind's request) and other fields filled in."""
    wanted = kind_named(question.kind).ask(question)
    return Chat.user(fill(template, question=question.statement, format=wanted, **fields))


@dataclass(frozen=True, repr=False)
class Prompted(Strategy):
    """One call with one prompt: the subclass's `template`, or one's own.

    Raises:
        ExpressionError: the prompt lacks `{question}`, so the question would never be asked.
    """

    template: ClassVar[str]

    prompt: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.prompt is not None and "{question}" not in self.prompt:
            raise ExpressionError(
                f"{self.name}: the prompt lacks {{question}}, so the question would never be asked"
            )

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        return self._leaf(question, await lm.sample(ask(self.prompt or self.template, question)))
