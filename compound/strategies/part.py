"""What a part of an expression is: a named, frozen set of parameters; and how one is registered."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform

from compound.core import ExpressionError
from compound.strategies import checks

P = TypeVar("P", bound="type[Part]")

REGISTRY: dict[str, Callable[..., Part]] = {}


@dataclass(frozen=True, repr=False)
class Part(ABC):
    """A strategy or a scorer. A frozen dataclass: its fields are its parameters, its `repr` is its expression.

    Attributes:
        name: its name in expressions.
        paper: where it comes from.
        cost: completions that it takes, as a formula in its parameters (c: those of one candidate, s: those of
            scoring one); `<=` in front where it may take fewer.
        needs: abilities that it needs of a model (`logprobs`, `scores`), or of this machine (`sandbox`).
        experimental: what would exercise it, where no recording and no local model can; empty if exercised.
    """

    name: ClassVar[str]
    paper: ClassVar[str] = ""
    cost: ClassVar[str] = "1"
    needs: ClassVar[frozenset[str]] = frozenset()
    experimental: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for parameter in fields(self):
            if isinstance(value := getattr(self, parameter.name), list):
                object.__setattr__(self, parameter.name, tuple(value))
        checks.check_types(self)

    def inner(self) -> Iterator[Part]:
        """The parts directly inside it."""
        for parameter in fields(self):
            value = getattr(self, parameter.name)
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, Part):
                    yield one

    def __repr__(self) -> str:
        from compound.strategies.expression import write

        return write(self)


@dataclass_transform(frozen_default=True)
def strategy(name: str) -> Callable[[P], P]:
    """Make a class a frozen dataclass and register it under its name in expressions.

    Raises:
        ExpressionError: another strategy or scorer has the name already.
    """

    def register(cls: P) -> P:
        dataclass(frozen=True, repr=False)(cls)  # changes the class in place
        cls.name = name
        _claim(name, cls)
        return cls

    return register


scorer = strategy  # a scorer is registered the same way


def alias(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function that builds a strategy under the name that people look for."""

    def register(build: Callable[..., Any]) -> Callable[..., Any]:
        _claim(name, build)
        return build

    return register


def _claim(name: str, make: Callable[..., Part]) -> None:
    holder = REGISTRY.get(name, make)
    # The same definition run again (a reload, a notebook cell) takes the place of the older one.
    if (holder.__module__, holder.__qualname__) != (make.__module__, make.__qualname__):
        raise ExpressionError(
            f"two strategies are called '{name}': {holder.__module__}.{holder.__qualname__} and "
            f"{make.__module__}.{make.__qualname__}; rename one"
        )
    REGISTRY[name] = make
