"""Holm against closed testing; the max-t band against known widths, and by its coverage."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from compound.stats import holm, max_t_interval, mean_interval

P = st.lists(st.floats(0, 1), min_size=1, max_size=7)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def by_closed_testing(p: list[float]) -> list[float]:
    """A claim falls with any set of hypotheses that holds it and passes a Bonferroni test: Holm's own argument."""
    sets = [s for size in range(1, len(p) + 1) for s in combinations(range(len(p)), size)]
    return [max(min(1.0, len(s) * min(p[j] for j in s)) for s in sets if i in s) for i in range(len(p))]


@given(P)
def test_holm_equals_closed_testing(p: list[float]) -> None:
    np.testing.assert_allclose(holm(p), by_closed_testing(p), rtol=1e-12)


@given(P, st.floats(0.001, 0.999))
def test_holm_rejects_what_the_step_down_procedure_rejects(p: list[float], alpha: float) -> None:
    rejected = set()
    for i, at in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[at] * (len(p) - i) > alpha:
            break
        rejected.add(at)
    assert set(np.flatnonzero(holm(p) <= alpha)) == rejected


def test_holm_by_hand() -> None:
    np.testing.assert_allclose(holm([0.03, 0.01, 0.04, 0.005]), [0.06, 0.03, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.9, 0.6]), [1.0, 1.0])
    np.testing.assert_array_equal(holm([0.2]), [0.2])


def correlated(questions: int, columns: int, rho: float, seed: int = 1) -> np.ndarray:
    shared, own = rng(seed).normal(size=(questions, 1)), rng(seed + 1).normal(size=(questions, columns))
    values: np.ndarray = np.sqrt(rho) * shared + np.sqrt(1 - rho) * own
    return values * np.arange(1, columns + 1) / 100


def critical(values: np.ndarray, **options: object) -> np.ndarray:
    """Half-width of the band in standard errors, for each column."""
    band = max_t_interval(values, rng=rng(3), **options)  # type: ignore[arg-type]
    error = values.std(axis=0) / np.sqrt(len(values))
    result: np.ndarray = (band.high - band.low) / 2 / error
    return result


def test_the_band_is_wider_than_pointwise_and_narrower_than_bonferroni() -> None:
    pointwise, bonferroni = stats.norm.ppf([0.975, 1 - 0.025 / 10])
    t = critical(correlated(300, 10, 0.8))
    assert (t > 1.1 * pointwise).all()
    assert (t < 0.95 * bonferroni).all()


def test_independent_columns_cost_what_sidak_says() -> None:
    sidak = stats.norm.ppf((1 + 0.95 ** (1 / 6)) / 2)
    np.testing.assert_allclose(critical(correlated(1000, 6, 0.0)), sidak, rtol=0.04)


def test_copies_of_a_column_cost_nothing() -> None:
    column = correlated(500, 1, 0.0)
    np.testing.assert_allclose(critical(np.tile(column, 8)), np.tile(critical(column), 8), rtol=1e-9)
    np.testing.assert_allclose(critical(column), stats.norm.ppf(0.975), rtol=0.04)


def test_the_level_is_that_of_the_band() -> None:
    values = correlated(500, 1, 0.0)
    np.testing.assert_allclose(critical(values, level=0.8), stats.norm.ppf(0.9), rtol=0.04)


def test_a_column_without_spread_counts_like_an_independent_one() -> None:
    values = correlated(400, 3, 0.0)
    flat, more = np.insert(values, 1, 0.1, axis=1), np.column_stack([values, rng(7).permutation(values[:, 0])])
    band, independent = (max_t_interval(v, rng=rng(3)) for v in (flat, more))
    assert float(band.low[1]) < 0.1 < float(band.high[1])
    np.testing.assert_allclose(
        (band.high - band.low)[[0, 2, 3]], (independent.high - independent.low)[:3], rtol=0.02
    )


def test_one_column_has_the_interval_of_its_mean() -> None:
    values = correlated(40, 1, 0.0)
    band, single = max_t_interval(values, draws=100_000, rng=rng()), mean_interval(values)
    np.testing.assert_allclose([band.low, band.high], [single.low, single.high], atol=2e-4)


def test_few_questions_are_paid_for() -> None:
    """Sidak's level, taken in Student's t with 9 degrees of freedom."""
    values = (
        np.column_stack([rng(s).permutation(stats.norm.ppf((np.arange(10) + 0.5) / 10)) for s in range(4)]) / 10
    )
    sidak = (1 + 0.95 ** (1 / 4)) / 2
    expected = stats.t.ppf(sidak, 9) * values.std(ddof=1, axis=0) / np.sqrt(10)
    band = max_t_interval(values, rng=rng())
    assert ((band.high - band.low) / 2 > 0.95 * expected).all()


def test_strata_and_clusters_are_those_of_the_mean() -> None:
    values, strata, clusters = correlated(90, 2, 0.5), np.arange(90) // 60, np.arange(90) // 3
    copies = np.repeat(values, 4, axis=0)
    band = max_t_interval(values, strata=strata, draws=400, rng=rng(3))
    copied = max_t_interval(
        copies, strata=np.repeat(strata, 4), clusters=np.repeat(np.arange(90), 4), draws=400, rng=rng(3)
    )
    np.testing.assert_allclose([band.low, band.high], [copied.low, copied.high], rtol=1e-9)
    expected = mean_interval(values, strata=strata, clusters=clusters)
    macro = max_t_interval(values, strata=strata, clusters=clusters, draws=10, rng=rng())
    np.testing.assert_array_equal(macro.mean, expected.mean)
    assert not np.allclose(macro.mean, values.mean(axis=0))


def test_the_same_seed_gives_the_same_band() -> None:
    values = correlated(40, 3, 0.5)
    first, again, other = (max_t_interval(values, draws=200, rng=rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.low, again.low)
    assert not np.array_equal(first.low, other.low)


def test_nineteen_of_twenty_bands_hold_every_mean() -> None:
    source, every, pointwise = rng(11), 0, 0
    for _ in range(400):
        values = (source.beta(2, 3, size=(80, 1)) + source.beta(2, 3, size=(80, 8))) / 2
        band = max_t_interval(values, bounds=(0, 1), draws=400, rng=source)
        single = mean_interval(values, bounds=(0, 1))
        every += bool(((band.low <= 0.4) & (band.high >= 0.4)).all())
        pointwise += bool(((single.low <= 0.4) & (single.high >= 0.4)).all())
    # Within four standard errors of 400 trials.
    assert 0.91 <= every / 400 <= 0.99
    assert pointwise / 400 < 0.87


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: holm([0.5, 1.2]), "between 0 and 1"),
        (lambda: holm([0.5, np.nan]), "between 0 and 1"),
        (lambda: holm([[0.5]]), r"shape \(1, 1\)"),
        (lambda: max_t_interval([0.0, 1.0], rng=rng()), r"shape \(2,\)"),
        (lambda: max_t_interval(np.ones((2, 2)), draws=0, rng=rng()), "draws is 0"),
        (lambda: max_t_interval(np.ones((2, 2)), level=95, rng=rng()), "level is 95"),
        (lambda: max_t_interval([[0.0, np.nan]], rng=rng()), "question 0 are not finite"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
