"""Do techniques stack? A full factorial experiment: every technique with and without every other.

Cells are in standard order: column c has factor j where bit j of c is 1, so column 0 has none, column 1 the first
factor alone, column 3 the first two, and the last column all of them. Every cell answers the same questions, so
every effect is a contrast within each question, and its interval is that of a paired difference.

The effect of a set of factors is its ±1-coded contrast (Yates 1937, The Design and Analysis of Factorial
Experiments), averaged over the other factors, in the scale of finite differences: of one factor the accuracy with
it less that without it; of two what both gain together beyond the sum of what each gains alone (twice the
interaction as many textbooks scale it); of three how that differs with and without the third.

What it does not say: a cell of one run a question carries the noise of that run, which is in the width; and
accuracies end at 1, so two techniques that mend the same replies have a negative interaction without being at odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._of_means import check_shares, interval_of_means
from compound.stats._types import FloatArray, IntArray
from compound.stats.bootstrap import Labels, check_values
from compound.stats.choosing import cross_fit
from compound.stats.interval import Interval
from compound.stats.mean import mean_interval
from compound.stats.multiple import max_t_interval


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """Contrasts of the cells of a factorial experiment.

    Attributes:
        factors: the factors of each contrast, C of them.
        interval: each on its own, shape (C,).
        band: all C together, shape (C,).
    """

    factors: tuple[tuple[int, ...], ...]
    interval: Interval
    band: Interval


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """All factors together against the best of them alone, which is chosen on other questions.

    Attributes:
        interval: accuracy with all factors less that of the best single one, shape ().
        choices: the factor that was chosen for each fold, shape (K,).
        best: the factor that is best alone on all questions.
    """

    interval: Interval
    choices: IntArray
    best: int


def factorial_effects(
    cells: ArrayLike,
    *,
    order: int = 2,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> Contrasts:
    """Main effects and interactions of f factors, with paired intervals.

    Args:
        cells: accuracy of every question in every cell in standard order, shape (Q, 2**f).
        order: the largest number of factors in an effect. The band is paid for by all effects up to it.
        strata: as in `mean_interval`.
        clusters: as in `mean_interval`.
        level: two-sided confidence.
        draws: of the band, as in `max_t_interval`.
        rng: of the band.

    Returns:
        The effects, those of few factors first, in the unit of the cells: an effect of s factors lies between
        -2**(s-1) and 2**(s-1).

    Raises:
        ValueError: as `mean_interval`, or cells does not have 2**f columns, or order is not 1 to f.
    """
    table, factors = _checked(cells)
    subsets = _subsets(factors, order)
    # Divided by the range that finite differences have, all contrasts share the bounds of one difference.
    signs = np.array([_signs(factors, subset) for subset in subsets]) / 2 ** (factors - 1)
    scale = np.array([2.0 ** (len(subset) - 1) for subset in subsets])
    return _estimated(table, signs, subsets, scale, strata, clusters, level, draws, rng)


def shapley_values(
    cells: ArrayLike,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> Contrasts:
    """What each factor adds on the way from none to all, averaged over the orders in which they could be added.

    They sum up to the accuracy of all less that of none (Shapley 1953, Contributions to the Theory of Games II,
    307-317). Exact: each is a contrast of the 2**f cells, so it has the paired interval of one.

    Args:
        cells: this and what follows as in `factorial_effects`.

    Raises:
        ValueError: as `factorial_effects`.
    """
    table, factors = _checked(cells)
    columns = np.arange(2**factors)
    with_it = columns[None, :] >> np.arange(factors)[:, None] & 1
    others = with_it.sum(axis=0) - with_it
    share = np.array([1 / (factors * comb(factors - 1, size)) for size in range(factors)])
    weights = (2 * with_it - 1) * share[others]
    subsets = _subsets(factors, 1)
    return _estimated(table, weights, subsets, np.ones(factors), strata, clusters, level, draws, rng)


def log_odds_effects(
    cells: ArrayLike,
    *,
    order: int = 2,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> Interval:
    """The effects of `factorial_effects` on the log odds of the cells' mean accuracies, in nats.

    Techniques that multiply the odds have no interaction here, where accuracies would show one close to 0 or 1.
    These are log odds of means over questions, not means of log odds, which single answers do not have.
    Percentile bootstrap over questions: rough below about 50. A cell that is all wrong or all right in a resample
    has no finite log odds, and the interval says so with an infinite end.

    Args:
        cells: this and what follows as in `factorial_effects`, but `draws` are resamples.

    Returns:
        Shape (C,), in the order of `factorial_effects`, each on its own; a mean of nan where a cell is all wrong
        or all right.

    Raises:
        ValueError: as `factorial_effects`.
    """
    table, factors = _checked(cells)
    found = []
    for subset in _subsets(factors, order):
        weights = _signs(factors, subset) / 2 ** (factors - len(subset))

        def effect(means: FloatArray, weights: FloatArray = weights) -> FloatArray:
            inner = np.asarray(((means > 0) & (means < 1)).all(axis=-1))
            safe = np.where(inner[..., None], means, 0.5)
            odds: FloatArray = np.where(inner, np.log(safe / (1 - safe)) @ weights, np.nan)
            return odds

        found.append(
            interval_of_means(
                table, effect, (-np.inf, np.inf),
                strata=strata, clusters=clusters, level=level, draws=draws, rng=rng,
            )
        )  # fmt: skip
    return Interval(*(np.array([getattr(one, end) for one in found]) for end in ("mean", "low", "high")))


def stack_over_best(
    cells: ArrayLike,
    *,
    folds: int = 5,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> Stack:
    """All factors together less the best single one, which is chosen by cross-fitting (see `cross_fit`).

    Args:
        cells: as in `factorial_effects`, of two factors or more.
        folds: this and what follows as in `cross_fit`.

    Raises:
        ValueError: as `cross_fit`, or cells does not have 2**f columns, f >= 2.
    """
    table, factors = _checked(cells)
    if factors < 2:
        raise ValueError("cells has a single factor, which is its own stack: pass (Q, 2**f) with f >= 2")
    alone = table[:, 2 ** np.arange(factors)] - table[:, [-1]]
    found = cross_fit(alone, folds=folds, strata=strata, clusters=clusters, level=level, draws=draws, rng=rng)
    less = found.interval
    return Stack(Interval(-less.mean, -less.high, -less.low), found.choices, found.best)


def _checked(cells: ArrayLike) -> tuple[FloatArray, int]:
    """The cells as a table, and the number of factors."""
    table, flat = check_values(cells)
    columns = 1 if flat else table.shape[1]
    factors = columns.bit_length() - 1
    if columns != 2**factors or not factors:
        raise ValueError(f"cells has {columns} columns: pass (Q, 2**f), every factor with and without every other")
    return check_shares(table, "cells"), factors


def _subsets(factors: int, order: int) -> tuple[tuple[int, ...], ...]:
    if not 1 <= order <= factors:
        raise ValueError(f"order is {order} for {factors} factors: pass 1 to {factors}")
    return tuple(subset for size in range(1, order + 1) for subset in combinations(range(factors), size))


def _signs(factors: int, subset: tuple[int, ...]) -> FloatArray:
    """The ±1-coded contrast of a set of factors, shape (2**f,)."""
    columns = np.arange(2**factors)
    signs: FloatArray = np.prod([2.0 * (columns >> j & 1) - 1 for j in subset], axis=0)
    return signs


def _estimated(
    table: FloatArray,
    weights: FloatArray,
    factors: tuple[tuple[int, ...], ...],
    scale: FloatArray,
    strata: Labels | None,
    clusters: Labels | None,
    level: float,
    draws: int,
    rng: np.random.Generator,
) -> Contrasts:
    """The contrasts with these weights (C, 2**f), each between -1 and 1, then scaled."""
    values = table @ weights.T
    alone = mean_interval(values, strata=strata, clusters=clusters, level=level)
    band = max_t_interval(values, strata=strata, clusters=clusters, level=level, draws=draws, rng=rng)
    return Contrasts(factors, *(Interval(i.mean * scale, i.low * scale, i.high * scale) for i in (alone, band)))
