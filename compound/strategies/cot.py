"""Chain of thought: Wei et al. 2022 (2201.11903), zero-shot as in Kojima et al. 2022 (2205.11916)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question
from compound.strategies.base import Strategy, strategy
from compound.strategies.prompts import ask, check

if TYPE_CHECKING:
    from compound.models.lm import LM

PROMPT = "{question}\n\nWork it out in steps before you answer. {format}"


@strategy("cot")
class CoT(Strategy):
    """One call that asks for the reasoning first.

    Helps where a problem has steps; costs the tokens of the reasoning. A reply that is cut off before its
    answer abstains: give it room (`max_tokens`).

    Args:
        prompt: another prompt, with `{question}` and `{format}` where they belong.
    """

    paper: ClassVar[str] = "Wei et al. 2022, 2201.11903; Kojima et al. 2022, 2205.11916"

    prompt: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.name, self.prompt)

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        return self._leaf(question, await lm.sample(ask(self.prompt or PROMPT, question)))
