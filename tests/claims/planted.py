"""Worlds whose truth is known, and what a measurement of each looks like."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from compound.claims import Decision, Gate, Measured, Rule, Tier, decide
from compound.stats import Interval, mean_interval, minimum_detectable_effect

HEALTHY = Gate(parsed=0.99, accuracy=0.5, active=0.6, mechanism="the draws differ")
# A question is gained with chance CHURN / 2 + effect / 2 and lost with CHURN / 2 - effect / 2.
CHURN = 0.2


def interval(mean: float, half: float) -> Interval:
    low, middle, high = (np.asarray(value) for value in (mean - half, mean, mean + half))
    return Interval(middle, low, high)


def differences(effect: float, questions: int, worlds: int, seed: int) -> np.ndarray:
    """Right in one arm less right in the other, shape (questions, worlds), with this true mean."""
    u = np.random.default_rng(seed).random((questions, worlds))
    gained, lost = (CHURN + effect) / 2, (CHURN - effect) / 2
    return (u < gained).astype(float) - (u > 1 - lost)


def decisions(
    rule: Rule,
    effect: float,
    *,
    questions: int = 400,
    worlds: int = 1000,
    seed: int = 0,
    equal: float | None = None,
    comparisons: int = 1,
    tier: Tier = Tier.RECORDED,
    gate: Gate = HEALTHY,
) -> Iterator[Decision]:
    """The verdict in each of so many repetitions of one world."""
    level = rule.level(comparisons)
    values = differences(effect, questions, worlds, seed)
    found = mean_interval(values, level=level)
    other = None if equal is None else mean_interval(differences(equal, questions, worlds, seed + 1), level=level)
    for w in range(worlds):
        sd = float(values[:, w].std(ddof=1))
        yield decide(
            rule,
            Measured(
                Interval(found.mean[w], found.low[w], found.high[w]),
                questions,
                tier,
                gate,
                minimum_detectable_effect(sd, questions, alpha=1 - level),
                None if other is None else Interval(other.mean[w], other.low[w], other.high[w]),
                level,
            ),
        )
