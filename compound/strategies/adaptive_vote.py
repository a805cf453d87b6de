"""Adaptive-Consistency: Aggarwal et al. 2023 (2305.11860)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from compound.core import Ballots, ExpressionError
from compound.strategies.part import strategy
from compound.strategies.stopping import Stopping

if TYPE_CHECKING:
    from compound.stats.stopping import StoppingRule


@strategy("adaptive_vote")
class AdaptiveVote(Stopping):
    """A vote that stops as soon as the leader is probably the most frequent answer.

    Draws one candidate after the other and decides in the order they were asked for, whatever the order they
    arrive in. With the default it stops at 4 equal answers at the earliest. It saves draws, not always money: each
    draw pays for the prompt again, where a plain vote shares it; and it takes as long as its draws together.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates at most; 40 in the paper.
        threshold: the probability that is enough.
        rule: `beta` looks at the two most frequent answers, `dirichlet` at five.
    """

    paper: ClassVar[str] = "Aggarwal et al. 2023, 2305.11860"
    cost: ClassVar[str] = "<= n * c"

    n: int = 40
    threshold: float = 0.95
    rule: Literal["beta", "dirichlet"] = "beta"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.5 < self.threshold < 1:
            raise ExpressionError(f"adaptive_vote: threshold lies between 0.5 and 1, not at {self.threshold}")

    def enough(self, ballots: Ballots) -> bool:
        """See `Pooled.enough`. Abstentions are drawn, and say nothing."""
        from compound.stats.leader import leader_probability

        counts = list(ballots.counts.values())
        considered = counts[:2] if self.rule == "beta" else counts
        return bool(counts) and leader_probability(considered) >= self.threshold

    def stopping_rule(self) -> StoppingRule:
        """See `Stopping.stopping_rule`."""
        from compound.stats import beta_stop, dirichlet_stop

        return (beta_stop if self.rule == "beta" else dirichlet_stop)(self.threshold)
