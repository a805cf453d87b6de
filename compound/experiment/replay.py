"""Replaying a free selector that has no formula: its own `enough` and `select` on permutations of a pool."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, NoReturn

import numpy as np

from compound.core import Answer, Ballots, MissingSampleError, Question
from compound.strategies import Pooled
from compound.strategies.pooled import ballots

PERMUTATIONS = 100


class _NoModel:
    """Stands where a model would; a free selector asks nothing."""

    async def sample(self, *_: object, **__: object) -> NoReturn:
        raise MissingSampleError("a free selector asked the model: declare its selection as 'paid'")

    def fork(self, _: int) -> _NoModel:
        return self


def replayed_accuracy(
    strategy: Pooled,
    question: Question,
    answers: Sequence[Answer],
    right: dict[str, bool],
    rng: np.random.Generator,
    permutations: int = PERMUTATIONS,
) -> np.ndarray:
    """Mean accuracy of a free selector at every k = 1 … N over random orders of a pool, shape (N,).

    Args:
        strategy: the selector; its `n` does not matter.
        question: what was asked.
        answers: the N candidates.
        right: whether each distinct value is right.
        rng: source of the orders.
        permutations: how many orders.
    """
    total = np.zeros(len(answers))
    for _ in range(permutations):
        order = [answers[i] for i in rng.permutation(len(answers))]
        votes = ballots(question, [a.value for a in order]).votes
        stop = next((k for k in range(1, len(order)) if strategy.enough(Ballots(votes[:k]))), len(order))
        for k in range(1, len(order) + 1):
            picked = _finished(strategy.select(question, order[: min(k, stop)], _NoModel()))  # type: ignore[arg-type]
            total[k - 1] += picked.value is not None and right[picked.value]
    return total / permutations


def _finished(work: Coroutine[Any, Any, Answer]) -> Answer:
    """The result of a coroutine that awaits nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        answer: Answer = done.value
        return answer
    work.close()
    raise MissingSampleError("a free selector waited for something: declare its selection as 'paid'")
