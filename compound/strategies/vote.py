"""Plurality vote over independent candidates.

* Self-consistency: Wang et al. 2022 (2203.11171), `vote(cot, n=40)`, 40 samples in the paper.
* More agents: Li et al. 2024 (2402.05120), `vote(single, n=40)`, 1 to 40 samples in the paper.
* CoT@32: Gemini Team 2023, `vote(cot, n=32)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from compound.core import Answer, Ballots, Question
from compound.strategies.answer_pool import AnswerPool, PoolCurve, ballots
from compound.strategies.base import Strategy
from compound.strategies.cot import CoT
from compound.strategies.part import alias, strategy
from compound.strategies.pooled import Pooled
from compound.strategies.similarity import medoid, medoid_curve
from compound.strategies.single import Single

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM
    from compound.stats import Pool


@strategy("vote")
class Vote(Pooled):
    """The answer that most candidates give.

    Abstentions cast no vote; equivalent answers are one answer; a tie is broken by a draw that depends on the
    question and the tied answers alone. Helps where the right answer is the most frequent one though each
    sample is often wrong; hurts where a wrong answer is the favourite. Two votes are no better than one.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
        by: `answer`; or `similarity`: the candidate most like the others, for open answers (texts, programs).
        measure: of similarity: `bleu` as in the paper, or the cosine of `tfidf` vectors.
        as_published: as in the code of *More Agents*: an abstention is an answer like any other (and wrong if it
            wins), and the first answer given wins a tie.
    """

    paper: ClassVar[str] = "Wang et al. 2022, 2203.11171; Li et al. 2024, 2402.05120"

    by: Literal["answer", "similarity"] = "answer"
    measure: Literal["bleu", "tfidf"] = "bleu"
    as_published: bool = False

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`. Asks nothing."""
        if self.by == "similarity":
            return medoid(question, answers, self.measure)
        return _as_published(question, answers) if self.as_published else plurality(question, answers)

    def curve(self, pools: Sequence[AnswerPool], rng: np.random.Generator) -> PoolCurve:
        """See `Pooled.curve`: exact without replacement, ties split, abstentions counted as drawn."""
        sources = pools[0].sources
        if self.as_published or sources > 2 or (sources == 2 and self.by == "similarity"):
            return super().curve(pools, rng)
        import numpy as np

        if self.by == "similarity":
            return PoolCurve(np.array([medoid_curve(pool, self.measure, rng) for pool in pools]), "replay")
        if sources == 2:
            return PoolCurve(np.array([_in_turns(pool) for pool in pools]))
        from compound.stats import plurality_curves

        return PoolCurve(plurality_curves([counted(pool) for pool in pools]))


def _in_turns(pool: AnswerPool) -> np.ndarray:
    """Expected accuracy at k = 1 … N of two sources that take turns, shape (N,)."""
    import numpy as np

    from compound.stats import Source, mixture_grid

    answers = len(pool.distinct)
    turns = (pool.codes[0::2], pool.codes[1::2])
    a, b = (Source(np.bincount(turn[turn >= 0], minlength=answers), int((turn < 0).sum())) for turn in turns)
    grid, k = mixture_grid(a, b, pool.correct), np.arange(1, len(pool.codes) + 1)
    found: np.ndarray = grid[(k + 1) // 2, k // 2]
    return found


def _as_published(question: Question, answers: Sequence[Answer]) -> Answer:
    drawn = [a for a in answers if a.failure is None]  # a call that failed is owed: no abstention
    if not drawn:
        return Answer(None)
    votes = ballots(question, [a.value for a in drawn]).votes
    winner = max(dict.fromkeys(votes), key=votes.count)  # the first of several: dictionaries keep their order
    return drawn[votes.index(winner)]


def plurality(question: Question, answers: Sequence[Answer]) -> Answer:
    """The most frequent answer; a tie is broken by a draw that depends on the question and the tied answers."""
    votes = ballots(question, [a.value for a in answers])
    return spoken(votes.winner(question.id), votes, answers)


def spoken(winner: str | None, votes: Ballots, answers: Sequence[Answer]) -> Answer:
    """An answer of the winning class, with the shortest of its texts: it does not depend on their order either."""
    texts = [a.text for a, vote in zip(answers, votes.votes, strict=True) if winner is not None and vote == winner]
    return Answer(winner, min(texts, key=lambda text: (len(text), text), default=""))


def counted(pool: AnswerPool) -> Pool:
    """How often each distinct answer was given."""
    import numpy as np

    from compound.stats import Pool

    counts = np.array([pool.votes.counts[value] for value in pool.distinct], dtype=int)
    return Pool(counts, pool.correct, pool.votes.abstained)


@alias("self_consistency")
def self_consistency(n: int = 40) -> Strategy:
    """`vote(cot, n=40)`: Wang et al. 2022, 2203.11171."""
    return Vote(CoT(), n=n)


@alias("more_agents")
def more_agents(n: int = 40) -> Strategy:
    """`vote(single, n=40)`: Li et al. 2024, 2402.05120."""
    return Vote(Single(), n=n)
