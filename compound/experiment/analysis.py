"""From pools to curves: expected accuracy at every k, what it is compared with, and the paired gains."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from compound.answers import kind_named
from compound.core import Question
from compound.experiment.cost import PARTS, Cost, Prices, cost_of, picking_cost
from compound.experiment.pools import Arm
from compound.experiment.rounds import ESTIMATOR, anchored
from compound.stats import Interval, first_parsed, mean_interval, pass_at_k
from compound.strategies import AnswerPool, PoolCurve

POOLED = "pooled"
Verdict = Literal["rises", "falls", "no clear change"]


@dataclass(frozen=True)
class ArmCurves:
    """What the pools of one strategy on one task say, question by question.

    Attributes:
        arm: the strategy and the task.
        questions: Q of them.
        ks: numbers of candidates, ascending from 1, shape (K,); (1,) for a strategy without a pool.
        accuracy: expected accuracy of the strategy, shape (Q, K); with rounds (`rounds.py`) beyond 0 to 1 at times.
        coverage: pass@k, shape (Q, K).
        first: accuracy of the first candidate that parses, shape (Q, K): what retrying alone gains.
        cost: mean cost at every k, a row a question.
        greedy: whether the answer at temperature 0 is right, shape (Q,); None if it was not asked for.
        greedy_cost: of that answer, a row a question; None if it was not asked for.
        estimator: how `accuracy` was found.
    """

    arm: Arm
    questions: tuple[Question, ...]
    ks: tuple[int, ...]
    accuracy: np.ndarray
    coverage: np.ndarray
    first: np.ndarray
    cost: Cost
    greedy: np.ndarray | None
    greedy_cost: Cost | None
    estimator: str

    @property
    def task(self) -> str:
        """The task's name."""
        return self.arm.task.name

    @property
    def constant(self) -> float:
        """The share of questions that the best constant answer gets right."""
        return constant_baseline(self.questions)

    @property
    def gains(self) -> np.ndarray:
        """Accuracy with all candidates less that with one, question by question, shape (Q,)."""
        gained: np.ndarray = self.accuracy[:, -1] - self.accuracy[:, 0]
        return gained


@dataclass(frozen=True)
class Gain:
    """What going from one candidate to all of them changes, paired by question.

    Attributes:
        task: a task, or `pooled`: the macro average over tasks.
        interval: 95% interval of the mean gain.
        family: the same at a level that holds for all tasks of the strategy together (Bonferroni).
        over_greedy: 95% interval of the accuracy with all candidates less that of the greedy answer.
        questions: how many.
    """

    task: str
    interval: Interval
    family: Interval
    over_greedy: Interval | None
    questions: int

    @property
    def verdict(self) -> Verdict:
        """From the interval that holds for all tasks together."""
        if float(self.family.low) > 0:
            return "rises"
        return "falls" if float(self.family.high) < 0 else "no clear change"


def joined(parts: Sequence[ArmCurves]) -> ArmCurves:
    """The curves of one arm from those of its questions in parts."""

    def rows(values: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(values)

    head, costs = parts[0], [part.greedy_cost for part in parts if part.greedy_cost]
    greedy = [part.greedy for part in parts if part.greedy is not None]
    return ArmCurves(
        head.arm,
        tuple(question for part in parts for question in part.questions),
        head.ks,
        rows([part.accuracy for part in parts]),
        rows([part.coverage for part in parts]),
        rows([part.first for part in parts]),
        Cost(*(rows([getattr(part.cost, name) for part in parts]) for name in PARTS)),
        rows(greedy) if len(greedy) == len(parts) else None,
        Cost(*(rows([getattr(c, name) for c in costs]) for name in PARTS)) if len(costs) == len(parts) else None,
        head.estimator,
    )


def curves_of(
    arm: Arm, *, batch: int, prices: Prices, seed: int, others: Sequence[Arm] = (), start: int = 0
) -> ArmCurves:
    """The curves of an arm's pools. A candidate whose call failed counts like one that abstained.

    Args:
        arm: with at least one pool.
        batch: completions that one call can give, for the cost.
        prices: dollars per token, for the cost.
        seed: of the replay, where a strategy has no formula.
        others: arms of the same run, whose draws a strategy with rounds shares.
        start: how many questions of the arm were evaluated before these: another part, other orders of the replay.
    """
    pools = arm.pools
    n = len(pools[0].answers)
    c = np.array([sum(pool.right[v] for v in pool.values if v is not None) for pool in pools])
    unparsed = np.array([sum(v is None for v in pool.values) for pool in pools])
    found = _accuracy(arm, seed, c / n, others, start)
    # A strategy without a pool has one point; its answers are replicates.
    ks = tuple(arm.ks) if arm.selector else (1,)
    at = np.array(ks) - 1
    wave = arm.selector.wave if arm.free and arm.selector else None
    costs = [
        cost_of(pool.answers, batch, prices, draws=None if found.draws is None else found.draws[place], wave=wave)
        for place, pool in enumerate(pools)
    ]
    costs = [cost.at(ks) + picking_cost(pool, prices) for cost, pool in zip(costs, pools, strict=True)]
    greedy = [pool.greedy for pool in pools if pool.greedy]
    whole = len(greedy) == len(pools)
    return ArmCurves(
        arm,
        tuple(pool.question for pool in pools),
        ks,
        found.accuracy,
        pass_at_k(n, c)[:, at] if arm.selector else found.accuracy,
        first_parsed(n, c, unparsed)[:, at] if arm.selector else found.accuracy,
        Cost.stacked(costs),
        np.array([pool.correct(pool.greedy) for pool in pools if pool.greedy]) if whole else None,
        Cost.stacked([cost_of([answer], batch, prices) for answer in greedy]) if whole else None,
        found.estimator,
    )


def _accuracy(arm: Arm, seed: int, mean: np.ndarray, others: Sequence[Arm], start: int) -> PoolCurve:
    """Expected accuracy at the arm's numbers of candidates; `mean` is that of its answers as they are."""
    selector = arm.selector
    if selector is None and (found := anchored(arm, others)) is not None:
        return PoolCurve(found[:, None], ESTIMATOR)
    if selector is None:
        return PoolCurve(mean[:, None], "mean of replicates" if len(arm.pools[0].answers) > 1 else "one run")
    if arm.free:
        rng = generator(seed, arm.task.name, repr(selector), *([str(start)] if start else []))
        sources = selector.candidate.sources
        views = [AnswerPool(pool.question, pool.answers, pool.right, sources) for pool in arm.pools]
        return selector.curve(views, rng)
    picked = [[np.mean([pool.correct(a) for a in row]) for row in pool.picked.values()] for pool in arm.pools]
    bought = np.array(picked)
    bought[:, 0] = mean  # picking from one candidate asks nothing: that point is known from all of them
    return PoolCurve(bought, "bought")


def generator(seed: int, *names: str) -> np.random.Generator:
    """A random generator that depends on the seed and on what it is for, not on what ran before."""
    return np.random.default_rng([seed, zlib.crc32("\x1f".join(names).encode())])


def constant_baseline(questions: Sequence[Question]) -> float:
    """The share of questions that the most frequent gold answer gets right: what a parrot would score."""
    golds: Counter[str] = Counter()
    for question in questions:
        kind = kind_named(question.kind)
        golds.update({value for gold in question.golds if (value := kind.read(gold, question)) is not None})
    return max(golds.values(), default=0) / max(1, len(questions))


def gains_of(curves: Sequence[ArmCurves]) -> list[Gain]:
    """The gain on each task of one strategy, and pooled where there are several; none without a pool."""
    if curves[0].accuracy.shape[1] == 1:
        return []
    groups = [(c.task, [c]) for c in curves] + ([(POOLED, list(curves))] if len(curves) > 1 else [])
    level = 1 - 0.05 / len(curves)
    found = []
    for name, members in groups:
        values = np.concatenate([c.gains for c in members])
        labels = labels_of(members)
        intervals = [mean_interval(values, level=at, **labels) for at in (0.95, 0.95 if name == POOLED else level)]
        found.append(Gain(name, intervals[0], intervals[1], _over_greedy(members), len(values)))
    return found


def _over_greedy(members: Sequence[ArmCurves]) -> Interval | None:
    if any(c.greedy is None for c in members):
        return None
    values = np.concatenate([c.accuracy[:, -1] - c.greedy for c in members])
    return mean_interval(values, **labels_of(members))


def labels_of(members: Sequence[ArmCurves]) -> dict[str, Any]:
    """Strata (tasks) where there are several, and clusters where questions share one."""
    labels: dict[str, Any] = {}
    if len(members) > 1:
        labels["strata"] = [c.task for c in members for _ in c.questions]
    questions = [(c.task, question) for c in members for question in c.questions]
    if any(q.cluster for _, q in questions):
        labels["clusters"] = [f"{task}/{q.cluster or q.id}" for task, q in questions]
    return labels
