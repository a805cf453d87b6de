"""Uncertainty-routed chain of thought: Gemini Team 2023 (2312.11805)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from compound.answers import grades
from compound.core import Answer, ExpressionError, ModelFailure, Question, Step, TaskError, Usage, in_parallel
from compound.strategies.answer_pool import ballots
from compound.strategies.base import Selection, Strategy
from compound.strategies.fitted import Fitted, check_fitted, each, split_hash
from compound.strategies.part import strategy
from compound.strategies.pooled import Pooled, attempt, together
from compound.strategies.single import Single
from compound.strategies.vote import plurality

if TYPE_CHECKING:
    from compound.models.lm import LM

NEVER = 1.01  # no share reaches it


@strategy("routed")
class Routed(Pooled):
    """A vote if enough of the candidates agree, else the greedy answer without reasoning.

    The greedy answer is asked for only where it is needed, in the strategy's own lane: one for all k. A threshold
    of 0 is a plain vote, one above 1 is the greedy answer. If its call fails, the vote stands.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
        threshold: the share of the candidates that must give the most frequent answer, abstentions counted in;
            None: to be fitted, the most accurate one on the training questions, of equals the lowest.
        direct: what answers where the vote is not sure, at temperature 0.
        fitted: hash of the questions that the threshold was fitted on.
    """

    paper: ClassVar[str] = "Gemini Team 2023, 2312.11805"
    cost: ClassVar[str] = "<= n * c + 1"
    selection: ClassVar[Selection] = "paid"

    n: int = 8
    threshold: float | None = None
    direct: Strategy = Single()
    fitted: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold is not None and self.threshold < 0:
            raise ExpressionError(f"routed: threshold is a share, at least 0, not {self.threshold}")

    @property
    def unfitted(self) -> str:
        """See `Strategy.unfitted`."""
        return "its threshold (or give threshold=0.6)" if self.threshold is None else ""

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        check_fitted(self)
        return await super().solve(question, lm)

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`. Asks for the greedy answer where the vote is not sure."""
        assert self.threshold is not None
        voted = plurality(question, answers)
        if agreement(question, answers) >= self.threshold:
            return voted
        try:
            return await self.direct.solve(question, lm.bind(temperature=0))
        except ModelFailure as failure:
            instead = Step("vote instead", voted.value, (), (Step(self.direct.name, failure=str(failure)),))
            return replace(voted, step=Step(self.name, voted.value, (), (instead,)))

    async def learn(self, train: Sequence[Question], ask: Callable[[Question], LM]) -> Fitted:
        """Sweep the threshold over all shares of n candidates. A question with a failed call is left out."""
        import numpy as np

        from compound.stats import threshold_outcomes

        async def tried(question: Question, lm: LM) -> tuple[tuple[float, bool, bool] | None, Usage]:
            answers = await self.draw(question, lm, range(self.n))
            direct = await attempt(self.direct, question, lm.bind(temperature=0))
            voted, usage = plurality(question, answers), together(answers) + direct.usage
            if direct.failure or any(answer.failure for answer in answers):
                return None, usage
            values = [one.value for one in (voted, direct)]
            right = await grades((value for value in values if value is not None), question)
            vote_right, direct_right = (value is not None and right[value] for value in values)
            return (agreement(question, answers), vote_right, direct_right), usage

        found = await each(train, ask, tried)
        rows = [row for row, _ in found if row is not None]
        if not rows:
            raise TaskError(f"routed: a call failed on each of the {len(train)} training questions; run again")
        share, voted, direct = np.array(rows, dtype=float).T
        cuts = np.array([i / self.n for i in range(self.n + 1)] + [NEVER])
        accuracy = threshold_outcomes(share, voted, direct, cuts).mean(axis=0)
        best = int((accuracy >= accuracy.max() - 1e-12).argmax())
        whole = replace(self, threshold=float(cuts[best]), fitted=split_hash(train))
        sweep = [
            {"threshold": float(t), "accuracy": float(a), "direct": float((share < t).mean())}
            for t, a in zip(cuts, accuracy, strict=True)
        ]
        said = {"strategy": repr(whole), "questions": len(rows), "left_out": len(train) - len(rows), "sweep": sweep}
        return Fitted(whole, in_parallel([usage for _, usage in found]), said=(said,))


def agreement(question: Question, answers: Sequence[Answer]) -> float:
    """The share of the candidates that gave the most frequent answer; one whose call failed is none."""
    drawn = [answer for answer in answers if answer.failure is None]
    votes = ballots(question, [answer.value for answer in drawn])
    return top_share(votes.counts, votes.abstained)


def top_share(counts: Mapping[str, int], abstained: int) -> float:
    """The share of the most frequent answer among all ballots, those that abstained included; 0 without any."""
    return max(counts.values(), default=0) / max(1, sum(counts.values()) + abstained)
