"""Effects of a factorial experiment, against brute force in fractions and worlds whose effects were planted."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.stats import mean_interval, paired_difference
from compound.stats.factorial import factorial_effects, log_odds_effects, shapley_values, stack_over_best


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def whole(questions: int, factors: int, seed: int = 1, n: int = 8) -> np.ndarray:
    """Right answers of n in every cell."""
    return rng(seed).integers(0, n + 1, size=(questions, 2**factors))


def with_and_without(mean: dict[tuple[int, ...], Fraction], subset: tuple[int, ...], factors: int) -> Fraction:
    """The finite difference in the factors of a subset, averaged over the settings of the others."""
    others = [j for j in range(factors) if j not in subset]
    total = Fraction(0)
    for rest in product((0, 1), repeat=len(others)):
        for own in product((0, 1), repeat=len(subset)):
            on = dict(zip(others, rest, strict=True)) | dict(zip(subset, own, strict=True))
            sign = -1 if (len(subset) - sum(own)) % 2 else 1
            total += sign * mean[tuple(on[j] for j in range(factors))]
    return total / 2 ** len(others)


def means_of(counts: np.ndarray, n: int = 8) -> dict[tuple[int, ...], Fraction]:
    """Mean accuracy of every cell by its settings; the first factor is the lowest bit of the column."""
    factors = counts.shape[1].bit_length() - 1
    return {
        tuple(column >> j & 1 for j in range(factors)): Fraction(int(counts[:, column].sum()), n * len(counts))
        for column in range(counts.shape[1])
    }


@pytest.mark.parametrize("factors", [1, 2, 3, 5])
def test_effects_are_finite_differences_averaged_over_the_other_factors(factors: int) -> None:
    counts = whole(6, factors)
    found = factorial_effects(counts / 8, order=factors, draws=10, rng=rng())
    assert len(found.factors) == 2**factors - 1
    expected = [float(with_and_without(means_of(counts), subset, factors)) for subset in found.factors]
    np.testing.assert_allclose(found.interval.mean, expected, atol=1e-12)
    np.testing.assert_allclose(found.band.mean, expected, atol=1e-12)


@pytest.mark.parametrize("factors", [1, 2, 4])
def test_a_shapley_value_is_the_mean_step_over_all_orders(factors: int) -> None:
    counts = whole(5, factors, seed=3)
    mean = means_of(counts)
    orders = list(permutations(range(factors)))
    expected = []
    for j in range(factors):
        total = Fraction(0)
        for order in orders:
            before = {*order[: order.index(j)]}
            setting = tuple(int(i in before) for i in range(factors))
            total += mean[tuple(int(i in before or i == j) for i in range(factors))] - mean[setting]
        expected.append(float(total / len(orders)))
    found = shapley_values(counts / 8, draws=10, rng=rng())
    np.testing.assert_allclose(found.interval.mean, expected, atol=1e-12)
    assert found.factors == tuple((j,) for j in range(factors))


@given(st.integers(2, 4), st.integers(0, 10**6))
def test_shapley_values_sum_up_to_all_less_none(factors: int, seed: int) -> None:
    cells = whole(4, factors, seed) / 8
    found = shapley_values(cells, draws=2, rng=rng())
    assert found.interval.mean.sum() == pytest.approx((cells[:, -1] - cells[:, 0]).mean(), abs=1e-12)


def settings(factors: int) -> np.ndarray:
    """Shape (2**f, f): which factors a column has."""
    return np.array([[column >> j & 1 for j in range(factors)] for column in range(2**factors)])


def test_what_adds_up_has_no_interaction() -> None:
    gains = np.array([0.1, -0.05, 0.2])
    easy = rng(2).uniform(0.1, 0.6, size=(40, 1))
    cells = easy + settings(3) @ gains
    found = factorial_effects(cells, order=3, rng=rng(), draws=200)
    np.testing.assert_allclose(found.interval.mean, [*gains, 0, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(shapley_values(cells, rng=rng(), draws=10).interval.mean, gains, atol=1e-12)


def test_two_techniques_that_mend_the_same_replies_interact() -> None:
    """Either alone gains .3, both together no more; a third adds .1 whatever the others do."""
    on = settings(3)
    cells = np.tile(0.2 + 0.3 * on[:, :2].max(axis=1) + 0.1 * on[:, 2], (12, 1))
    effects = factorial_effects(cells, rng=rng(), draws=10)
    by = dict(zip(effects.factors, effects.interval.mean, strict=True))
    expected = {(0,): 0.15, (1,): 0.15, (2,): 0.1, (0, 1): -0.3, (0, 2): 0.0, (1, 2): 0.0}
    assert by == pytest.approx(expected)
    np.testing.assert_allclose(shapley_values(cells, rng=rng(), draws=10).interval.mean, [0.15, 0.15, 0.1])


def test_what_multiplies_the_odds_interacts_in_points_alone() -> None:
    odds = np.log(np.array([0.5, 1.0, 2.0]))  # the base, then twice the odds at each step
    p = 1 / (1 + np.exp(-np.array([odds[0], odds[1], odds[1], odds[2]])))
    cells = np.tile(p, (10, 1))
    found = log_odds_effects(cells, rng=rng(), draws=50)
    np.testing.assert_allclose(found.mean, [np.log(2), np.log(2), 0.0], atol=1e-12)
    higher = 1 / (1 + np.exp(-np.array([0.0, 2.0, 2.0, 4.0])))
    in_points = factorial_effects(np.tile(higher, (10, 1)), rng=rng(), draws=10)
    assert float(in_points.interval.mean[2]) < -0.2


def test_log_odds_move_with_the_questions() -> None:
    cells = rng(5).uniform(0.1, 0.9, size=(80, 4))
    found = log_odds_effects(cells, rng=rng(1), draws=2000)
    p = cells.mean(axis=0)
    odds = np.log(p / (1 - p))
    expected = [(odds[1] + odds[3] - odds[0] - odds[2]) / 2, (odds[2] + odds[3] - odds[0] - odds[1]) / 2]
    np.testing.assert_allclose(found.mean, [*expected, odds[3] - odds[1] - odds[2] + odds[0]])
    # The delta method: the contrast of each question's own linear part.
    linear = (cells - p) / (p * (1 - p)) @ np.array([1.0, -1.0, -1.0, 1.0])
    error = linear.std(ddof=1) / np.sqrt(80)
    assert float(found.high[2] - found.low[2]) == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_a_cell_that_is_all_wrong_has_no_log_odds() -> None:
    cells = rng(5).uniform(0.2, 0.8, size=(30, 4))
    cells[:, 2] = 0
    found = log_odds_effects(cells, rng=rng(), draws=50)
    assert np.isnan(found.mean).all()
    assert (found.low == -np.inf).all()
    assert (found.high == np.inf).all()


def test_a_main_effect_has_the_interval_of_its_paired_difference() -> None:
    cells, task, passage = whole(30, 2, seed=7) / 8, np.arange(30) // 18, np.arange(30) // 3
    labels = {"strata": task, "clusters": passage}
    found = factorial_effects(cells, **labels, level=0.9, rng=rng(), draws=50).interval
    a = paired_difference(cells[:, [1, 3]].mean(axis=1), cells[:, [0, 2]].mean(axis=1), **labels, level=0.9)
    both = mean_interval(
        (cells[:, 3] - cells[:, 2] - cells[:, 1] + cells[:, 0]), bounds=(-2, 2), **labels, level=0.9
    )
    for place, expected in ((0, a), (2, both)):
        np.testing.assert_allclose(
            [found.mean[place], found.low[place], found.high[place]], [expected.mean, expected.low, expected.high]
        )
    shapley = shapley_values(cells, **labels, level=0.9, rng=rng(), draws=50).interval
    step = mean_interval((cells[:, 1] - cells[:, 0] + cells[:, 3] - cells[:, 2]) / 2, **labels, level=0.9)
    np.testing.assert_allclose([shapley.low[0], shapley.high[0]], [step.low, step.high])


def test_the_band_of_more_effects_is_wider() -> None:
    cells = rng(4).beta(2, 2, size=(60, 16))
    few, many = (factorial_effects(cells, order=order, rng=rng()) for order in (1, 4))
    assert (few.band.low < few.interval.low).all()
    assert (few.band.high > few.interval.high).all()
    assert (many.band.high[:4] - many.band.low[:4] > few.band.high - few.band.low).all()


def test_nothing_stacked_is_shown_to_stack_in_one_world_of_twenty() -> None:
    source, shown = rng(8), 0
    for _ in range(200):
        question = source.beta(2, 2, size=(60, 1))
        cells = (source.random((60, 8)) < question).astype(float)
        band = factorial_effects(cells, order=3, draws=300, rng=source).band
        shown += bool(((band.low > 0) | (band.high < 0)).any())
    assert shown / 200 < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)


def test_the_best_of_equal_techniques_is_not_flattered() -> None:
    source, honest, naive = rng(9), [], []
    for _ in range(300):
        cells = source.random((40, 16)).round()
        honest.append(float(stack_over_best(cells, draws=2, rng=source).interval.mean))
        naive.append(float((cells[:, [15]] - cells[:, [1, 2, 4, 8]]).mean(axis=0).min()))
    error = np.std(honest) / np.sqrt(300)
    assert abs(np.mean(honest)) < 4 * error
    assert np.mean(naive) < -6 * error


def test_the_stack_is_compared_with_the_best_single_technique() -> None:
    on = settings(3)
    easy = rng(1).uniform(0, 0.3, size=(50, 1))
    found = stack_over_best(easy + on @ np.array([0.05, 0.3, 0.1]), rng=rng(), draws=200)
    assert found.best == 1
    assert set(found.choices) == {1}
    assert float(found.interval.mean) == pytest.approx(0.15)
    noisy = np.clip(easy + on @ np.array([0.05, 0.3, 0.1]) + rng(2).normal(0, 0.1, (50, 8)), 0, 1)
    interval = stack_over_best(noisy, rng=rng(), draws=2000).interval
    expected = paired_difference(noisy[:, 7], noisy[:, 2])
    np.testing.assert_allclose(interval.mean, expected.mean, atol=1e-12)
    np.testing.assert_allclose([interval.low, interval.high], [expected.low, expected.high], atol=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: factorial_effects(np.zeros((4, 6)), rng=rng()), "6 columns"),
        (lambda: factorial_effects(np.zeros(4), rng=rng()), "1 columns"),
        (lambda: shapley_values(np.zeros((4, 1)), rng=rng()), "1 columns"),
        (lambda: factorial_effects(np.full((4, 4), 1.5), rng=rng()), "outside 0 to 1"),
        (lambda: factorial_effects(np.zeros((4, 4)), order=3, rng=rng()), "order is 3 for 2 factors"),
        (lambda: log_odds_effects(np.full((4, 4), 0.5), order=0, rng=rng()), "order is 0"),
        (lambda: stack_over_best(np.zeros((9, 2)), rng=rng()), "single factor"),
        (lambda: shapley_values([[0.0, np.nan]], rng=rng()), "question 0 are not finite"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
