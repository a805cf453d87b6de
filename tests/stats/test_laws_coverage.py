"""Laws of coverage: closed forms, exact products, SciPy's likelihood and maximiser, and parameters found again."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from compound.stats.laws import (
    BetaBinomial,
    ExpPower,
    choose_beta_binomial,
    fit_beta_binomial,
    fit_exp_power,
    fit_zero_inflated,
    log_likelihood,
)
from compound.stats.laws._likelihood import fit_plain, fit_solved

SHAPE = st.floats(0.01, 50)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def counts(a: float, b: float, questions: int, n: int, seed: int, never: float = 0.0) -> np.ndarray:
    source = rng(seed)
    p = source.beta(a, b, questions) * (source.random(questions) >= never)
    return source.binomial(n, p)


def test_a_uniform_p_covers_k_of_k_plus_one() -> None:
    k = np.array([1, 2, 3, 10, 1000, 10**6])
    np.testing.assert_allclose(BetaBinomial(1, 1).coverage(k), k / (k + 1), rtol=1e-12)


@given(SHAPE, SHAPE)
def test_one_draw_covers_the_mean(a: float, b: float) -> None:
    assert float(BetaBinomial(a, b).coverage(1)) == pytest.approx(a / (a + b), rel=1e-9)


@given(st.fractions(Fraction(1, 50), 30), st.fractions(Fraction(1, 50), 30), st.integers(1, 60))
def test_coverage_is_the_exact_product(a: Fraction, b: Fraction, k: int) -> None:
    exact = 1 - prod((b + j) / (a + b + j) for j in range(k))
    assert float(BetaBinomial(float(a), float(b)).coverage(k)) == pytest.approx(float(exact), rel=1e-9)


def test_what_is_not_covered_falls_as_a_power() -> None:
    law, k = BetaBinomial(0.3, 0.7), 10**6
    expected = special.gamma(1.0) / special.gamma(0.7) * k**-law.exponent
    assert float(1 - law.coverage(k)) == pytest.approx(expected, rel=1e-5)


def test_what_is_never_solved_stays_uncovered() -> None:
    law = BetaBinomial(2, 2, never=0.25)
    np.testing.assert_allclose(law.coverage([1, 10**6]), [0.375, 0.75], rtol=1e-9)


@given(SHAPE, SHAPE)
def test_rho_is_the_spread_of_p(a: float, b: float) -> None:
    mean, variance = stats.beta.stats(a, b)
    assert BetaBinomial(a, b).rho == pytest.approx(float(variance / (mean * (1 - mean))), rel=1e-9)


@given(SHAPE, SHAPE, st.floats(0, 0.9), st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_the_likelihood_is_scipys(a: float, b: float, never: float, c: list[int]) -> None:
    mass = (1 - never) * stats.betabinom.pmf(c, 9, a, b) + never * (np.array(c) == 0)
    assert log_likelihood(c, 9, BetaBinomial(a, b, never)) == pytest.approx(np.log(mass).sum(), rel=1e-8)


@pytest.mark.parametrize(("a", "b", "n"), [(0.3, 0.1, 10), (0.05, 2.0, 12), (5.0, 20.0, 50), (1.0, 1.0, 2)])
def test_the_fit_is_where_scipy_finds_the_maximum(a: float, b: float, n: int) -> None:
    c = counts(a, b, 400, n, seed=3)
    found = optimize.minimize(lambda logs: -stats.betabinom.logpmf(c, n, *np.exp(logs)).sum(), [0.0, 0.0])
    fit = fit_beta_binomial(c, n)
    assert fit.log_likelihood == pytest.approx(-found.fun, abs=1e-6)
    np.testing.assert_allclose(np.log([fit.law.a, fit.law.b]), found.x, atol=1e-3)
    assert fit.limit is None


def test_the_zero_inflated_fit_is_where_scipy_finds_the_maximum() -> None:
    c = counts(2, 3, 300, 12, seed=4, never=0.3)

    def loss(at: np.ndarray) -> float:
        return -log_likelihood(c, 12, BetaBinomial(*np.exp(at[:2]), never=special.expit(at[2])))

    found = optimize.minimize(loss, [0.0, 0.0, 0.0])
    fit = fit_zero_inflated(c, 12)
    assert fit.log_likelihood == pytest.approx(-found.fun, abs=1e-6)
    assert fit.law.never == pytest.approx(special.expit(found.x[2]), abs=1e-3)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 6), min_size=2, max_size=30), SHAPE, SHAPE, st.floats(0, 0.9))
def test_no_other_parameters_are_likelier(c: list[int], a: float, b: float, never: float) -> None:
    assert log_likelihood(c, 6, BetaBinomial(a, b)) <= fit_beta_binomial(c, 6).log_likelihood + 1e-6
    plain, inflated = fit_beta_binomial(c, 6), fit_zero_inflated(c, 6)
    assert inflated.log_likelihood >= plain.log_likelihood - 1e-6


def test_many_histograms_are_fitted_as_each_alone() -> None:
    table = np.array([np.bincount(counts(0.4, 0.8, 60, 8, seed=s), minlength=9) for s in range(40)])
    together = fit_plain(table)
    np.testing.assert_allclose(together, np.concatenate([fit_plain(row[None]) for row in table]), atol=1e-6)
    solved = fit_solved(table, together)
    alone = [fit_solved(row[None], start[None]) for row, start in zip(table, together, strict=True)]
    np.testing.assert_allclose(solved, np.concatenate(alone), atol=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.5), (1.0, 4.0)])
def test_parameters_are_found_again_within_their_errors(a: float, b: float) -> None:
    fits = [fit_beta_binomial(counts(a, b, 200, 20, seed=s), 20) for s in range(200)]
    off = np.array([np.log([f.law.a / a, f.law.b / b]) / f.errors for f in fits if f.errors])
    assert len(off) == 200
    # 95% of 200, less four standard errors; the mean of 200 standardised errors and the bias of maximum likelihood.
    assert ((np.abs(off) < 1.96).mean(axis=0) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 200)).all()
    assert (np.abs(off.mean(axis=0)) < 4 / np.sqrt(200)).all()
    assert (off.std(axis=0) > 0.8).all()


def test_a_share_that_is_never_solved_is_found() -> None:
    choices = [choose_beta_binomial(counts(2, 3, 300, 20, seed=s, never=0.3), 20) for s in range(20)]
    assert all(choice.reason.startswith("zero-inflated") for choice in choices)
    never = [choice.fit.law.never for choice in choices]
    assert np.mean(never) == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 300 / 20))


def test_the_plain_law_is_kept_nineteen_times_of_twenty() -> None:
    choices = [choose_beta_binomial(counts(1, 2, 200, 20, seed=s), 20) for s in range(250)]
    kept = np.mean([choice.fit.law.never == 0 for choice in choices])
    assert kept == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 250))
    assert all((choice.ratio > 2.706) == (choice.fit.law.never > 0) for choice in choices)


def test_fewer_zeros_than_expected_leave_the_plain_law() -> None:
    c = np.array([1] * 30 + [2] * 10 + [9] * 20)
    assert fit_zero_inflated(c, 10) == fit_beta_binomial(c, 10)


@pytest.mark.parametrize(
    ("c", "limit", "covered"),
    [
        ([0] * 20, "no sample is right", [0, 0, 0]),
        ([8] * 20, "every sample is right", [1, 1, 1]),
        ([0] * 5 + [8] * 15, "all right or all wrong: rho = 1", [0.75, 0.75, 0.75]),
        ([4] * 20, "one common p: rho = 0", [1 / 2, 1 - 1 / 4, 1 - 1 / 2**10]),
        ([3, 4, 5] * 7, "one common p: rho = 0", [1 / 2, 1 - 1 / 4, 1 - 1 / 2**10]),
    ],
)
def test_counts_without_a_maximum_get_a_limit_and_say_so(c: list[int], limit: str, covered: list[float]) -> None:
    fit = fit_beta_binomial(c, 8)
    assert limit in str(fit.limit)
    assert fit.errors is None
    np.testing.assert_allclose(fit.law.coverage([1, 2, 10]), covered, atol=2e-5)


def test_solvable_questions_of_one_p_beside_hopeless_ones() -> None:
    choice = choose_beta_binomial([0] * 10 + [4] * 20, 8)
    assert "rho = 0" in str(choice.fit.limit)
    assert choice.fit.law.never == pytest.approx(1 / 3, abs=0.01)


@given(st.floats(-3, -0.05), st.floats(-1.5, -0.01))
def test_an_exponentiated_power_law_is_found_again(a: float, b: float) -> None:
    k = np.array([1, 2, 3, 5, 8, 13])
    curve = ExpPower(a, b).coverage(k)
    assume((curve < 1 - 1e-6).sum() >= 4)
    law = fit_exp_power(k, curve)
    assert (law.a, law.b) == pytest.approx((a, b), rel=1e-5)


def test_points_at_zero_and_one_are_left_out() -> None:
    k = np.arange(1, 8)
    curve = ExpPower(-1.0, -0.5).coverage(k)
    law = fit_exp_power([*k, 100, 200], [*curve, 1.0, 0.0])
    assert (law.a, law.b) == pytest.approx((-1.0, -0.5), rel=1e-9)


def test_a_small_error_next_to_one_moves_the_line_little() -> None:
    k, curve = np.arange(1, 11), ExpPower(-0.5, -2.0).coverage(np.arange(1, 11))
    curve[-1] = 1 - 1e-7  # 0.995 in truth: ten units of ln(-ln c) away
    weighted = fit_exp_power(k, curve)
    plain = np.polyfit(np.log(k), np.log(-np.log(curve)), 1)
    assert abs(weighted.b + 2) < 0.02 < 1 < abs(plain[0] + 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_beta_binomial([1, 2], 1), "n is 1: pass 2 or more"),
        (lambda: fit_beta_binomial([], 4), "pass the right samples of each question"),
        (lambda: fit_beta_binomial([0.5], 4), "c is float64"),
        (lambda: fit_beta_binomial([1, 5], 4), r"c = 5 is outside 0\.\.4"),
        (lambda: BetaBinomial(0, 1), "a and b must be above 0"),
        (lambda: BetaBinomial(1, 1, never=1.0), "never within 0..1 and below 1"),
        (lambda: BetaBinomial(1, 1).coverage(0), "k is 0: pass whole numbers of draws, 1 or more"),
        (lambda: BetaBinomial(1, 1).coverage([1.5]), "pass whole numbers of draws"),
        (lambda: fit_exp_power([1, 2], [0.5]), "pass one share for each k"),
        (lambda: fit_exp_power([1, 2], [0.5, 50]), "outside 0..1"),
        (lambda: fit_exp_power([1, 2, 3], [0.5, 1.0, 1.0]), "1 of 3 points lie between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
