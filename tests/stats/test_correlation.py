"""Correlated errors against NumPy and SciPy, and effective voters against exact Condorcet juries."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import contingency

from compound.stats import Interval
from compound.stats.correlation import (
    effective_voters,
    error_correlation,
    independence_prediction,
    intra_question_correlation,
)

BITS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def ends(interval: Interval) -> list[float]:
    return [float(interval.mean), float(interval.low), float(interval.high)]


@given(BITS)
def test_the_estimates_are_those_of_the_two_by_two_table(pairs: list[tuple[bool, bool]]) -> None:
    a, b = np.array(pairs, dtype=float).T
    found = error_correlation(a, b, draws=5, rng=rng())
    cells = np.array([[((a == i) & (b == j)).sum() for j in (1, 0)] for i in (1, 0)])
    assert float(found.double_fault.mean) == pytest.approx(cells[0, 0] / len(a))
    if cells.sum(axis=0).min() == 0 or cells.sum(axis=1).min() == 0:
        assert np.isnan(found.phi.mean)
        assert np.isnan(found.yule_q.mean)
        return
    assert float(found.phi.mean) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert abs(float(found.phi.mean)) == pytest.approx(contingency.association(cells, "cramer", correction=False))
    odds = contingency.odds_ratio(cells, kind="sample").statistic
    assert float(found.yule_q.mean) == pytest.approx(1.0 if np.isinf(odds) else (odds - 1) / (odds + 1))


def test_yules_q_is_one_for_nested_errors_and_phi_only_for_equal_ones() -> None:
    a, b = [1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]
    nested, equal, opposite = (error_correlation(a, other, draws=5, rng=rng()) for other in (b, a, 1 - np.array(a)))
    assert [float(nested.yule_q.mean), float(nested.phi.mean)] == pytest.approx([1.0, 0.2**0.5])
    assert [float(i.mean) for i in equal] == pytest.approx([1.0, 0.5, 1.0])
    assert [float(i.mean) for i in opposite] == pytest.approx([-1.0, 0.0, -1.0])


def test_an_unknown_correlation_may_be_anything() -> None:
    found = error_correlation([0, 0, 0], [0, 1, 0], draws=20, rng=rng())
    assert np.isnan(found.phi.mean)
    assert ends(found.phi)[1:] == ends(found.yule_q)[1:] == [-1.0, 1.0]


def test_voters_that_share_hard_questions_err_together() -> None:
    """Two voters of one error rate a question, drawn independently: phi is the spread of that rate."""
    rate = rng(1).beta(0.5, 0.5, size=3000)
    a, b = (rng(s).random(3000) < rate for s in (2, 3))
    drawn = error_correlation(a, b, draws=500, rng=rng(4))
    assert float(drawn.phi.low) < 0.5 < float(drawn.phi.high)
    assert float(error_correlation(rate, rate, draws=5, rng=rng()).phi.mean) == pytest.approx(0.5, abs=0.03)
    alone = error_correlation(rng(5).random(3000) < 0.3, b, draws=500, rng=rng(6))
    assert float(alone.phi.low) < 0 < float(alone.phi.high)


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.6), (1.0, 1.0), (4.0, 2.0)])
def test_rho_of_a_beta_binomial_is_one_over_one_plus_its_size(alpha: float, beta: float) -> None:
    c = rng(1).binomial(8, rng(2).beta(alpha, beta, size=4000))
    found = intra_question_correlation(c, 8, draws=500, rng=rng(3))
    assert float(found.low) <= 1 / (alpha + beta + 1) <= float(found.high)
    assert float(found.high - found.low) < 0.08


@given(st.lists(st.integers(0, 5), min_size=2, max_size=12))
def test_rho_is_the_correlation_over_all_ordered_pairs_of_draws(c: list[int]) -> None:
    found = float(intra_question_correlation(c, 5, draws=3, rng=rng()).mean)
    pairs = []
    for right in c:
        outcome = [1] * right + [0] * (5 - right)
        pairs += [(x, y) for i, x in enumerate(outcome) for j, y in enumerate(outcome) if i != j]
    one, other = np.array(pairs).T
    if one.min() == one.max():
        assert np.isnan(found)
    else:
        assert found == pytest.approx(np.corrcoef(one, other)[0, 1], abs=1e-9)


def jury(p: Fraction, k: int) -> float:
    return float(sum(comb(k, i) * p**i * (1 - p) ** (k - i) for i in range(k // 2 + 1, k + 1)))


@pytest.mark.parametrize("k", [1, 3, 5, 21, 101])
@pytest.mark.parametrize("p", [Fraction(3, 5), Fraction(11, 20), Fraction(2, 5)])
def test_an_independent_jury_is_worth_its_size(p: Fraction, k: int) -> None:
    found = effective_voters(np.full(30, float(p)), np.full(30, jury(p, k)), draws=20, rng=rng())
    assert ends(found) == pytest.approx([k] * 3, rel=1e-6)


def test_between_juries_it_rises_with_the_vote() -> None:
    votes = np.linspace(0.6, 0.99, 30)
    found = [float(effective_voters([0.6], [v], draws=2, rng=rng()).mean) for v in votes]
    assert found[0] == pytest.approx(1.0)
    assert (np.diff(found) > 0).all()


def test_copies_are_one_voter_and_perfection_takes_infinitely_many() -> None:
    one = rng(1).random(200) < 0.7
    assert ends(effective_voters(one, one, draws=50, rng=rng())) == pytest.approx([1.0] * 3)
    assert ends(effective_voters(one, np.ones(200), draws=50, rng=rng())) == [np.inf] * 3


@pytest.mark.parametrize(("single", "voted"), [(0.7, 0.6), (0.4, 0.5), (0.5, 0.5), (0.5, 0.7)])
def test_where_no_jury_fits_there_is_no_number(single: float, voted: float) -> None:
    mean, low, high = ends(effective_voters([single] * 9, [voted] * 9, draws=20, rng=rng()))
    assert np.isnan(mean)
    assert (low, high) == (0.0, np.inf)


def test_correlated_voters_are_worth_less_than_their_number() -> None:
    """Seven voters who look at the same clue half of the time."""
    clue = rng(1).random((2000, 1)) < 0.7
    own = rng(2).random((2000, 7)) < 0.7
    for follows, low, high in ((0.0, 5.5, 8.5), (0.5, 1.2, 4.0), (1.0, 0.99, 1.01)):
        voters = np.where(rng(3).random((2000, 7)) < follows, clue, own)
        voted = voters.sum(axis=1) > 3
        found = effective_voters(voters.mean(axis=1), voted, draws=200, rng=rng(4))
        assert low < float(found.mean) < high
        error = independence_prediction(voters, voted, draws=200, rng=rng(5)).error
        assert (float(error.high) < 0) == (follows > 0)


@given(st.lists(st.fractions(0, 1, max_denominator=20), min_size=1, max_size=6))
def test_the_prediction_is_the_majority_over_all_outcomes(p: list[Fraction]) -> None:
    exact = Fraction(0)
    for outcome in product((0, 1), repeat=len(p)):
        chance = prod((q if o else 1 - q for q, o in zip(p, outcome, strict=True)), start=Fraction(1))
        exact += chance * Fraction(1 + (2 * sum(outcome) > len(p)) - (2 * sum(outcome) < len(p)), 2)
    correct = np.array([[float(q) for q in p]] * 2)
    found = independence_prediction(correct, [1.0, 0.5], draws=2, rng=rng())
    assert float(found.predicted.mean) == pytest.approx(float(exact), abs=1e-12)
    assert float(found.error.mean) == pytest.approx(0.75 - float(exact), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: error_correlation([0, 1], [1], rng=rng()), "the same questions"),
        (lambda: error_correlation([0, 2], [1, 1], rng=rng()), "a has values outside 0 to 1"),
        (lambda: error_correlation([0, np.nan], [1, 1], rng=rng()), "a has values outside 0 to 1"),
        (lambda: intra_question_correlation([1], 1, rng=rng()), "n is 1"),
        (lambda: intra_question_correlation([6], 5, rng=rng()), "outside 0..5"),
        (lambda: effective_voters([0.5], [0.5, 0.6], rng=rng()), "single has shape"),
        (lambda: independence_prediction([0.5], [0.5], rng=rng()), "correct has shape"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
