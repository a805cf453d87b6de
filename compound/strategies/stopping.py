"""The base of votes that stop early."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.core import Answer, Question
from compound.strategies.answer_pool import AnswerPool, PoolCurve, coded
from compound.strategies.pooled import Pooled
from compound.strategies.vote import plurality

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM
    from compound.stats.stopping import StoppingRule


@dataclass(frozen=True, repr=False)
class Stopping(Pooled):
    """A vote whose `enough` is also known as a rule on arrays, which replays many pools at once."""

    @abstractmethod
    def stopping_rule(self) -> StoppingRule:
        """The same rule as `enough`, on arrays."""

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`. Asks nothing."""
        return plurality(question, answers)

    def curve(self, pools: Sequence[AnswerPool], rng: np.random.Generator) -> PoolCurve:
        """See `Pooled.curve`: a replay on random orders."""
        if pools[0].sources > 1:
            return super().curve(pools, rng)
        from compound.stats import stopped_plurality

        codes, right = coded(pools)
        found = stopped_plurality(self.stopping_rule(), codes, right, rng=rng)
        return PoolCurve(found.accuracy, "replay", found.draws)
