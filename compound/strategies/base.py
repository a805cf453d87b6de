"""What a strategy is, and the base of every strategy that draws candidates and picks one."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, dataclass_transform

from compound.answers import kind_named, parse
from compound.core import Answer, Ballots, ExpressionError, ModelFailure, Question, Sample, Step, Usage
from compound.strategies import checks

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM
    from compound.strategies.bound import Bound

Selection = Literal["single", "free", "paid", "interactive"]
S = TypeVar("S", bound="type[Strategy]")
T = TypeVar("T")

REGISTRY: dict[str, Callable[..., Strategy]] = {}


@dataclass(frozen=True, repr=False)
class Strategy(ABC):
    """A way to answer a question with a model. A frozen dataclass: its fields are its parameters.

    Subclass it with `@strategy("name")`; its `repr` is then its expression, and parses back to an equal one.

    Attributes:
        name: its name in expressions.
        selection: how its cost curve is found. `single`: one answer. `free`: picking among candidates asks
            nothing more, so every k is exact from one pool. `paid`: picking asks the model. `interactive`:
            candidates see each other.
        paper: where it comes from.
        cost: completions a question, as a formula in its parameters (c: those of its candidate).
    """

    name: ClassVar[str]
    selection: ClassVar[Selection] = "single"
    paper: ClassVar[str] = ""
    cost: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        for parameter in fields(self):
            if isinstance(value := getattr(self, parameter.name), list):
                object.__setattr__(self, parameter.name, tuple(value))
        checks.check_types(self)

    @abstractmethod
    async def solve(self, question: Question, lm: LM) -> Answer:
        """Answer a question. Runs on the background loop; `run` and `arun` are for everybody else.

        A call that fails after its retries raises `ModelFailure` from a single call, and is a failed
        candidate in a pool. Unreadable replies abstain: the value is None.
        """

    def run(
        self,
        question: Question | str,
        *,
        model: str,
        kind: str = "text",
        store: Path | str | None = None,
        base_url: str | None = None,
        **parameters: Any,
    ) -> Answer:
        """Answer one question and wait for it.

        Args:
            question: a question, or its text.
            model: any LiteLLM id, `local/…` or `sim/…`.
            kind: the answer kind of a question given as text.
            store: a sample store to look in and to file in; None keeps nothing.
            base_url: address of an OpenAI-compatible server.
            parameters: sampling parameters (`temperature=0.7`, `max_tokens=500`, …).

        Raises:
            UserError: unknown model, missing key, …: the message says what to do.
            ModelFailure: the answer's only call failed after its retries.
        """
        from compound.models.session import wait_for

        return wait_for(self._solve_alone(question, model, kind, store, base_url, parameters))

    async def arun(
        self,
        question: Question | str,
        *,
        model: str,
        kind: str = "text",
        store: Path | str | None = None,
        base_url: str | None = None,
        **parameters: Any,
    ) -> Answer:
        """Like `run`, awaited from any event loop."""
        from compound.models.session import hop

        return await hop(self._solve_alone(question, model, kind, store, base_url, parameters))

    async def _solve_alone(
        self,
        question: Question | str,
        model: str,
        kind: str,
        store: Path | str | None,
        base_url: str | None,
        parameters: dict[str, Any],
    ) -> Answer:
        from compound.models.session import Session

        kind_named(kind)
        asked = Question(question, kind) if isinstance(question, str) else question
        async with Session(store, base_url=base_url) as session:
            return await self.solve(asked, session.lm(model, asked, parameters=parameters))

    def __matmul__(self, model: str) -> Bound:
        from compound.strategies.bound import Bound

        return Bound(self, model)

    def __repr__(self) -> str:
        from compound.strategies.expression import write

        return write(self)

    def _leaf(self, question: Question, sample: Sample) -> Answer:
        """The answer that one completion states."""
        value = parse(sample, question)
        return Answer(
            value,
            sample.text,
            {} if value is None else {value: 1},
            abstained=int(value is None),
            usage=sample.usage,
            step=Step(self.name, value, (sample,)),
        )


@dataclass_transform(frozen_default=True)
def strategy(name: str) -> Callable[[S], S]:
    """Make a class a frozen dataclass and register it under its name in expressions.

    Raises:
        ExpressionError: another strategy has the name already.
    """

    def register(cls: S) -> S:
        dataclass(frozen=True, repr=False)(cls)  # changes the class in place
        cls.name = name
        _claim(name, cls)
        return cls

    return register


def alias(name: str) -> Callable[[Callable[..., Strategy]], Callable[..., Strategy]]:
    """Register a function that builds a strategy under the name that people look for."""

    def register(build: Callable[..., Strategy]) -> Callable[..., Strategy]:
        _claim(name, build)
        return build

    return register


def _claim(name: str, make: Callable[..., Strategy]) -> None:
    holder = REGISTRY.get(name, make)
    # The same definition run again (a reload, a notebook cell) takes the place of the older one.
    if (holder.__module__, holder.__qualname__) != (make.__module__, make.__qualname__):
        raise ExpressionError(
            f"two strategies are called '{name}': {holder.__module__}.{holder.__qualname__} and "
            f"{make.__module__}.{make.__qualname__}; rename one"
        )
    REGISTRY[name] = make


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
