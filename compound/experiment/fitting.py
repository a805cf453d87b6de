"""Fitting the strategies of an experiment on the `train` split of each task, before anything is judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compound.core import Notice, Observer, Progressed, Question, Started, TaskError, Usage
from compound.experiment.pools import Arm, Drawing
from compound.strategies import Strategy
from compound.strategies.fitted import unfitted
from compound.tasks import Task

QUESTIONS = 200
"""Questions of a task that are fitted on at most: the first of its `train` split, whose order is seeded."""


def needs_fitting(strategy: Strategy) -> bool:
    """Whether something in a strategy has still to learn something."""
    return any(unfitted(strategy))


def training(task: Task) -> tuple[Question, ...]:
    """The questions that strategies are fitted on.

    Raises:
        TaskError: there is no `train` split; or a question of it is among those that are judged.
    """
    if not task.splits.get("train"):
        raise TaskError(
            f"task '{task.name}' has no questions in a 'train' split to fit strategies on: set some aside "
            "(`examples: 50` of a file or hub data set), take another task, or paste an expression fitted elsewhere"
        )
    train = task.questions("train", QUESTIONS)
    judged = [question for split in ("test", "screen") for question in task.splits.get(split, ())]
    ids = {question.id for question in judged}
    contents = {(question.text, question.choices) for question in judged}
    for question in train:
        if question.id in ids or (question.text, question.choices) in contents:
            raise TaskError(
                f"task '{task.name}': question {question.id} ({question.text[:60]!r}) is in 'train' and among "
                "those that are judged: what is fitted on it cannot be judged by it; take it out of one of them"
            )
    return train


def announced(arms: Sequence[Arm]) -> tuple[str, ...]:
    """What the user should read before the run: what is fitted, and on how many questions."""
    return tuple(
        f"{arm.strategy!r} is fitted on {len(training(arm.task))} training questions of {arm.task.name} first"
        for arm in arms
        if needs_fitting(arm.strategy)
    )


async def fit_arms(drawing: Drawing, arms: Sequence[Arm], observer: Observer) -> None:
    """Fit what needs it, each arm on the `train` split of its own task; a rerun finds every sample in the store."""
    for arm in arms:
        if not needs_fitting(arm.strategy):
            continue
        train = training(arm.task)
        name = f"fitting on {arm.task.name}"
        observer.notify(Started(name, len(train), len(train) * arm.bought(1)))
        arm.fitted = await arm.strategy.fit(train, lambda question: drawing.root(question, observer))
        for question in train:
            observer.notify(Progressed(name, question.id))
        observer.notify(Notice(f"{arm.strategy!r} on {arm.task.name}: fitted as {arm.fitted.strategy!r}"))


def ledgers(arms: Sequence[Arm]) -> list[dict[str, Any]]:
    """What run.json says of every fitted arm: the expression, the split, what fitting takes, and how it chose.

    `per_question` spreads it over the questions that were judged; it is no part of the cost in the curves.
    """
    return [
        {
            "task": arm.task.name,
            "strategy": repr(arm.strategy),
            "fitted": repr(arm.fitted.strategy),
            "split": arm.fitted.split,
            "questions": len(training(arm.task)),
            "usage": _parts(arm.fitted.usage, 1),
            "per_question": _parts(arm.fitted.usage, arm.answered),
            "said": list(arm.fitted.said),
        }
        for arm in arms
        if arm.fitted is not None and arm.answered
    ]


def _parts(usage: Usage, questions: int) -> dict[str, float | None]:
    parts = ("calls", "tokens_in", "tokens_out", "usd", "seconds")
    return {part: None if (value := getattr(usage, part)) is None else value / questions for part in parts}
