"""The base of every strategy that draws candidates and picks."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from compound.core import Answer, Ballots, ExpressionError, ModelFailure, Question, Step, Usage, in_parallel
from compound.strategies.answer_pool import AnswerPool, PoolCurve, ballots
from compound.strategies.base import Selection, Strategy
from compound.strategies.scorer import Score, Scorer

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Pooled(Strategy):
    """Draws `n` candidates, each in its own lane, and picks.

    A subclass says how to pick (`select`) and, if it may stop early, when (`enough`) and how many it draws
    before it looks (`wave`).

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates at most.
    """

    selection: ClassVar[Selection] = "free"
    cost: ClassVar[str] = "n * c"

    candidate: Strategy
    n: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n < 1:
            raise ExpressionError(f"{self.name}: n must be at least 1, not {self.n}")

    @property
    def scorer(self) -> Scorer | None:
        """Who scores each candidate in its own lane, if anybody does."""
        return None

    @property
    def wave(self) -> int:
        """Candidates drawn at once, before `enough` is asked again: one by one if it may say so, else all."""
        return self.n if type(self).enough is Pooled.enough else 1

    def enough(self, ballots: Ballots) -> bool:
        """Whether to stop, seeing the ballots so far in submission order. Pure."""
        return False

    @abstractmethod
    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """The answer picked: a candidate as it is, or a new one; what picking took is in its usage and step.

        It raises for none: without a readable candidate it abstains.
        """

    def curve(self, pools: Sequence[AnswerPool], rng: np.random.Generator) -> PoolCurve:
        """Expected accuracy and draws at every k = 1 … N, for Q pools of N candidates each.

        Without a formula of its own a free selector is replayed: `enough` and `select` on random orders.

        Args:
            pools: Q pools of one size.
            rng: source of the orders.
        """
        from compound.strategies.replay import replayed

        return replayed(self, pools, rng)

    async def solve(self, question: Question, lm: LM) -> Answer:
        """Draw, perhaps stop, pick."""
        answers: list[Answer] = []
        usage = Usage()
        while len(answers) < self.n:
            drawn = await self.draw(question, lm, range(len(answers), min(self.n, len(answers) + self.wave)))
            answers += drawn
            usage += together(drawn)
            if len(answers) < self.n and self.enough(ballots(question, [a.value for a in answers])):
                break
        return await self.pick(question, answers, lm, usage)

    async def pick(self, question: Question, answers: Sequence[Answer], lm: LM, usage: Usage) -> Answer:
        """The final answer from candidates that took `usage`: what was picked, with all that led to it."""
        picked = await self.select(question, answers, lm)
        if any(picked is answer for answer in answers):  # what it took is counted among the candidates
            picked = replace(picked, usage=Usage(), step=Step(self.name, picked.value))
        return pooled(self, question, answers, picked, usage + picked.usage)

    async def draw(self, question: Question, lm: LM, numbers: Iterable[int]) -> list[Answer]:
        """The candidates with these numbers, drawn at once and scored; one whose call failed is an empty answer."""
        if self.scorer is not None and self.scorer.asks:
            lm = lm.bind(**self.scorer.asks)
        return await branches(self._one(question, lm.fork(i)) for i in numbers)

    async def _one(self, question: Question, lm: LM) -> Answer:
        answer = await attempt(self.candidate, question, lm)
        if self.scorer is None or answer.value is None:
            return answer
        return _scored(answer, await _score(self.scorer, question, answer, lm))


async def attempt(part: Strategy, question: Question, lm: LM) -> Answer:
    """A part's answer; one whose only call failed is an empty answer with the reason."""
    try:
        return await part.solve(question, lm)
    except ModelFailure as failure:
        return Answer(None, failed=1, step=Step(part.name, failure=str(failure)))


async def _score(scorer: Scorer, question: Question, answer: Answer, lm: LM) -> Score:
    try:
        return await scorer.score(question, answer, lm)
    except ModelFailure as failure:
        return Score(None, step=Step(scorer.name, failure=str(failure)))


def _scored(answer: Answer, score: Score) -> Answer:
    """A candidate with its score and what scoring took."""
    asked = (score.step,) if score.step else ()
    step = replace(answer.step, children=(*answer.step.children, *asked))
    return replace(answer, score=score.value, usage=answer.usage + score.usage, step=step)


def together(answers: Iterable[Answer]) -> Usage:
    """The usage of answers that were drawn at once."""
    return in_parallel(answer.usage for answer in answers)


def pooled(who: Strategy, question: Question, answers: Sequence[Answer], picked: Answer, usage: Usage) -> Answer:
    """The final answer of a pool: what was picked, with all that led to it and what that took."""
    votes = ballots(question, [a.value for a in answers])
    failed = sum(answer.failure is not None for answer in answers)
    failure = "every candidate failed: " + str(answers[0].failure) if failed == len(answers) else None
    return replace(
        picked,
        ballots=votes.counts,
        abstained=votes.abstained - failed,
        failed=failed,
        usage=usage,
        step=Step(
            who.name,
            picked.value,
            picked.step.samples,
            (*(answer.step for answer in answers), *picked.step.children),
            failure,
        ),
    )


async def branches(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run branches at once; if one raises, the others are cancelled (what they bought is kept)."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
