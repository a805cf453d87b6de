"""Economic stopping: one more draw only if its expected value exceeds its price. No published algorithm."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from compound.core import Ballots, ExpressionError
from compound.strategies.part import strategy
from compound.strategies.stopping import Stopping

if TYPE_CHECKING:
    from compound.stats.economic import EconomicPolicy
    from compound.stats.stopping import StoppingRule


@strategy("economic_vote")
class EconomicVote(Stopping):
    """A vote that draws again as long as that pays: the worth of a right answer against the price of a draw.

    The best policy by dynamic programming, for two answers and a uniform prior on their probabilities: the chance
    that the leader is the more frequent answer stands for the chance that it is right. On questions where the
    favourite is wrong the two differ, and it pays for certainty about a wrong answer.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates at most, up to 60.
        reward: what a right answer is worth.
        price: what one draw costs, in the same unit.
    """

    paper: ClassVar[str] = "expected value of sample information; Raiffa and Schlaifer 1961"
    cost: ClassVar[str] = "<= n * c"

    n: int = 20
    reward: float = 1.0
    price: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reward < 0 or self.price < 0:
            raise ExpressionError(
                f"economic_vote: reward and price must be at least 0, not {self.reward} and {self.price}"
            )
        if self.n > 60:
            raise ExpressionError(f"economic_vote: n can be at most 60, not {self.n}")

    def enough(self, ballots: Ballots) -> bool:
        """See `Pooled.enough`. An abstention is drawn and changes nothing but the number that is left."""
        v1, v2 = [*ballots.counts.values(), 0, 0][:2]
        left = self.n - len(ballots.votes)
        if left <= 0:
            return True
        possible = v1 + v2 + left
        return not _policy(possible, self.reward, self.price).draw[v1, v2]

    def stopping_rule(self) -> StoppingRule:
        """See `Stopping.stopping_rule`. At a cap below n it is still the rule for n."""
        import numpy as np

        from compound.stats.stopping import Running, StoppingRule

        def enough(running: Running) -> np.ndarray:
            drawn = np.arange(1, running.cast.shape[0] + 1)[:, None]
            v1, v2 = running.votes[:2]
            left = np.broadcast_to(self.n - drawn, v1.shape)
            stop = left <= 0
            possible = np.where(stop, 0, v1 + v2 + left)
            for votes in np.unique(possible[possible > 0]):
                at = possible == votes
                stop[at] = ~_policy(int(votes), self.reward, self.price).draw[v1[at], v2[at]]
            return stop

        return StoppingRule(enough)


@lru_cache(maxsize=256)
def _policy(votes: int, reward: float, price: float) -> EconomicPolicy:
    from compound.stats import optimal_stopping

    return optimal_stopping(votes, reward, price)
