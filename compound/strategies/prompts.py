"""Strategies that are one prompt. Filled in by plain replacement: questions contain braces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from compound.answers import kind_named
from compound.core import Answer, Chat, ExpressionError, Question
from compound.strategies.base import Strategy

if TYPE_CHECKING:
    from compound.models.lm import LM


def ask(template: str, question: Question) -> Chat:
    """A chat of one user turn: `{format}` becomes the answer kind's request, `{question}` the question.

    The question goes in last, so nothing that it contains is replaced.
    """
    wanted = kind_named(question.kind).ask(question)
    return Chat.user(template.replace("{format}", wanted).replace("{question}", question.statement))


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
