"""Replaying a free selector that has no formula: its own `enough` and `select` on random orders of a pool."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from compound.core import Answer, Ballots, MissingSampleError
from compound.strategies.answer_pool import AnswerPool, PoolCurve

if TYPE_CHECKING:
    import numpy as np

    from compound.strategies.pooled import Pooled

PERMUTATIONS = 100


class _NoModel:
    """Stands where a model would; a free selector asks nothing."""

    async def sample(self, *_: object, **__: object) -> NoReturn:
        raise MissingSampleError("a free selector asked the model: declare its selection as 'paid'")

    def fork(self, _: int) -> _NoModel:
        return self


def replayed(
    strategy: Pooled, pools: Sequence[AnswerPool], rng: np.random.Generator, permutations: int = PERMUTATIONS
) -> PoolCurve:
    """Mean accuracy and draws of a free selector at every k = 1 … N over random orders of each pool.

    Candidates enter as their class of equivalent answers. Sources that take turns keep their turns: only the
    order within each is random.

    Args:
        strategy: the selector; its `n` does not matter.
        pools: Q pools of N candidates.
        rng: source of the orders.
        permutations: how many orders.
    """
    import numpy as np

    size = len(pools[0].answers)
    accuracy, draws = np.zeros((len(pools), size)), np.zeros((len(pools), size))
    for place, pool in enumerate(pools):
        answers = [
            a if vote is None else replace(a, value=vote)
            for a, vote in zip(pool.answers, pool.votes.votes, strict=True)
        ]
        for _ in range(permutations):
            order = shuffled(size, pool.sources, rng)
            right, drawn = _once(strategy, pool, [answers[i] for i in order])
            accuracy[place] += right
            draws[place] += drawn
    full = np.arange(1, size + 1) * permutations
    return PoolCurve(accuracy / permutations, "replay", None if (draws == full).all() else draws / permutations)


def shuffled(size: int, sources: int, rng: np.random.Generator) -> np.ndarray:
    """A random order of 0 … size - 1 in which the sources still take turns, shape (size,)."""
    import numpy as np

    order = np.empty(size, dtype=np.int64)
    for source in range(sources):
        order[source::sources] = rng.permutation(np.arange(source, size, sources))
    return order


def _once(strategy: Pooled, pool: AnswerPool, answers: Sequence[Answer]) -> tuple[list[float], list[int]]:
    """Whether the answer picked is right, and how many were drawn, at every cap, in one order."""
    size = len(answers)
    votes = tuple(answer.value for answer in answers)
    looks = range(strategy.wave, size, strategy.wave) if strategy.wave < strategy.n else ()
    stop = next((k for k in looks if strategy.enough(Ballots(votes[:k]))), size)
    right: list[float] = []
    for k in range(1, stop + 1):
        picked = _finished(strategy.select(pool.question, answers[:k], _NoModel()))  # type: ignore[arg-type]
        right.append(float(pool.is_right(picked.value)))
    return right + right[-1:] * (size - stop), [min(k, stop) for k in range(1, size + 1)]


def _finished(work: Coroutine[Any, Any, Answer]) -> Answer:
    """The result of a coroutine that awaits nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        answer: Answer = done.value
        return answer
    work.close()
    raise MissingSampleError("a free selector waited for something: declare its selection as 'paid'")
