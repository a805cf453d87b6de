"""One call."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question
from compound.strategies.base import Strategy, strategy
from compound.strategies.prompts import ask, check

if TYPE_CHECKING:
    from compound.models.lm import LM

PROMPT = "{question}\n\n{format}"


@strategy("single")
class Single(Strategy):
    """One call that asks for the answer, without asking for reasoning: what everything else is compared with.

    Args:
        prompt: another prompt, with `{question}` and `{format}` where they belong.
    """

    paper: ClassVar[str] = "baseline"

    prompt: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.name, self.prompt)

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        return self._leaf(question, await lm.sample(ask(self.prompt or PROMPT, question)))
