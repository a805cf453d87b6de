"""What a run needs, loaded and checked before anything is bought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from compound.answers import check_golds
from compound.core import Question
from compound.experiment.config import Experiment
from compound.experiment.fitting import announced, needs_fitting, training
from compound.experiment.planning.calls import arm_calls, fitting_calls, pool_calls
from compound.experiment.pools import Arm, Drawing
from compound.models.recorded import PREFIX, check_recording
from compound.sandbox import Sandbox
from compound.strategies import CoT
from compound.strategies.needs import check_needs
from compound.tasks import Task


@dataclass(frozen=True)
class Plan:
    """What a run will do at most.

    Attributes:
        arms: each strategy on each task, screened or not.
        calls: completions a task at most, those of screening, fitting and greedy answers included. Arms that share
            draws are counted as if they did not; `forecast` knows better. Infinite where nobody knows.
        notices: what the user should read first.
    """

    arms: list[Arm]
    calls: dict[str, float]
    notices: tuple[str, ...] = ()


def plan(experiment: Experiment) -> Plan:
    """Load and check everything that a run needs, without a model."""
    tasks, strategies = experiment.loaded(), experiment.parsed()
    for task in tasks:
        check_golds(_used(task, experiment))
    arms = [Arm(task, strategy) for task in tasks for strategy in strategies]
    calls = {task.name: 0.0 for task in tasks}
    for arm in arms:
        each = arm_calls(arm, replicates=experiment.replicates, greedy=experiment.greedy)
        calls[arm.task.name] += len(arm.task.questions()) * each
        if needs_fitting(arm.strategy):
            calls[arm.task.name] += len(training(arm.task)) * fitting_calls(arm.strategy)
    if experiment.screen:
        for name, trial in trials(arms).items():
            questions = trial.task.questions("screen", experiment.screen.questions)
            calls[name] += len(questions) * pool_calls(trial, experiment.screen.samples)
    return Plan(arms, calls, (*_recording(experiment, arms), *announced(arms)))


def trials(arms: Sequence[Arm]) -> dict[str, Arm]:
    """What every task is screened with: its first strategy that has nothing to learn, else a chain of thought.

    What fails the screening is not fitted.
    """
    chosen = {arm.task.name: arm for arm in reversed(arms) if not needs_fitting(arm.strategy)}
    return {
        arm.task.name: Arm(arm.task, chosen[arm.task.name].strategy if arm.task.name in chosen else CoT())
        for arm in arms
    }


async def check(drawing: Drawing, arms: Iterable[Arm]) -> None:
    """Make sure that the models and this machine can do what the strategies need, before anything is paid."""
    by_strategy = {arm.strategy: arm for arm in arms}
    for strategy, arm in by_strategy.items():
        if questions := arm.task.questions():
            if questions[0].kind == "code":
                await Sandbox().run("")
            await check_needs(strategy, drawing.session.lm(drawing.model, questions[0]))


def _used(task: Task, experiment: Experiment) -> list[Question]:
    """The questions whose golds matter: those that are asked, and worked examples.

    A program's gold takes a second to check, since it is run; those of worked examples are only shown.
    """
    asked = list(task.questions())
    if experiment.screen:
        asked += task.questions("screen", experiment.screen.questions)
    return asked + [example for example in task.splits.get("train", ()) if example.kind != "code"]


def _recording(experiment: Experiment, arms: Sequence[Arm]) -> tuple[str, ...]:
    """Make sure that a recording has what the arms will ask for."""
    if not experiment.model.startswith(PREFIX):
        return ()
    notes = [
        note
        for arm in arms
        for note in check_recording(experiment.model, (q.id for q in arm.task.questions()), arm.draws)
    ]
    return tuple(dict.fromkeys(notes))
