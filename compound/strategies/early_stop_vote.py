"""Early-stopping self-consistency (ESC): Li et al. 2024 (2401.10480)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Ballots, ExpressionError, Question
from compound.strategies.part import strategy
from compound.strategies.stopping import Stopping

if TYPE_CHECKING:
    from compound.models.lm import LM
    from compound.stats.stopping import StoppingRule


@strategy("early_stop_vote")
class EarlyStopVote(Stopping):
    """Draws in windows, and stops with the answer of a window that is unanimous; else votes over all.

    A window holds parsed answers only: one that abstains makes it not unanimous. Each window shares its prompt,
    so the saving is in money too.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates at most; 40 in the paper.
        window: candidates of a window; 5 in the paper.
    """

    paper: ClassVar[str] = "Li et al. 2024, 2401.10480"
    cost: ClassVar[str] = "<= n * c"

    n: int = 40
    window: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window < 1:
            raise ExpressionError(f"early_stop_vote: window must be at least 1, not {self.window}")

    @property
    def wave(self) -> int:
        """See `Pooled.wave`."""
        return self.window

    def enough(self, ballots: Ballots) -> bool:
        """See `Pooled.enough`."""
        last = ballots.votes[-self.window :]
        whole = len(ballots.votes) % self.window == 0 and len(last) == self.window
        return whole and last[0] is not None and len(set(last)) == 1

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`."""
        from compound.strategies.answer_pool import ballots

        voted = ballots(question, [a.value for a in answers])
        return await super().select(question, answers[-self.window :] if self.enough(voted) else answers, lm)

    def stopping_rule(self) -> StoppingRule:
        """See `Stopping.stopping_rule`."""
        from compound.stats import unanimous_windows

        return unanimous_windows(self.window)
