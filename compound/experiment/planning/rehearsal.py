"""A rehearsal: the run as it will be, up to the replies that are not in the store yet.

The runner's own code asks; nobody answers but the store. What is asked and missing would have been bought, in the
very calls that would have been sent. Draws that several arms share are named once, as in the store. What depends on
the missing replies is bounded by the cost formulas.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from compound.core import Draw, Observer, Question, Sample, Silent
from compound.experiment.config import Experiment
from compound.experiment.fitting import fit_arms, needs_fitting, training
from compound.experiment.plan import Plan, trials
from compound.experiment.planning.calls import arm_calls, arm_fixed, fitting_calls, most_calls, pool_calls
from compound.experiment.pools import Arm, Drawing
from compound.models.backend import Backend
from compound.models.client import Client
from compound.models.session import Session
from compound.models.settings import UNSET
from compound.strategies import Strategy, needs

_QUIET = 100  # turns of the loop without a new question after which everybody is taken to wait
_OPEN = 64  # questions rehearsed at once: bounds the memory


@dataclass(frozen=True)
class Block:
    """One call that would be sent: so many completions of one prompt.

    Attributes:
        model: who is asked.
        size: bytes of the prompt, an upper bound of its tokens.
        n: completions.
        max_tokens: of each.
    """

    model: str
    size: int
    n: int
    max_tokens: int


@dataclass
class Part:
    """A part of a run: one strategy on one task, a screening, or a fitting.

    Attributes:
        task: its name.
        arm: the strategy on the task; of a screening what is screened with.
        stage: `answering`, `screening` or `fitting`.
        questions: how many.
        shared: completions that parts before it ask for too.
        stored: completions that are in the store, of those it does not share.
        blocks: calls to be bought, so far as they are known.
        fewest: further completions at least, that depend on replies to come.
        most: further completions at most.
        context: replies that a prompt of those may show at most.
        prompts: bytes of the shortest and the longest prompt that was named; infinite and 0 where none was.
        max_tokens: of the longest reply that was asked for.
    """

    arm: Arm
    stage: str
    questions: int
    shared: int = 0
    stored: int = 0
    blocks: list[Block] = field(default_factory=list)
    fewest: float = 0.0
    most: float = 0.0
    context: float = 0.0
    prompts: tuple[float, int] = (math.inf, 0)
    max_tokens: int = 0

    @property
    def task(self) -> str:
        """The task's name."""
        return self.arm.task.name

    @property
    def named(self) -> int:
        """Completions to be bought whose requests are known."""
        return sum(block.n for block in self.blocks)

    @property
    def asked(self) -> float:
        """All completions at most, whoever pays for them."""
        return self.shared + self.stored + self.named + self.most


class _Listener(Client):
    """Notes what it is asked, answers from the store, and lets those who ask for more wait."""

    rehearsal: Rehearsal

    def ask(self, draw: Draw, question: Question, observer: Observer) -> asyncio.Future[Sample]:
        if not self.backend.traits.mixed:  # an embedding is no completion
            self.rehearsal.heard(draw, question)
        return super().ask(draw, question, observer)

    def _spawn(self, block: list[Any]) -> None:
        if self.backend.traits.filed and not self.backend.traits.mixed:
            self.rehearsal.owed([asked.draw for asked in block])

    async def opened(self) -> None:
        """Nobody is asked, so nothing is opened: what a model can do stays unknown here."""
        await asyncio.get_running_loop().create_future()


class Rehearsal(Session):
    """A session that names what would be bought. Use it on the background loop."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._known: set[int] = set()  # hashes: a million draws with their prompts would be gigabytes
        self._part: Part | None = None
        self.heard_of: Counter[str] = Counter()

    def _made(self, backend: Backend) -> Client:
        settings = self.models.get(backend.model, UNSET)
        client = _Listener(backend, self.store, self.budget, self.observer, self.timeout, settings)
        client.rehearsal = self
        return client

    def heard(self, draw: Draw, question: Question) -> None:
        """Somebody asks for a draw."""
        part = self._part
        assert part is not None
        self.heard_of[question.id] += 1
        size, (shortest, longest) = draw.request.prompt.size, part.prompts
        part.prompts = (min(shortest, size), max(longest, size))
        part.max_tokens = max(part.max_tokens, _max_tokens(draw))
        if hash(draw) in self._known:
            part.shared += 1
        else:
            self._known.add(hash(draw))
            part.stored += 1  # until it turns out to be owed

    def owed(self, draws: Sequence[Draw]) -> None:
        """These draws are not in the store; they would go out as one call."""
        assert self._part is not None
        request = draws[0].request
        self._part.blocks.append(Block(request.model, request.prompt.size, len(draws), _max_tokens(draws[0])))
        self._part.stored -= len(draws)

    async def listen(self, part: Part, work: Iterable[Callable[[], Awaitable[Any]]]) -> list[bool]:
        """Let some work run until it ends or waits for replies; whether each ended."""
        self._part = part
        tasks = [asyncio.ensure_future(_awaited(one())) for one in work]
        quiet, before = 0, -1
        while quiet < _QUIET and not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            total = self.heard_of.total()
            quiet, before = (quiet + 1, total) if total == before else (0, total)
        ended = [task.done() for task in tasks]
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        return ended


def _max_tokens(draw: Draw) -> int:
    return int(dict(draw.request.parameters)["max_tokens"])


async def _awaited(work: Awaitable[Any]) -> None:
    await work


async def rehearse(experiment: Experiment, prepared: Plan, session: Rehearsal) -> list[Part]:
    """The parts of a run in the order in which it buys them.

    Raises:
        UserError: what is in the store does not fit the strategies, as the run would say.
    """
    drawing = Drawing(session, experiment.model, experiment.parameters, experiment.replicates, experiment.greedy)
    for arm in prepared.arms:
        for _, model in needs.parts(arm.strategy, experiment.model):
            session.client(model)  # so that its price is known though nobody gets as far as to ask it
    parts: list[Part] = []
    if experiment.screen:
        for trial in trials(prepared.arms).values():
            quick = Drawing(session, experiment.model, experiment.parameters, greedy=False)
            questions = trial.task.questions("screen", experiment.screen.questions)
            parts.append(await _pools(quick, trial, "screening", questions, experiment.screen.samples))
    for arm in prepared.arms:
        if needs_fitting(arm.strategy):
            parts.append(await _fitting(drawing, arm))
    for arm in prepared.arms:
        part = await _pools(drawing, arm, "answering", arm.task.questions())
        # What a debate of three rounds asks in its second, one of two rounds has asked.
        if any(_may_share(part.arm, before.arm) for before in parts if before.most):
            part.fewest = 0.0
        parts.append(part)
    return parts


def _may_share(arm: Arm, other: Arm) -> bool:
    """Whether calls that depend on replies may be the same ones."""
    return arm.task is other.task and bool(_layers(arm.strategy) & _layers(other.strategy))


def _layers(strategy: Strategy) -> set[type]:
    """The classes in a strategy that ask again after the first reply."""
    inside = [one for one, _ in needs.parts(strategy, "") if isinstance(one, Strategy)]
    return {type(one) for one in inside if any(one.inner()) and one.selection != "free"}


async def _pools(
    drawing: Drawing, arm: Arm, stage: str, questions: Sequence[Question], draws: int | None = None
) -> Part:
    session = _rehearsal(drawing)
    part = Part(arm, stage, len(questions), max_tokens=_most_tokens(drawing))
    if draws is None:
        each = arm_calls(arm, replicates=drawing.replicates, greedy=drawing.greedy)
    else:
        each = pool_calls(arm, draws)
    part.context = pool_calls(arm, 1) if arm.free else most_calls(arm.solver)
    sure = arm_fixed(arm) and not needs_fitting(arm.solver)
    for some in _cut(questions):
        session.heard_of.clear()
        ended = [False] * len(some)
        if not needs_fitting(arm.solver):
            ended = await session.listen(part, [_pool(drawing, arm, question, draws) for question in some])
        for question, over in zip(some, ended, strict=True):
            further = 0.0 if over else max(0.0, each - session.heard_of[question.id])
            part.most += further
            part.fewest += further if sure else 0.0
    return part


def _pool(
    drawing: Drawing, arm: Arm, question: Question, draws: int | None
) -> Callable[[], Coroutine[Any, Any, Any]]:
    return lambda: drawing.pool(arm, question, Silent(), draws)


async def _fitting(drawing: Drawing, arm: Arm) -> Part:
    """Fitting; where the store has all that it asks for, the arm is fitted afterwards."""
    train, session = training(arm.task), _rehearsal(drawing)
    part = Part(arm, "fitting", len(train), context=most_calls(arm.solver), max_tokens=_most_tokens(drawing))
    session.heard_of.clear()
    (over,) = await session.listen(part, [lambda: fit_arms(drawing, [arm], Silent())])
    if not over:
        part.most = max(0.0, len(train) * fitting_calls(arm.strategy) - session.heard_of.total())
    return part


def _most_tokens(drawing: Drawing) -> int:
    """The longest reply, unless a strategy asks for a longer one."""
    defaults = drawing.session.client(drawing.model).backend.traits.defaults
    return int({**defaults, **drawing.parameters}["max_tokens"])


def _rehearsal(drawing: Drawing) -> Rehearsal:
    assert isinstance(drawing.session, Rehearsal)
    return drawing.session


def _cut(questions: Sequence[Question]) -> Iterator[Sequence[Question]]:
    for start in range(0, len(questions), _OPEN):
        yield questions[start : start + _OPEN]
