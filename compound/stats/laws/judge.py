"""A law on trial: forecast recorded draws from the first of them, and judge the forecast by the others.

A right law is said not to fit in up to one case of ten: the interval and the test of fit err in 5% each. Draws
whose order carries meaning (temperatures one after the other, a model that was updated) fail whatever the law: what
the first of them show is not what the others are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from compound.stats._types import FloatArray
from compound.stats.laws.chances import CoverageLaw, beta_binomial_chances
from compound.stats.laws.forecast import Forecast, forecast_coverage, forecast_votes
from compound.stats.plurality import Pool, plurality_curves

# The rule of `success`: the last forecast is off by no more than two points.
TOLERANCE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """A forecast against what was shown; the verdict is that of the last k.

    Attributes:
        error: forecast less shown, a share, shape (K,).
        inside: whether the prediction interval holds what was shown, shape (K,).
        score: 1 - |error| / |error of the constant|: 1 perfect, 0 as good as staying, below 0 worse, shape (K,);
            nan where the constant is exact.
        fits: the interval holds, and the law fits the draws it was fitted on (p >= 0.05 where there is a test).
        success: within two points and closer than the constant, whatever the interval.
        reason: the verdict in words.
    """

    error: FloatArray
    inside: NDArray[np.bool_]
    score: FloatArray
    fits: bool
    success: bool
    reason: str


class Trial(NamedTuple):
    """A forecast, and how it did."""

    forecast: Forecast
    judgement: Judgement


def judge(forecast: Forecast, shown: ArrayLike) -> Judgement:
    """Hold what held-out draws show, shares of shape (K,), against a forecast; see `Judgement`.

    Raises:
        ValueError: shapes differ.
    """
    truth, value = np.asarray(shown, dtype=float), forecast.value
    if truth.shape != value.mean.shape:
        raise ValueError(f"shown has shape {truth.shape}: pass one share for each of {len(forecast.k)} k")
    error, stay = value.mean - truth, np.abs(forecast.constant - truth)
    # An exact value and an end of the interval may differ by rounding.
    inside = (truth >= value.low - 1e-9) & (truth <= value.high + 1e-9)
    score = 1 - np.abs(error) / np.where(stay > 0, stay, np.nan)
    misfit = forecast.p_value is not None and forecast.p_value < 0.05
    said = f"{value.mean[-1]:.1%} [{value.low[-1]:.1%}, {value.high[-1]:.1%}], shown {truth[-1]:.1%}"
    found = [
        *([f"the counts in hand do not follow it (p = {forecast.p_value:.3f})"] if misfit else []),
        *([] if inside[-1] else ["held-out draws fall outside its interval"]),
    ]
    return Judgement(
        error,
        inside,
        score,
        not found,
        bool(abs(error[-1]) <= TOLERANCE and abs(error[-1]) < stay[-1]),
        f"{forecast.law}: {'does not fit' if found else 'fits'} at k = {forecast.k[-1]:.0f}: {said}"
        + "".join(f"; {what}" for what in found),
    )


def replay_coverage(
    right: ArrayLike,
    *,
    first: int | None = None,
    k: ArrayLike | None = None,
    law: CoverageLaw = beta_binomial_chances,
    level: float = 0.95,
    draws: int = 1000,
    rng: np.random.Generator,
) -> Trial:
    """Forecast the coverage of recorded questions from their first draws, and judge it on the others.

    Args:
        right: which draws are right, booleans in draw order, shape (Q, n).
        first: draws the law may see, a quarter of n if left out.
        k: judged at these, within first..n, ascending, shape (K,); n if left out.
        law, level, draws, rng: as for `forecast_coverage`.

    Raises:
        ValueError: as `forecast_coverage`, or right is not a table of booleans, or k is above n.
    """
    table = np.asarray(right)
    if table.dtype.kind != "b" or table.ndim != 2:
        raise ValueError(f"right is {table.dtype} of shape {table.shape}: pass booleans in draw order, (Q, n)")
    n = table.shape[1]
    seen, at = n // 4 if first is None else first, np.atleast_1d(n if k is None else k)
    if (at > n).any():
        raise ValueError(f"k = {at.max()} is above the {n} recorded draws: nothing is known beyond them")
    counts = table[:, :seen].sum(axis=1)
    forecast = forecast_coverage(counts, seen, at, law=law, level=level, draws=draws, rng=rng)
    return Trial(forecast, judge(forecast, np.logical_or.accumulate(table, axis=1)[:, at - 1].mean(axis=0)))


def replay_votes(
    first: Sequence[Pool], held_out: Sequence[Pool], k: ArrayLike | None = None, *, level: float = 0.95
) -> Trial:
    """Forecast the votes of recorded questions from their first draws, and judge it on the exact curve of the rest.

    Args:
        first: the samples of each question that the law may see.
        held_out: the other samples of the same questions in the same order.
        k: judged at these, up to the held-out samples of a question, ascending, shape (K,); all of
            them if left out.
        level: as for `forecast_votes`.

    Raises:
        ValueError: as `forecast_votes`, or the questions differ in number, or k is above the held-out samples.
    """
    if len(first) != len(held_out):
        raise ValueError(f"first holds {len(first)} questions and held_out {len(held_out)}: pass the same ones")
    curves = plurality_curves(held_out)
    at = np.atleast_1d(curves.shape[1] if k is None else k)
    if (at > curves.shape[1]).any():
        raise ValueError(f"k = {at.max()} is above the {curves.shape[1]} held-out samples of a question")
    forecast = forecast_votes(first, at, level=level)
    return Trial(forecast, judge(forecast, curves[:, at - 1].mean(axis=0)))
