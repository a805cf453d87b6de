"""The questions of a recorded pool as a task: `recorded/NAME`. All of them are its `test` split."""

from __future__ import annotations

from compound.answers import kind_named
from compound.core import TaskError
from compound.store.pools import PREFIX, Pool
from compound.tasks.task import Task

__all__ = ["PREFIX", "load_recorded"]


def load_recorded(name: str, kind: str | None = None) -> Task:
    """The task of a pool.

    Args:
        name: `recorded/NAME`.
        kind: read the answers anew, out of the texts, by this kind; None: as the pool was imported.

    Raises:
        SamplesError: there is no such pool.
        TaskError: the kind is unknown.
    """
    if kind is not None:
        kind_named(kind)
    with Pool(name) as pool:
        if kind == "choice" and not all(question.choices for question in pool.questions()):
            raise TaskError(
                f"{name}: kind 'choice' needs the choices of every question, which the pool does not have"
            )
        questions = tuple(pool.questions(kind))
        facts = pool.facts
    return Task(f"{PREFIX}{facts.name}", {"test": questions}, f"{facts.source}, {facts.samples:,} samples")
