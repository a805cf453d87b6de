"""What a number of questions can show, and how the same cost would be better spent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compound.experiment.analysis import ArmCurves, curves_of, labels_of
from compound.experiment.config import Experiment
from compound.experiment.cost import Prices
from compound.experiment.planning.pilot import UNITS, Pilot
from compound.experiment.pools import Arm
from compound.stats import (
    Interval,
    VarianceComponents,
    best_split,
    mean_interval,
    minimum_detectable_effect,
    questions_needed,
    variance_components,
)
from compound.stats.cost_curve import reach

ASSUMED = 0.5
"""Standard deviation of a paired difference without a pilot: a quarter of the questions right by one arm alone."""
LEVEL = 0.9
"""Of the interval of a standard deviation."""


@dataclass(frozen=True)
class Detectable:
    """What a comparison can show.

    Attributes:
        name: the strategy.
        other: what it is compared with: another strategy, or `one candidate` of its own.
        questions: questions that count: of several tasks less than their sum if they differ in number.
        sd: standard deviation of the difference, question by question within a task.
        between: its 90% interval; None where it is assumed.
        effect: the smallest true difference found with 80% power at the 5% level, one comparison alone.
        difference: what the pilot saw; None without, or if its questions are those of the run.
        pilot: questions of the pilot.
        needed: questions at which a true difference of that size is found; None where there is none to find.
    """

    name: str
    other: str
    questions: float
    sd: float
    between: tuple[float, float] | None
    effect: float
    difference: Interval | None = None
    pilot: int = 0
    needed: int | None = None


def detectable(
    experiment: Experiment, arms: Sequence[Arm], questions: Mapping[str, int], pilot: Pilot | None
) -> list[Detectable]:
    """What this many questions can show of every comparison: all strategies against the first, or its candidates.

    Without a pilot the spread is assumed. Questions of a cluster count as one.
    """
    counted = len(questions) ** 2 / sum(1 / number for number in questions.values())
    strategies = list(dict.fromkeys(arm.strategy for arm in arms))
    head = repr(strategies[0])
    seen = _curves(experiment, pilot) if pilot else {}
    pairs = [(repr(one), head) for one in strategies[1:]]
    if not pairs:
        pairs = [(head, "one candidate" if arms[0].draws > 1 else "another strategy")]
    found = []
    for name, other in pairs:
        measured = _differences(seen.get(name, []), None if other == "one candidate" else seen.get(other, []))
        found.append(_one((name, other), counted, measured, pilot))
    return found


def _curves(experiment: Experiment, pilot: Pilot) -> dict[str, list[ArmCurves]]:
    """The curves of the arms that the pilot completed, by strategy."""
    most = {task: max(len(a.pools) for a in pilot.arms if a.task.name == task) for task in pilot.splits}
    whole = [arm for arm in pilot.arms if arm.pools and len(arm.pools) == most[arm.task.name]]
    found: dict[str, list[ArmCurves]] = {}
    for arm in whole:
        curves = curves_of(arm, batch=1, prices=Prices({}), seed=experiment.seed, others=whole)
        found.setdefault(repr(arm.strategy), []).append(curves)
    return found


Differences = list[tuple[ArmCurves, np.ndarray]]


def _differences(mine: Sequence[ArmCurves], other: Sequence[ArmCurves] | None) -> Differences:
    """Differences of two strategies on the tasks that both were piloted on; of one with its first candidate."""
    if other is None:
        return [(one, one.gains) for one in mine]
    theirs = {one.task: one for one in other}
    return [
        (one, one.accuracy[:, -1] - theirs[one.task].accuracy[:, -1])
        for one in mine
        if one.task in theirs and len(one.accuracy) == len(theirs[one.task].accuracy)
    ]


def _one(pair: tuple[str, str], questions: float, measured: Differences, pilot: Pilot | None) -> Detectable:
    freedom = sum(len(values) - 1 for _, values in measured)
    sd = math.sqrt(sum(((v - v.mean()) ** 2).sum() for _, v in measured) / freedom) if freedom > 0 else 0.0
    if sd <= 1e-9:
        return Detectable(*pair, questions, ASSUMED, None, minimum_detectable_effect(ASSUMED, round(questions)))
    from scipy.special import chdtri

    between = tuple(
        sd * math.sqrt(freedom / float(chdtri(freedom, at))) for at in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    )
    effect = minimum_detectable_effect(sd, max(1, round(questions)))
    number = sum(len(values) for _, values in measured)
    if pilot is None or pilot.blind:
        return Detectable(*pair, questions, sd, (between[0], between[1]), effect, pilot=number)
    labels = labels_of([one for one, _ in measured])
    values = np.concatenate([values for _, values in measured])
    seen = mean_interval(values, bounds=reach(values, -1.0), **labels)
    size = abs(float(seen.mean))
    needed = questions_needed(sd, size) if size > 1e-9 else None
    return Detectable(*pair, questions, sd, (between[0], between[1]), effect, seen, number, needed)


def best_use(questions: Mapping[str, int], pilot: Pilot | None) -> str:
    """How the cost of a pool would best be split between questions and samples, in a sentence; or why nobody knows.

    It is the split for the mean accuracy of single samples. A curve up to k = n needs n samples a question.
    """
    if pilot is None:
        return "The best split between questions and samples follows from a pilot (--pilot 5)."
    pools = [arm for arm in pilot.arms if arm.selector and arm.pools and arm.draws > 1]
    if not pools:
        return "Without a pool of samples there is nothing to split between questions and samples."
    head = [arm for arm in pools if arm.strategy == pools[0].strategy and len(arm.pools) > 1]
    if not head:
        return "One question shows nothing of how questions differ: no split between questions and samples."
    samples = head[0].draws
    within_tasks = [variance_components(_right(arm), samples) for arm in head]
    between, within = (float(np.mean([getattr(c, part) for c in within_tasks])) for part in ("between", "within"))
    if not between:
        return (
            "The pilot's questions do not differ by more than sampling explains: no split between questions and "
            "samples follows from them."
        )
    components = VarianceComponents(between, within)
    prompt, reply = _prices(pilot, head)
    if not prompt + reply > 0:
        return "The pilot's tokens are unknown: no split between questions and samples follows from it."
    many = sum(questions.values())
    budget = many * (prompt + samples * reply)
    best = best_split(components, budget, cost_question=prompt, cost_sample=reply)
    now = components.standard_error(many, samples)
    return (
        f"{many:,} questions x {samples} samples give the accuracy of single samples with a standard error of "
        f"{100 * now:.1f} points; {best.questions:,} x {best.samples} take as many tokens and give "
        f"{100 * best.standard_error:.1f}. A vote of {samples} needs {samples} samples of each all the same."
    )


def _right(arm: Arm) -> np.ndarray:
    """How many candidates of each question are right, shape (Q,)."""
    return np.array([sum(pool.correct(answer) for answer in pool.answers) for pool in arm.pools], dtype=int)


def _prices(pilot: Pilot, arms: Sequence[Arm]) -> tuple[float, float]:
    """Tokens of a question's prompts, and of one more sample."""
    took = np.concatenate([pilot.alone[arm.task.name, repr(arm.strategy)] for arm in arms]).mean(axis=0)
    by_unit = dict(zip(UNITS, took, strict=True))
    into, out = by_unit["tokens_in"], by_unit["tokens_out"] / by_unit["calls"]
    return (float(into), float(out)) if pilot.batched else (0.0, float(into / by_unit["calls"] + out))
