"""Fitting: what a strategy learns from questions that it is never judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from compound.core import ExpressionError, Question, TaskError, Usage
from compound.strategies.base import Strategy
from compound.strategies.bound import Bound
from compound.strategies.part import Part
from compound.strategies.pooled import branches

if TYPE_CHECKING:
    from compound.models.lm import LM

T = TypeVar("T")
Ask = Callable[[Question], "LM"]


@dataclass(frozen=True)
class Fitted:
    """What fitting gave.

    Attributes:
        strategy: with what it learnt in its fields, so its expression can be pasted and parsed.
        usage: what fitting took. It is no part of the cost of answering; an experiment reports it apart.
        split: the hash of the questions that it learnt from (`split_hash`); empty if there was nothing to learn.
        said: for each part that learnt something how it chose, such as the sweep over its thresholds.
    """

    strategy: Strategy
    usage: Usage = field(default_factory=Usage)
    split: str = ""
    said: tuple[dict[str, Any], ...] = ()


def split_hash(questions: Sequence[Question]) -> str:
    """16 hexadecimal digits of a hash over the sorted ids of some questions."""
    ids = sorted(question.id for question in questions)
    return hashlib.sha256("\n".join(ids).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def unfitted(part: Part) -> Iterator[Strategy]:
    """The strategies in a part, itself included, that have to learn something before they can answer."""
    for one in part.inner():
        yield from unfitted(one)
    if isinstance(part, Strategy) and part.unfitted:
        yield part


def check_fitted(part: Part) -> None:
    """Make sure that nothing in a part has still to learn something.

    Raises:
        ExpressionError: names the part, what it lacks, and the way out.
    """
    for one in unfitted(part):
        raise ExpressionError(
            f"{one.name} has not learnt {one.unfitted}: an experiment fits it on the 'train' split of its task "
            "(compound run), fit(train, ask) does elsewhere, and the expression of what was fitted can be pasted"
        )


async def fit_inside_out(strategy: Strategy, train: Sequence[Question], ask: Ask) -> Fitted:
    """Fit the parts inside a strategy, then the strategy itself.

    Raises:
        TaskError: there is something to learn, and no question to learn it from, or one without a gold answer.
    """
    if not any(unfitted(strategy)):
        return Fitted(strategy)
    if not train or not all(question.golds for question in train):
        raise TaskError(f"{strategy.name} is fitted on questions whose answers are known: give it some")
    inner: list[Fitted] = []

    async def fitted(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple([await fitted(one) for one in value])
        if not isinstance(value, Strategy):
            return value
        inner.append(await fit_inside_out(value, train, _bound(strategy, ask)))
        return inner[-1].strategy

    whole = replace(strategy, **{f.name: await fitted(getattr(strategy, f.name)) for f in fields(strategy)})
    own = await whole.learn(train, ask) if whole.unfitted else Fitted(whole)
    usage = own.usage
    for one in inner:
        usage = one.usage + usage
    return Fitted(own.strategy, usage, split_hash(train), (*(s for one in inner for s in one.said), *own.said))


def _bound(strategy: Strategy, ask: Ask) -> Ask:
    return (lambda question: ask(question).at(strategy.model)) if isinstance(strategy, Bound) else ask


async def each(
    train: Sequence[Question], ask: Ask, work: Callable[[Question, LM], Coroutine[Any, Any, T]]
) -> list[T]:
    """What some work found on every question, all at once."""
    return await branches(work(question, ask(question)) for question in train)
