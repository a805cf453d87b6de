"""Ranges, and what a few questions say of the total over many."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np


class Adds(Protocol):
    """What can be added up."""

    def __add__(self, other: Self, /) -> Self: ...


A = TypeVar("A", bound=Adds)


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`; `likely` between them where something was measured. `high` may be infinite."""

    low: float = 0.0
    high: float = 0.0
    likely: float | None = None

    def __add__(self, other: Range) -> Range:
        likely = [r.likely for r in (self, other) if r.likely is not None]
        return Range(self.low + other.low, self.high + other.high, sum(likely) if likely else None)


def total(values: Iterable[A], start: A) -> A:
    """The sum."""
    for value in values:
        start = start + value
    return start


def predicted(strata: Sequence[tuple[np.ndarray, int]], level: float = 0.95) -> Range:
    """A prediction interval for a total over new questions.

    With N_t pilot questions of stratum t, values x scaled so that each alone would give the stratum's total, and
    Q_t questions to come, the error of the sum of means has variance sum_t s_t^2 (1/N_t + 1/Q_t). It is taken as
    Student's t with the degrees of freedom of Welch (1947, Biometrika 34, 28-35) and Satterthwaite.

    Args:
        strata: values of the pilot questions, shape (N_t,), and the number Q_t of questions to come.
        level: two-sided.

    Returns:
        The sum of means with its interval, not below 0; without an upper end where a stratum has one question only,
        unless its value is 0. NaN where a value is NaN.
    """
    from scipy.special import stdtrit

    middle = float(sum(np.mean(values) for values, _ in strata))
    if math.isnan(middle):
        return Range(math.nan, math.nan, math.nan)
    if any(len(values) < 2 and values.any() for values, _ in strata):
        return Range(0.0, math.inf, middle)
    spread = [
        (float(np.var(values, ddof=1)) * (1 / len(values) + 1 / many), len(values) - 1)
        for values, many in strata
        if len(values) > 1
    ]
    variance = sum(s for s, _ in spread)
    if not variance:
        return Range(middle, middle, middle)
    freedom = variance**2 / sum(s**2 / df for s, df in spread)
    half = float(stdtrit(freedom, (1 + level) / 2)) * math.sqrt(variance)
    return Range(max(0.0, middle - half), middle + half, middle)
