"""Candidates from several models or prompts in one pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, ExpressionError, Question
from compound.strategies.base import Strategy
from compound.strategies.part import strategy

if TYPE_CHECKING:
    from compound.models.lm import LM


@strategy("mix")
class Mix(Strategy):
    """Takes turns: candidate i of a pool comes from part i modulo their number.

    `vote(mix([cot @ "a", cot @ "b"]), n=16)` asks each model eight times. Compare with the best part alone at the
    same n, chosen on other questions: a mixture with a weaker model often loses to it. Alone it is its first part.

    Args:
        parts: what takes turns.
    """

    paper: ClassVar[str] = "Li et al. 2025, 2502.00674"
    cost: ClassVar[str] = "c"

    parts: tuple[Strategy, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.parts:
            raise ExpressionError('mix needs at least one part: mix([cot @ "model a", cot @ "model b"])')

        if any(part.sources > 1 for part in self.parts):  # it would be asked in every other lane only
            raise ExpressionError("mix: a part is a mix itself: list all parts in one mix")

    @property
    def sources(self) -> int:
        """See `Strategy.sources`."""
        return len(self.parts)

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        return await self.parts[lm.lane[-1] % len(self.parts)].solve(question, lm)
