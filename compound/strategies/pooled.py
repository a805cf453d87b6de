"""The base of every strategy that draws candidates and picks."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from compound.answers import kind_named
from compound.core import Answer, Ballots, ExpressionError, ModelFailure, Question, Step, Usage
from compound.strategies.base import Selection, Strategy

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM

T = TypeVar("T")


@dataclass(frozen=True)
class AnswerPool:
    """The parsed candidates of one question.

    Attributes:
        question: what was asked.
        values: a canonical answer for each candidate in submission order; None abstained.
        right: whether each distinct value is right.
    """

    question: Question
    values: tuple[str | None, ...]
    right: Mapping[str, bool]


@dataclass(frozen=True, repr=False)
class Pooled(Strategy):
    """Draws `n` candidates, each in its own lane, and picks.

    A subclass says how to pick (`select`) and, if it may stop early, when (`enough`).

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates at most.
    """

    selection: ClassVar[Selection] = "free"
    cost: ClassVar[str] = "n · c"

    candidate: Strategy
    n: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n < 1:
            raise ExpressionError(f"{self.name}: n must be at least 1, not {self.n}")

    def enough(self, ballots: Ballots) -> bool:
        """Whether to stop, seeing the ballots so far in submission order. Pure."""
        return False

    @abstractmethod
    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """The answer picked: a candidate as it is, or a new one; what picking took is in its usage and step."""

    def expected_accuracy(self, pools: Sequence[AnswerPool]) -> np.ndarray | None:
        """Exact expected accuracy at every k, for pools of one size; None: the rule has no formula, replay it.

        Args:
            pools: Q pools of N parsed candidates each.

        Returns:
            Shape (Q, N): question by k = 1 … N candidates.
        """
        return None

    async def solve(self, question: Question, lm: LM) -> Answer:
        """Draw, perhaps stop, pick."""
        answers: list[Answer] = []
        usage = Usage()
        # Who may stop early has to look after each candidate; everybody else draws them all at once.
        wave = self.n if type(self).enough is Pooled.enough else 1
        while len(answers) < self.n:
            drawn = await self.draw(question, lm, range(len(answers), min(self.n, len(answers) + wave)))
            answers += drawn
            usage += together(drawn)
            if wave < self.n and self.enough(ballots(question, [a.value for a in answers])):
                break
        picked = await self.select(question, answers, lm)
        if any(picked is answer for answer in answers):  # what it took is counted among the candidates
            picked = replace(picked, usage=Usage(), step=Step(self.name, picked.value))
        return pooled(self, question, answers, picked, usage + picked.usage)

    async def draw(self, question: Question, lm: LM, numbers: Iterable[int]) -> list[Answer]:
        """The candidates with these numbers, drawn at once; one whose call failed is an empty answer."""
        return await branches(self._one(question, lm.fork(i)) for i in numbers)

    async def _one(self, question: Question, lm: LM) -> Answer:
        try:
            return await self.candidate.solve(question, lm)
        except ModelFailure as failure:
            return Answer(None, failed=1, step=Step(self.candidate.name, failure=str(failure)))


def ballots(question: Question, values: Sequence[str | None]) -> Ballots:
    """The ballots of some candidates' values: equivalent answers are one answer."""
    known = [value for value in values if value is not None]
    classes = dict(zip(known, kind_named(question.kind).classes(known), strict=True))
    return Ballots(tuple(None if value is None else classes[value] for value in values))


def together(answers: Iterable[Answer]) -> Usage:
    """The usage of answers that were drawn at once."""
    usage = Usage()
    for answer in answers:
        usage |= answer.usage
    return usage


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
