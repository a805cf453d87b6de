"""Routing questions between a weak and a strong model: the curve of a router, and what it is measured by.

A router scores every question; the questions with the highest scores go to the strong model. The curve is the mean
accuracy at each share of questions that go there. Ong et al. 2024 (2406.18665), section 4; but CPT is read off the
running maximum of the curve, since the curve itself may fall (their code interpolates as if it rose).

* Random routing at share e: (1 - e) weak + e strong, the line that a router must beat. Scores that are all equal
  give exactly this line, since of tied questions a random part is sent.
* The oracle sends the questions that only the strong model gets right first, and those that only the weak one gets
  right last. Its accuracy at best is P(weak or strong right), reached at a share of P(strong only).
* Where each model costs the same on every question, mean cost is linear in the share, and all areas are the same on
  either axis.

What it does not cover: costs that differ by question (see `compound.stats.cost_curve`), and the choice of a
threshold, which is made on other questions than those that report it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._of_means import check_shares
from compound.stats._types import FloatArray

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class RoutingCurve:
    """Accuracy against the share of questions that go to the strong model; both arrays have shape (Q + 1,).

    Attributes:
        share: 0, 1/Q, … 1.
        accuracy: expected over the order of questions with equal scores. The first is that of the weak model alone,
            the last that of the strong one.
    """

    share: FloatArray
    accuracy: FloatArray

    @property
    def recovered(self) -> FloatArray:
        """PGR at every share: the part of the gap between the two models that is recovered, shape (Q + 1,).

        Raises:
            ValueError: both models are equally accurate, so there is no gap.
        """
        return performance_gap_recovered(self.accuracy, self.accuracy[0], self.accuracy[-1])

    @property
    def random(self) -> FloatArray:
        """Accuracy of random routing at the same shares, shape (Q + 1,)."""
        line: FloatArray = (1 - self.share) * self.accuracy[0] + self.share * self.accuracy[-1]
        return line


def routing_curve(scores: ArrayLike, weak: ArrayLike, strong: ArrayLike) -> RoutingCurve:
    """The curve of a router.

    Args:
        scores: how much each question needs the strong model, higher goes first, shape (Q,).
        weak: outcome with the weak model, 0 to 1, shape (Q,).
        strong: outcome with the strong model, 0 to 1, shape (Q,).

    Raises:
        ValueError: shapes differ, there is no question, a score is nan, or an outcome is outside 0 to 1.
    """
    score, low, high = np.asarray(scores, dtype=float), check_shares(weak, "weak"), check_shares(strong, "strong")
    if not (score.ndim == 1 and score.shape == low.shape == high.shape and score.size):
        raise ValueError(f"shapes are {score.shape}, {low.shape} and {high.shape}: pass (Q,) three times, Q >= 1")
    if np.isnan(score).any():
        raise ValueError(f"the score of question {int(np.isnan(score).argmax())} is nan: give it one")
    group = np.unique(-score, return_inverse=True)[1]  # 0 goes first
    size = np.bincount(group)
    each = np.bincount(group, weights=high - low) / size
    gained = np.concatenate([[0.0], np.repeat(each, size).cumsum()])
    questions = len(score)
    return RoutingCurve(np.arange(questions + 1) / questions, low.mean() + gained / questions)


def oracle_curve(weak: ArrayLike, strong: ArrayLike) -> RoutingCurve:
    """The best curve there is: it knows both outcomes. See `routing_curve`."""
    return routing_curve(np.asarray(strong, dtype=float) - np.asarray(weak, dtype=float), weak, strong)


def performance_gap_recovered(accuracy: ArrayLike, weak: float, strong: float) -> FloatArray:
    """PGR = (accuracy - weak) / (strong - weak), any shape: 0 is the weak model alone, 1 the strong one.

    Raises:
        ValueError: both models are equally accurate.
    """
    if abs(strong - weak) < _ROUNDING:
        raise ValueError(f"both models have accuracy {weak}: there is no gap to recover")
    found: FloatArray = (np.asarray(accuracy, dtype=float) - weak) / (strong - weak)
    return found


def average_recovered(curve: RoutingCurve) -> float:
    """APGR: the mean of PGR over all shares (trapezoids). Random routing has 1/2 in expectation.

    Raises:
        ValueError: both models are equally accurate.
    """
    return _area(curve.recovered, curve.share)


def captured(curve: RoutingCurve, weak: ArrayLike, strong: ArrayLike) -> float:
    """The area between the curve and random routing, as a share of the oracle's: 0 is random, 1 the oracle.

    Args:
        curve: of a router on these questions.
        weak: as for `routing_curve`.
        strong: as for `routing_curve`.

    Raises:
        ValueError: no routing does better than any other, or as `routing_curve`.
    """
    best = oracle_curve(weak, strong)
    most = _area(best.accuracy - best.random, best.share)
    if most < _ROUNDING:
        raise ValueError("the difference between the models is the same on every question: nothing to route by")
    return _area(curve.accuracy - curve.random, curve.share) / most


def call_performance_threshold(curve: RoutingCurve, target: float) -> float | None:
    """CPT: the least share of questions that must go to the strong model for PGR to reach the target.

    That is where the running maximum of the curve, which is straight between its points, gets there; it may fall
    below the target again. None if the target is not reached.

    Args:
        curve: of a router.
        target: a part of the gap, such as 0.5; above 1 it is to be better than the strong model alone.

    Raises:
        ValueError: the target is negative, or both models are equally accurate.
    """
    if not target >= 0:
        raise ValueError(f"target is {target}: pass a part of the gap, 0 or more")
    recovered = curve.recovered
    reached = recovered >= target - _ROUNDING
    if not reached.any():
        return None
    first = int(reached.argmax())
    if first == 0:
        return 0.0
    before, after = recovered[first - 1], recovered[first]
    part = (min(target, after) - before) / (after - before)
    return float(curve.share[first - 1] + part * (curve.share[first] - curve.share[first - 1]))


def _area(values: FloatArray, share: FloatArray) -> float:
    return float(((values[1:] + values[:-1]) / 2 * np.diff(share)).sum())
