"""Drawing: the pool of every question, several questions at once, each finished before new ones are opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from compound.answers import grade
from compound.core import Answer, MissingAbilityError, ModelFailure, Notice, Observer, Progressed, Question, Step
from compound.models.session import Session
from compound.strategies import AnswerPool, Pooled, Strategy
from compound.tasks import Task


@dataclass(frozen=True)
class Pool:
    """What a strategy's candidates said on one question.

    Attributes:
        question: what was asked.
        answers: one answer a candidate, in submission order; for a strategy without a pool one a replicate.
        greedy: the answer at temperature 0, if it was asked for.
    """

    question: Question
    answers: tuple[Answer, ...]
    greedy: Answer | None = None

    @cached_property
    def values(self) -> tuple[str | None, ...]:
        """The parsed answers; None abstained, or is owed because its call failed."""
        return tuple(answer.value for answer in self.answers)

    @cached_property
    def right(self) -> dict[str, bool]:
        """Whether each distinct value is right."""
        return {value: grade(value, self.question) for value in set(self.values) if value is not None}

    @property
    def owed(self) -> int:
        """Candidates without a sample, since their calls failed."""
        return sum(answer.failure is not None for answer in self.answers)

    def view(self) -> AnswerPool:
        """What a strategy sees of it."""
        return AnswerPool(self.question, self.values, self.right)


@dataclass
class Arm:
    """One strategy on one task: its pools as they were drawn."""

    task: Task
    strategy: Strategy
    pools: list[Pool] = field(default_factory=list)

    @property
    def free(self) -> bool:
        """Whether every k follows from one pool."""
        return isinstance(self.strategy, Pooled) and self.strategy.selection == "free"

    @property
    def draws(self) -> int:
        """Candidates a question."""
        return self.strategy.n if self.free and isinstance(self.strategy, Pooled) else 1

    @property
    def candidate(self) -> Strategy:
        """What draws one candidate."""
        return self.strategy.candidate if self.free and isinstance(self.strategy, Pooled) else self.strategy


@dataclass(frozen=True)
class Drawing:
    """How pools are drawn: session, model, sampling parameters, and whether greedy answers are wanted."""

    session: Session
    model: str
    parameters: dict[str, Any]
    replicates: int = 1
    greedy: bool = True

    async def pool(self, arm: Arm, question: Question, observer: Observer, draws: int | None = None) -> Pool:
        """The pool of one question; a rerun finds every sample of it in the store."""
        lm = self.session.lm(self.model, question, parameters=self.parameters, observer=observer)
        if arm.free and isinstance(arm.strategy, Pooled):
            drawing: Awaitable[list[Answer]] = arm.strategy.draw(question, lm, range(draws or arm.draws))
        else:
            drawing = asyncio.gather(*(self._replicate(arm, question, r, observer) for r in range(self.replicates)))
        greedy, answers = await asyncio.gather(self._greedy(arm, question, observer), drawing)
        return Pool(question, tuple(answers), greedy)

    async def _replicate(self, arm: Arm, question: Question, replicate: int, observer: Observer) -> Answer:
        lm = self.session.lm(
            self.model, question, replicate=replicate, parameters=self.parameters, observer=observer
        )
        return await _answered(arm.strategy, question, lm)

    async def _greedy(self, arm: Arm, question: Question, observer: Observer) -> Answer | None:
        if not self.greedy:
            return None
        lm = self.session.lm(
            self.model, question, parameters={**self.parameters, "temperature": 0}, observer=observer
        )
        try:
            return await _answered(arm.candidate, question, lm)
        except MissingAbilityError as error:
            observer.notify(Notice(f"no greedy baseline: {error}"))
            return None


async def _answered(strategy: Strategy, question: Question, lm: Any) -> Answer:
    try:
        return await strategy.solve(question, lm)
    except ModelFailure as failure:
        return Answer(None, failed=1, step=Step(strategy.name, failure=str(failure)))


async def in_order(
    questions: Sequence[Question],
    work: Callable[[Question], Awaitable[Pool]],
    open_at_once: int,
) -> AsyncIterator[Pool]:
    """The pools of the questions, in order, with at most so many questions open.

    Opened in order and finished first come, so a killed run leaves complete questions. When one raises, the open
    ones are cancelled; what they bought is kept.
    """
    waiting: list[asyncio.Future[Pool]] = []
    upcoming = iter(questions)
    try:
        while True:
            while len(waiting) < open_at_once and (question := next(upcoming, None)) is not None:
                waiting.append(asyncio.ensure_future(work(question)))
            if not waiting:
                return
            yield await waiting[0]
            waiting.pop(0)
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def draw_arm(
    drawing: Drawing, arm: Arm, questions: Sequence[Question], observer: Observer, draws: int | None = None
) -> None:
    """Fill an arm with the pools of these questions; those that are complete stay if something raises."""
    traits = drawing.session.client(drawing.model).backend.traits
    calls = -(-(draws or arm.draws) // traits.batch)
    open_at_once = max(4, 2 * traits.highest // calls)

    async def work(question: Question) -> Pool:
        pool = await drawing.pool(arm, question, observer, draws)
        observer.notify(Progressed(arm.task.name, question.id))
        return pool

    async for pool in in_order(questions, work, open_at_once):
        arm.pools.append(pool)
