"""The rows of curves.csv: every line of every strategy, on each task and on the tasks pooled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from compound.experiment.analysis import POOLED, ArmCurves, labels_of
from compound.experiment.cost import PARTS, Cost
from compound.stats import Interval, mean_interval, wilson
from compound.stats.cost_curve import reach


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
    questions = sum(len(c.questions) for c in members)

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
        costs: Sequence[Cost] = (),
    ) -> dict[str, Any]:
        place = head.ks.index(k) if costs is every else 0
        cost = {part: macro_mean(costs, part, place) for part in PARTS}
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
        spent = [c.greedy_cost for c in members if c.greedy_cost]
        rows.append(row("greedy", 1, mean, float(band.low), float(band.high), "one run", spent))
    constant = float(np.mean([c.constant for c in members]))
    rows.append(row("constant", 1, constant, None, None, "most frequent gold"))
    return rows


def macro_mean(costs: Sequence[Cost], part: str, place: int) -> float | None:
    """Mean over tasks of the mean over questions of one part of the cost; None where it is unknown."""
    if not costs:
        return None
    value = float(np.mean([np.mean(getattr(task, part)[:, place]) for task in costs]))
    return None if np.isnan(value) else value
