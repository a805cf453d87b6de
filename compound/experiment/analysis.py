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
from compound.experiment.cost import Cost, Prices, cost_of, picking_cost
from compound.experiment.pools import Arm
from compound.experiment.rounds import ESTIMATOR, anchored
from compound.stats import Interval, first_parsed, mean_interval, pass_at_k, wilson
from compound.stats.cost_curve import reach
from compound.strategies import AnswerPool, PoolCurve

POOLED = "pooled"
Verdict = Literal["rises", "falls", "no clear change"]


@dataclass(frozen=True)
class ArmCurves:
    """What the pools of one strategy on one task say, question by question.

    Attributes:
        arm: the strategy, the task and the pools.
        ks: numbers of candidates, ascending from 1, shape (K,); (1,) for a strategy without a pool.
        accuracy: expected accuracy of the strategy, shape (Q, K); with rounds (`rounds.py`) beyond 0 to 1 at times.
        coverage: pass@k, shape (Q, K).
        first: accuracy of the first candidate that parses, shape (Q, K): what retrying alone gains.
        cost: mean cost at every k, one `Cost` a question.
        greedy: whether the answer at temperature 0 is right, shape (Q,); None if it was not asked for.
        greedy_cost: of that answer, one `Cost` a question.
        constant: share of questions that the best constant answer gets right.
        estimator: how `accuracy` was found.
    """

    arm: Arm
    ks: tuple[int, ...]
    accuracy: np.ndarray
    coverage: np.ndarray
    first: np.ndarray
    cost: list[Cost]
    greedy: np.ndarray | None
    greedy_cost: list[Cost]
    constant: float
    estimator: str

    @property
    def task(self) -> str:
        """The task's name."""
        return self.arm.task.name

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


def curves_of(arm: Arm, *, batch: int, prices: Prices, seed: int, others: Sequence[Arm] = ()) -> ArmCurves:
    """The curves of an arm. A candidate whose call failed counts like one that abstained.

    Args:
        arm: with at least one pool.
        batch: completions that one call can give, for the cost.
        prices: dollars per token, for the cost.
        seed: of the replay, where a strategy has no formula.
        others: arms of the same run, whose draws a strategy with rounds shares.
    """
    pools = arm.pools
    n = len(pools[0].answers)
    c = np.array([sum(pool.right[v] for v in pool.values if v is not None) for pool in pools])
    unparsed = np.array([sum(v is None for v in pool.values) for pool in pools])
    found = _accuracy(arm, seed, c / n, others)
    # A strategy without a pool has one point; its answers are replicates.
    ks = tuple(arm.ks) if arm.selector else (1,)
    at = np.array(ks) - 1
    wave = arm.selector.wave if arm.free and arm.selector else None
    costs = [
        cost_of(pool.answers, batch, prices, draws=None if found.draws is None else found.draws[place], wave=wave)
        for place, pool in enumerate(pools)
    ]
    costs = [cost.at(ks) + picking_cost(pool, prices) for cost, pool in zip(costs, pools, strict=True)]
    greedy = [pool.correct(pool.greedy) for pool in pools if pool.greedy]
    return ArmCurves(
        arm,
        ks,
        found.accuracy,
        pass_at_k(n, c)[:, at] if arm.selector else found.accuracy,
        first_parsed(n, c, unparsed)[:, at] if arm.selector else found.accuracy,
        costs,
        np.array(greedy) if len(greedy) == len(pools) else None,
        [cost_of([pool.greedy], batch, prices) for pool in pools if pool.greedy],
        constant_baseline([pool.question for pool in pools]),
        found.estimator,
    )


def _accuracy(arm: Arm, seed: int, mean: np.ndarray, others: Sequence[Arm]) -> PoolCurve:
    """Expected accuracy at the arm's numbers of candidates; `mean` is that of its answers as they are."""
    selector = arm.selector
    if selector is None and (found := anchored(arm, others)) is not None:
        return PoolCurve(found[:, None], ESTIMATOR)
    if selector is None:
        return PoolCurve(mean[:, None], "mean of replicates" if len(arm.pools[0].answers) > 1 else "one run")
    if arm.free:
        rng = generator(seed, arm.task.name, repr(selector))
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
        labels["strata"] = [c.task for c in members for _ in c.arm.pools]
    questions = [(c.task, pool.question) for c in members for pool in c.arm.pools]
    if any(q.cluster for _, q in questions):
        labels["clusters"] = [f"{task}/{q.cluster or q.id}" for task, q in questions]
    return labels


def rows_of(curves: Sequence[ArmCurves], *, model: str, tier: str) -> list[dict[str, Any]]:
    """The rows of curves.csv for one strategy: each line of each task, then of the tasks pooled."""
    rows = [row for c in curves for row in _rows(c.task, [c], model, tier)]
    if len(curves) > 1:
        rows += _rows(POOLED, curves, model, tier)
    return rows


def _rows(name: str, members: Sequence[ArmCurves], model: str, tier: str) -> list[dict[str, Any]]:
    head = members[0]
    strategy = repr(head.arm.strategy)
    labels = labels_of(members)
    questions = sum(len(c.arm.pools) for c in members)

    def interval(line: str, values: Sequence[np.ndarray]) -> Interval:
        table = np.concatenate(values)
        found = mean_interval(table, bounds=reach(table, 0.0), **labels)
        return Interval(*(np.clip(part, 0, 1) for part in (found.mean, found.low, found.high)))

    def row(
        line: str,
        k: int,
        accuracy: float,
        low: float | None,
        high: float | None,
        estimator: str,
        costs: Sequence[Sequence[Cost]] = (),
    ) -> dict[str, Any]:
        place = head.ks.index(k) if costs is every else 0
        cost = {part: macro_mean(costs, part, place) for part in ("calls", "tokens", "usd", "seconds")}
        return {
            "model": model, "task": name, "strategy": strategy, "line": line, "k": k,
            "accuracy": accuracy, "low": low, "high": high, "questions": questions,
            **cost, "tier": tier, "estimator": estimator,
        }  # fmt: skip

    rows = []
    every = [c.cost for c in members]
    full = head.arm.selector is not None
    for line, values, estimator in (
        ("accuracy", [c.accuracy for c in members], head.estimator),
        ("first parsed", [c.first for c in members], "exact"),
        ("pass@k", [c.coverage for c in members], "exact"),
    ):
        if line != "accuracy" and not full:
            continue
        band = interval(line, values)
        rows += [
            row(line, k, float(m), float(low), float(high), estimator, every)
            for k, m, low, high in zip(head.ks, band.mean, band.low, band.high, strict=True)
        ]
    if full:
        alone = interval("single", [c.coverage[:, 0] for c in members])
        # With a scorer the first point pays for scoring; one candidate alone would not.
        own = every if head.arm.selector and head.arm.selector.scorer is None and head.arm.free else ()
        mean, low, high = (float(x) for x in (alone.mean, alone.low, alone.high))
        rows.append(row("single", 1, mean, low, high, "mean of candidates", own))
    greedy = [c.greedy for c in members if c.greedy is not None]
    if len(greedy) == len(members):
        hits = np.concatenate(greedy)
        # One task's greedy answers are plain successes; a macro average of several is a mean over questions.
        band = wilson(hits.sum(), len(hits)) if len(members) == 1 else interval("greedy", greedy)
        mean = float(np.mean([g.mean() for g in greedy]))
        spent = [c.greedy_cost for c in members]
        rows.append(row("greedy", 1, mean, float(band.low), float(band.high), "one run", spent))
    constant = float(np.mean([c.constant for c in members]))
    rows.append(row("constant", 1, constant, None, None, "most frequent gold"))
    return rows


def macro_mean(costs: Sequence[Sequence[Cost]], part: str, place: int) -> float | None:
    """Mean over tasks of the mean over questions of one part of the cost; None where it is unknown."""
    if not costs:
        return None
    value = float(np.mean([np.mean([getattr(cost, part)[place] for cost in task]) for task in costs]))
    return None if np.isnan(value) else value
