"""Plurality vote over independent candidates.

* Self-consistency: Wang et al. 2022 (2203.11171), `vote(cot, n=40)`, 40 samples in the paper.
* More agents: Li et al. 2024 (2402.05120), `vote(single, n=40)`, 1 to 40 samples in the paper.
* CoT@32: Gemini Team 2023, `vote(cot, n=32)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question
from compound.strategies.base import Strategy, alias, strategy
from compound.strategies.cot import CoT
from compound.strategies.pooled import AnswerPool, Pooled, ballots
from compound.strategies.single import Single

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM


@strategy("vote")
class Vote(Pooled):
    """The answer that most candidates give.

    Abstentions cast no vote; equivalent answers are one answer; a tie is broken by a draw that depends on the
    question and the tied answers alone. Helps where the right answer is the most frequent one though each
    sample is often wrong; hurts where a wrong answer is the favourite. Two votes are no better than one.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
    """

    paper: ClassVar[str] = "Wang et al. 2022, 2203.11171; Li et al. 2024, 2402.05120"

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`. Asks nothing."""
        votes = ballots(question, [a.value for a in answers])
        winner = votes.winner(question.id)
        # The shortest text of the winners, so that it does not depend on their order either.
        texts = [
            a.text for a, vote in zip(answers, votes.votes, strict=True) if winner is not None and vote == winner
        ]
        return Answer(winner, min(texts, key=lambda text: (len(text), text), default=""))

    def expected_accuracy(self, pools: Sequence[AnswerPool]) -> np.ndarray:
        """See `Pooled.expected_accuracy`: without replacement, ties split."""
        import numpy as np

        from compound.stats import Pool, plurality_curves

        counted = []
        for pool in pools:
            votes = ballots(pool.question, pool.values)
            right = [pool.right[value] for value in votes.counts]
            counts = np.array(list(votes.counts.values()), dtype=int)
            counted.append(Pool(counts, np.array(right, dtype=bool), votes.abstained))
        return plurality_curves(counted)


@alias("self_consistency")
def self_consistency(n: int = 40) -> Strategy:
    """`vote(cot, n=40)`: Wang et al. 2022, 2203.11171."""
    return Vote(CoT(), n=n)


@alias("more_agents")
def more_agents(n: int = 40) -> Strategy:
    """`vote(single, n=40)`: Li et al. 2024, 2402.05120."""
    return Vote(Single(), n=n)
