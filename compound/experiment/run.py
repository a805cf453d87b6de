"""The runner: load, screen, draw, analyse, write. All but the samples is derived, so a rerun buys nothing."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from compound.answers import check_golds, kind_named
from compound.answers.equivalence import mixed_groups
from compound.core import BudgetExhaustedError, ConfigError, Notice, Observer, Question, Silent, Started
from compound.experiment.analysis import POOLED, ArmCurves, curves_of, gains_of, labels_of, rows_of
from compound.experiment.config import Experiment
from compound.experiment.cost import Prices
from compound.experiment.fitting import announced, fit_arms, ledgers, needs_fitting, training
from compound.experiment.pools import Arm, Drawing, draw_arm
from compound.experiment.results import Run, write_run
from compound.experiment.rounds import Rounds, rounds_on
from compound.experiment.summary import markdown
from compound.models.backend import Backend, list_price
from compound.models.budget import Budget
from compound.models.recorded import PREFIX, check_recording
from compound.models.session import Session
from compound.sandbox import Sandbox
from compound.store import SampleStore
from compound.strategies import CoT, Strategy
from compound.strategies.needs import check_needs
from compound.tasks import Task

PACKAGES = ("compound", "numpy", "litellm", "xllamacpp")


@dataclass(frozen=True)
class Plan:
    """What a run will draw at most, before anything is bought.

    Attributes:
        arms: each strategy on each task, screened or not.
        draws: draws a task, screening and greedy answers included.
        tokens_out: completion tokens at most, were every reply as long as `max_tokens` allows.
        notices: what the user should read first.
    """

    arms: list[Arm]
    draws: dict[str, int]
    tokens_out: int
    notices: tuple[str, ...] = ()


def plan(experiment: Experiment) -> Plan:
    """Load and check everything that a run needs, without a model."""
    tasks, strategies = experiment.loaded(), experiment.parsed()
    for task in tasks:
        check_golds(_used(task, experiment))
    arms = [Arm(task, strategy) for task in tasks for strategy in strategies]
    draws: Counter[str] = Counter()
    for arm in arms:
        each = arm.bought(experiment.replicates) + experiment.greedy
        draws[arm.task.name] += len(arm.task.questions()) * each
        if needs_fitting(arm.strategy):
            draws[arm.task.name] += len(training(arm.task)) * arm.bought(1)
    if experiment.screen:
        for task in tasks:
            questions = task.questions("screen", experiment.screen.questions)
            draws[task.name] += len(questions) * experiment.screen.samples
    tokens_out = sum(draws.values()) * int(experiment.parameters.get("max_tokens", 1024))
    return Plan(arms, dict(draws), tokens_out, (*_recording(experiment, arms), *announced(arms)))


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


async def run(
    experiment: Experiment,
    *,
    results: Path,
    store: SampleStore | Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Run an experiment: draw what is missing, and write the results.

    Args:
        experiment: the config.
        results: the folder of all results; this run's is `results/<name>`.
        store: the sample store; None: `results/samples.db`.
        observer: told of progress.

    Returns:
        What was found. If a budget ran out, of the complete questions, with `stopped` saying why.

    Raises:
        UserError: the user must do something; what was bought is in the store.
    """
    observer = observer or Silent()
    prepared = plan(experiment)
    for notice in prepared.notices:
        observer.notify(Notice(notice))
    began = time.time()
    caps = experiment.budget
    budget = Budget(caps.usd, caps.tokens, caps.minutes * 60 if caps.minutes else None)
    session = Session(
        store if store is not None else results / "samples.db",
        budget=budget,
        observer=observer,
        base_url=experiment.base_url,
    )
    async with session:
        drawing = Drawing(
            session, experiment.model, experiment.parameters, experiment.replicates, experiment.greedy
        )
        stopped, screened, arms = None, {}, prepared.arms
        await _check(drawing, prepared)
        try:
            if experiment.screen:
                screened = await _screen(drawing, prepared, experiment, observer)
                arms = [arm for arm in arms if screened[arm.task.name][1]]
                if not arms:
                    raise ConfigError(_nothing_kept(experiment, screened))
            await fit_arms(drawing, arms, observer)
            await _draw(drawing, arms, observer)
        except BudgetExhaustedError as error:
            stopped = f"{error}. What was drawn is kept: raise `budget` and run again to go on."
        complete = [arm for arm in arms if arm.pools]
        if not complete:
            raise BudgetExhaustedError(f"nothing is complete yet. {stopped}")
        client = session.client(experiment.model)
        prices = Prices({each.backend.model: list_price(each.backend) for each in session.clients})
        curves = [
            curves_of(arm, batch=client.batch, prices=prices, seed=experiment.seed, others=complete)
            for arm in complete
        ]
        facts = _facts(experiment, curves, _tier(client.backend))
        facts["began"], facts["seconds"] = began, time.time() - began
        facts["spent"] = {
            "usd": budget.spent.usd, "completions": budget.spent.calls,
            "tokens_in": budget.spent.tokens_in, "tokens_out": budget.spent.tokens_out,
            "lost_usd": budget.lost.usd, "lost_tokens": budget.lost.tokens,
        }  # fmt: skip
        facts["limits"] = client.limiter.history
        facts["fitted"] = ledgers(complete)
    found = _found(experiment, results / experiment.name, curves, screened, facts, stopped)
    write_run(found, markdown(found))
    return found


async def _check(drawing: Drawing, prepared: Plan) -> None:
    """Make sure that the models and this machine can do what the strategies need, before anything is paid."""
    by_strategy = {arm.strategy: arm for arm in prepared.arms}
    for strategy, arm in by_strategy.items():
        if questions := arm.task.questions():
            if questions[0].kind == "code":
                await Sandbox().run("")
            await check_needs(strategy, drawing.session.lm(drawing.model, questions[0]))


def _tier(backend: Backend) -> str:
    """The tier of the evidence; of a recording also what it mixes."""
    mixed = getattr(backend, "mixed", ())
    return backend.traits.tier + (f", mixed {' and '.join(mixed)}" if mixed else "")


async def _draw(drawing: Drawing, arms: Sequence[Arm], observer: Observer) -> None:
    for arm in arms:
        questions = arm.task.questions()
        draws = arm.bought(drawing.replicates) + drawing.greedy
        observer.notify(Started(arm.task.name, len(questions), draws * len(questions)))
        await draw_arm(drawing, arm, questions, observer)


async def _screen(
    drawing: Drawing, prepared: Plan, experiment: Experiment, observer: Observer
) -> dict[str, tuple[float, bool]]:
    """Single-sample accuracy of every task on its `screen` split, and whether it lies within bounds."""
    screen = experiment.screen
    assert screen is not None
    quick = Drawing(drawing.session, drawing.model, drawing.parameters, greedy=False)
    # The first strategy of each task that has nothing to learn: what fails the screening is not fitted.
    tasks = {arm.task.name: Arm(arm.task, CoT()) for arm in prepared.arms}
    tasks |= {arm.task.name: arm for arm in reversed(prepared.arms) if not needs_fitting(arm.strategy)}
    total = sum(len(arm.task.questions("screen", screen.questions)) for arm in tasks.values())
    observer.notify(Started("screening", total, total * screen.samples))
    found = {}
    for name in dict.fromkeys(arm.task.name for arm in prepared.arms):
        trial = Arm(tasks[name].task, tasks[name].strategy)
        questions = trial.task.questions("screen", screen.questions)
        await draw_arm(quick, trial, questions, _Renamed(observer), screen.samples)
        right = [pool.right[v] for pool in trial.pools for v in pool.values if v is not None]
        accuracy = sum(right) / sum(len(pool.values) for pool in trial.pools)
        found[name] = (accuracy, screen.low <= accuracy <= screen.high)
    return found


class _Renamed:
    """Reports the progress of a task's screening under `screening`."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer

    def notify(self, event: Any) -> None:
        self.observer.notify(replace(event, task="screening") if hasattr(event, "task") else event)


def _nothing_kept(experiment: Experiment, screened: dict[str, tuple[float, bool]]) -> str:
    seen = ", ".join(f"{name} {accuracy:.0%}" for name, (accuracy, _) in screened.items())
    return (
        f"{experiment.name}: no task passed the screening ({seen}): choose easier or harder tasks, or widen "
        "screen.low and screen.high"
    )


def _facts(experiment: Experiment, curves: Sequence[ArmCurves], tier: str) -> dict[str, Any]:
    answers = [a for c in curves for pool in c.arm.pools for a in (*pool.answers, pool.greedy) if a]
    samples = {s.draw.key: s for a in answers for s in a.samples if s.draw and s.vector is None}
    failures = [a.failure for a in answers if a.failure]
    questions = {pool.question.id for c in curves for pool in c.arm.pools}
    return {
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "seed": experiment.seed,
        "tier": tier,
        "questions": len(questions),
        "draws": len(samples),
        "unparsed": sum(a.value is None and not a.failure for a in answers) / max(1, len(answers)),
        "truncated": float(np.mean([s.truncated for s in samples.values()])) if samples else 0.0,
        "estimated_usage": sum(s.estimated for s in samples.values()),
        "failed": len(failures),
        "mixed_groups": sum(
            mixed_groups(kind_named(pool.question.kind), pool.values, pool.right)
            for c in curves
            for pool in c.arm.pools
        ),
        "failures": [f"{count} x {reason}" for reason, count in Counter(failures).most_common(20)],
        "fingerprints": dict(Counter(s.fingerprint for s in samples.values()).most_common(20)),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _found(
    experiment: Experiment,
    folder: Path,
    curves: Sequence[ArmCurves],
    screened: dict[str, tuple[float, bool]],
    facts: dict[str, Any],
    stopped: str | None,
) -> Run:
    by_strategy: dict[Strategy, list[ArmCurves]] = {}
    for one in curves:
        by_strategy.setdefault(one.arm.strategy, []).append(one)
    rows, gains, rounds = [], {}, {}
    for strategy, members in by_strategy.items():
        rows += rows_of(members, model=experiment.model, tier=facts["tier"])
        gains[repr(strategy)] = gains_of(members)
        if happened := _rounds(members):
            rounds[strategy] = happened
    return Run(experiment, folder, rows, gains, list(curves), screened, rounds, facts, stopped)


def _rounds(members: Sequence[ArmCurves]) -> dict[str, Rounds]:
    """What the rounds of one strategy did on each task, and on all of them together."""
    groups = {member.task: [member] for member in members}
    if len(members) > 1:
        groups[POOLED] = list(members)
    found = {name: rounds_on([c.arm for c in group], labels_of(group)) for name, group in groups.items()}
    return {name: rounds for name, rounds in found.items() if rounds is not None}
