"""A part bound to a model of its own: `cot @ "openai/gpt-4o-mini"`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, ExpressionError, Question
from compound.strategies.base import Strategy

if TYPE_CHECKING:
    from compound.models.lm import LM


@dataclass(frozen=True, repr=False)
class Bound(Strategy):
    """A strategy that asks the model it names, whatever the rest asks."""

    name: ClassVar[str] = "@"

    strategy: Strategy
    model: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.strategy, Bound):
            raise ExpressionError(f"{self.strategy!r} is bound to a model already, not to '{self.model}' as well")

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        return await self.strategy.solve(question, lm.at(self.model))
