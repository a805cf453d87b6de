"""What a strategy is, and how one is registered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, dataclass_transform

from compound.answers import kind_named, parse
from compound.core import Answer, ExpressionError, Question, Sample, Step
from compound.strategies import checks

if TYPE_CHECKING:
    from compound.models.lm import LM
    from compound.strategies.bound import Bound

Selection = Literal["single", "free", "paid", "interactive"]
S = TypeVar("S", bound="type[Strategy]")

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
