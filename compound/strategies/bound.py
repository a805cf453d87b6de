"""A part bound to a model of its own: `cot @ "openai/gpt-4o-mini"`, `judge @ "openai/gpt-4o"`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from compound.core import Answer, ExpressionError, Question
from compound.strategies.base import Strategy
from compound.strategies.scorer import Score, Scorer

if TYPE_CHECKING:
    from compound.models.lm import LM


@dataclass(frozen=True, repr=False)
class Bound(Strategy):
    """A strategy that asks the model it names, whatever the rest asks."""

    name: ClassVar[str] = "@"

    part: Strategy
    model: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.part, Bound):
            raise ExpressionError(f"{self.part!r} is bound to a model already, not to '{self.model}' as well")

    @property
    def sources(self) -> int:
        """See `Strategy.sources`."""
        return self.part.sources

    def rounds_in(self, answer: Answer) -> list[list[str | None]]:
        """See `Strategy.rounds_in`."""
        return self.part.rounds_in(answer)

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        return await self.part.solve(question, lm.at(self.model))


@dataclass(frozen=True, repr=False)
class BoundScorer(Scorer):
    """A scorer that asks the model it names; the candidates ask theirs."""

    name: ClassVar[str] = "@"

    part: Scorer
    model: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.part, BoundScorer):
            raise ExpressionError(f"{self.part!r} is bound to a model already, not to '{self.model}' as well")
        if self.part.reads_candidate:
            raise ExpressionError(f"{self.part!r} asks no model, it reads the candidate: bind the candidate")

    @property
    def asks(self) -> Mapping[str, Any]:
        """See `Scorer.asks`."""
        return self.part.asks

    async def score(self, question: Question, answer: Answer, lm: LM) -> Score:
        """See `Scorer.score`."""
        return await self.part.score(question, answer, lm.at(self.model))
