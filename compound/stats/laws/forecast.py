"""Honest forecasts: a law sees the draws in hand and says what more of them will show.

Coverage. n draws of these very questions are in hand; what share is covered after k? What is solved stays solved,
so only the U unsolved questions can change, each with the law's chance r(k) (`chances`). The forecast is

    P(k) = (Q - U + U r(k)) / Q,

and the number of newly solved ones is binomial. That is sharper than the law's own P(k), which is for other
questions of the same kind: it starts from what was seen, and the choice of questions adds no variance. The interval
is for what will be *shown*, by the first k draws in the order of drawing: the binomial noise of the U questions, on
top of the uncertainty of the fit. It is not a confidence interval of the law's curve.

Votes are forecast question by question, as fresh votes. The accuracy of a question, a value in [0, 1] that the law
takes to have the mean f, has a variance of at most f (1 - f): that bounds the noise of what will be shown. The law
takes each question's mode as known, and so does its interval, which is too narrow where n is small.

What it does not cover: that the law is wrong. Try it on recorded draws first (`replay_coverage`, `replay_votes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import IntArray
from compound.stats.interval import Interval, check_level
from compound.stats.laws._counts import histogram, whole_draws
from compound.stats.laws.chances import CoverageLaw, beta_binomial_chances
from compound.stats.laws.vote_law import fit_vote_law, vote_limits
from compound.stats.plurality import Pool, plurality_curves


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What a law says of more draws.

    Attributes:
        k: numbers of draws, shape (K,).
        value: shares at each k with the prediction interval, shape (K,).
        constant: the share in hand, which the baseline takes to stay.
        p_value: of the test that the law fits the draws in hand; None where there is none.
        law: the fitted law, in words.
    """

    k: IntArray
    value: Interval
    constant: float
    p_value: float | None
    law: str


def forecast_coverage(
    c: ArrayLike,
    n: int,
    k: ArrayLike,
    *,
    law: CoverageLaw = beta_binomial_chances,
    level: float = 0.95,
    draws: int = 1000,
    rng: np.random.Generator,
) -> Forecast:
    """The share of these questions that is solved by the first k draws, n of which are in hand.

    Args:
        c: right samples among the first n of each question, shape (Q,).
        n: draws in hand, 2 or more.
        k: all draws, those in hand included, each n or more, shape (K,).
        law: `beta_binomial_chances` or `exp_power_chances`.
        level: two-sided, of the prediction interval at each k by itself.
        draws: replicates of the fit.
        rng: the same generator state gives the same forecast.

    Raises:
        ValueError: an argument is out of its range, or some questions are unsolved and none has both right and
            wrong samples: then the counts say nothing on what more draws find.
    """
    check_level(level)
    at, table = whole_draws(np.atleast_1d(k), low=n), histogram(c, n)
    if draws < 1:
        raise ValueError(f"draws is {draws}: pass 1 or more (1,000 for stable ends)")
    if table[0] and not table[1:n].any():
        raise ValueError(f"no question has both right and wrong ones among {n} samples: draw more to fit a law")
    questions, unsolved = int(table.sum()), int(table[0])
    chances = law(c, n, at, draws, rng)
    expected = 1 - unsolved * (1 - chances.expected) / questions
    shown = 1 - (unsolved - rng.binomial(unsolved, np.clip(chances.drawn, 0, 1))) / questions
    tail = (1 - level) / 2
    low, high = np.quantile(shown, [tail, 1 - tail], axis=0, method="inverted_cdf")
    return Forecast(at, Interval(expected, low, high), 1 - unsolved / questions, chances.p_value, chances.law)


def forecast_votes(pools: Sequence[Pool], k: ArrayLike, *, level: float = 0.95) -> Forecast:
    """The mean plurality accuracy of k fresh votes on each of these questions, by the vote law; see `fit_vote_law`.

    The law is fitted to the exact curve of the pools at 1..n/2, and the constant is its value at n. The upper half
    is left out because at k = n every subset is the pool itself: the curve sits at its limit whatever the model.
    Far out the law says the share of right modes, which is just the constant: it can be right, but not better.

    Args:
        pools: the n samples in hand of each question.
        k: numbers of votes, shape (K,).
        level: two-sided, of the prediction interval at each k by itself.

    Raises:
        ValueError: a pool or an argument is malformed; see `plurality_curves`.
    """
    check_level(level)
    at, curves = whole_draws(np.atleast_1d(k)), plurality_curves(pools)
    seen = np.arange(1, max(1, curves.shape[1] // 2) + 1)
    law = fit_vote_law(seen, curves[:, seen - 1], vote_limits(pools))
    each = law.curves(at)
    mean = each.mean(axis=0)
    half = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt((each * (1 - each)).sum(axis=0)) / len(each)
    value = Interval(mean, np.maximum(mean - half, 0.0), np.minimum(mean + half, 1.0))
    return Forecast(at, value, float(curves[:, -1].mean()), None, "vote law")
