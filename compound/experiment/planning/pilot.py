"""A pilot: every arm drawn for real on a few questions that the run will not be judged on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from compound.core import BudgetExhaustedError, Draw, Observer, Question, Sample, Started, Usage
from compound.experiment.config import Experiment
from compound.experiment.fitting import needs_fitting
from compound.experiment.plan import Plan, check
from compound.experiment.pools import Arm, Drawing, Pool, draw_arm
from compound.models.session import Session
from compound.tasks import Task

UNITS = ("calls", "tokens_in", "tokens_out", "usd", "seconds")


@dataclass
class Pilot:
    """What a few questions took.

    Attributes:
        arms: the arms with their pools; those with something to learn are left out.
        splits: the split that the questions of each task come from.
        new: what each arm took on each question beyond what the arms before it had drawn: a row a question, columns
            as `UNITS` (NaN: unknown; seconds add up over calls), by task and strategy. Shape (N, 5).
        alone: the same as if the arm had come first.
        batched: whether one prompt was sent for several completions.
        spent: what was paid, and what calls without a readable reply may have cost.
        stopped: why it ended early; empty if it did not.
    """

    arms: list[Arm] = field(default_factory=list)
    splits: dict[str, str] = field(default_factory=dict)
    new: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    alone: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    batched: bool = False
    spent: Usage = field(default_factory=Usage)
    lost: Usage = field(default_factory=Usage)
    stopped: str = ""

    @property
    def blind(self) -> bool:
        """Whether questions were used that the run is judged on: then nobody looks at accuracies."""
        return "test" in self.splits.values()


async def draw_pilot(
    experiment: Experiment, prepared: Plan, questions: int, session: Session, observer: Observer
) -> Pilot:
    """Draw every arm on a few questions a task, within the caps of the session's budget.

    Questions are taken from the `screen` split, else from the end of `train` (worked examples are taken from its
    beginning), and only where both are too short from `test`.

    Raises:
        BudgetExhaustedError: the budget does not allow a single question of an arm.
    """
    drawing = Drawing(session, experiment.model, experiment.parameters, experiment.replicates, experiment.greedy)
    arms = [Arm(arm.task, arm.strategy) for arm in prepared.arms if not needs_fitting(arm.strategy)]
    await check(drawing, arms)
    found = Pilot(arms)
    chosen: dict[str, tuple[Question, ...]] = {}
    for task in {arm.task.name: arm.task for arm in arms}.values():
        found.splits[task.name], chosen[task.name] = _questions(task, questions)
    try:
        for arm in arms:
            some = chosen[arm.task.name]
            draws = arm.bought(drawing.replicates) + drawing.greedy
            observer.notify(Started(arm.task.name, len(some), draws * len(some)))
            session.budget.renew()
            await draw_arm(drawing, arm, some, observer)
    except BudgetExhaustedError as error:
        found.stopped = str(error)
    _measure(found)
    found.spent, found.lost = session.budget.spent, session.budget.lost
    if arms and not found.new:
        raise BudgetExhaustedError(f"the pilot has no complete question yet. {found.stopped}")
    return found


def _questions(task: Task, wanted: int) -> tuple[str, tuple[Question, ...]]:
    """Questions of a task for a pilot, and the split that they come from."""
    if len(task.splits.get("screen", ())) >= wanted:
        return "screen", task.questions("screen", wanted)
    if len(task.splits.get("train", ())) >= wanted:
        return "train", task.questions("train")[-wanted:]
    return "test", task.questions("test", wanted)


def _measure(pilot: Pilot) -> None:
    """Fill in what each arm took; an arm with fewer questions than the others was stopped, and counts as it is."""
    known: set[Draw] = set()
    for arm in pilot.arms:
        drawn = [_samples(pool) for pool in arm.pools]
        if drawn:
            name = (arm.task.name, repr(arm.strategy))
            pilot.alone[name] = np.array([_took(samples.values()) for samples in drawn])
            pilot.new[name] = np.array(
                [_took(s for draw, s in samples.items() if draw not in known) for samples in drawn]
            )
        known.update(draw for samples in drawn for draw in samples)
        pilot.batched |= any(s.batch > 1 for samples in drawn for s in samples.values())


def _samples(pool: Pool) -> dict[Draw, Sample]:
    """Every sample of a question, once."""
    answers = [*pool.answers, *(a for row in pool.picked.values() for a in row), pool.greedy]
    return {s.draw: s for answer in answers if answer for s in answer.samples if s.draw}


def _took(samples: Iterable[Sample]) -> list[float]:
    """Calls, tokens in and out, dollars, and seconds of calls; a call for many completions is counted once."""
    total, by_call = Usage(), {}
    for sample in samples:
        total |= sample.usage
        by_call[sample.call or sample.draw] = sample.seconds
    usd = np.nan if total.usd is None else total.usd
    return [total.calls, total.tokens_in, total.tokens_out, usd, sum(by_call.values())]
