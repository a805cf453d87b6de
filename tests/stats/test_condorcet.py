"""Condorcet's majorities against exact binomial sums, and the mixture theorem against exact steps."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from compound.stats.laws import majority, majority_gain, mixture

P = st.fractions(0, 1, max_denominator=200)


def exact(p: Fraction, k: int) -> Fraction:
    """Every number of right votes, by its probability, a tie for half."""
    worth = [Fraction(2 * r > k) + Fraction(1, 2) * (2 * r == k) for r in range(k + 1)]
    return sum((comb(k, r) * p**r * (1 - p) ** (k - r) * worth[r] for r in range(k + 1)), Fraction(0))


@given(P, st.integers(1, 40))
def test_majorities_are_the_exact_sums(p: Fraction, k: int) -> None:
    assert float(majority(float(p), k)) == pytest.approx(float(exact(p, k)), rel=1e-11, abs=1e-15)


@given(P, st.integers(0, 20))
def test_gains_are_the_exact_differences(p: Fraction, half: int) -> None:
    k = 2 * half + 1
    step = exact(p, k + 2) - exact(p, k)
    assert float(majority_gain(float(p), k)) == pytest.approx(float(step), rel=1e-11, abs=1e-300)


def test_large_majorities_equal_scipys_binomial() -> None:
    p, k = np.array([0.49, 0.5, 0.501, 0.6]), 100_001
    np.testing.assert_allclose(majority(p, k), stats.binom.sf(k // 2, k, p), rtol=1e-9)
    assert np.isfinite(majority_gain(p, k)).all()
    assert float(majority_gain(0.501, k)) > 0


def test_shapes_are_broadcast() -> None:
    table = majority(np.array([[0.2], [0.8]]), [1, 3, 5])
    assert table.shape == (2, 3)
    np.testing.assert_allclose(table.sum(axis=0), 1, rtol=1e-12)


def step(alpha: Fraction, easy: Fraction, hard: Fraction, m: int) -> Fraction:
    """The sign of the step from 2m - 1 to 2m + 1 votes, without what both kinds share."""
    up = alpha * (2 * easy - 1) * (easy * (1 - easy)) ** m
    return up - (1 - alpha) * (1 - 2 * hard) * (hard * (1 - hard)) ** m


SHARE = st.integers(0, 100).map(lambda x: Fraction(x, 100))
EASY = st.integers(51, 100).map(lambda x: Fraction(x, 100))
HARD = st.integers(0, 49).map(lambda x: Fraction(x, 100))


@settings(max_examples=300, deadline=None)
@given(SHARE, EASY, HARD)
def test_the_mixture_turns_where_its_steps_change_sign(alpha: Fraction, easy: Fraction, hard: Fraction) -> None:
    trend, turn = mixture(float(alpha), float(easy), float(hard))
    signs = {"rises": 1, "falls": -1, "flat": 0}
    if turn is None:
        first, last = (step(alpha, easy, hard, m) for m in (1, 50))
        sign = signs[trend]
        assert (first > 0) - (first < 0) in {sign, 0}
        assert (last > 0) - (last < 0) == sign
        return
    way = 1 if trend == "rises then falls" else -1
    before, after = (turn - 1) // 2, (turn + 1) // 2
    # A step of 0 at the turn makes two turns of equal height: either is right.
    assert before >= 1
    assert way * step(alpha, easy, hard, before) >= 0 >= way * step(alpha, easy, hard, after)
    assert way * step(alpha, easy, hard, 1) > 0


@settings(deadline=None)
@given(SHARE, EASY, HARD)
def test_the_turn_is_the_extreme_of_the_curve(alpha: Fraction, easy: Fraction, hard: Fraction) -> None:
    trend, turn = mixture(float(alpha), float(easy), float(hard))
    k = np.arange(1, 400, 2)
    curve = float(alpha) * majority(float(easy), k) + (1 - float(alpha)) * majority(float(hard), k)
    if turn is not None and turn <= k[-1]:
        extreme = curve.max() if trend == "rises then falls" else curve.min()
        assert curve[(turn - 1) // 2] == pytest.approx(extreme, abs=1e-13)
    if trend in {"rises", "falls"}:
        assert (np.diff(curve) * (1 if trend == "rises" else -1) > -1e-13).all()


def test_worked_mixtures() -> None:
    """By hand: a = 0.5 * 0.7 = 0.35, b = 0.5 * 0.2 = 0.1, q = 0.1275 and 0.24: m* = ln 3.5 / ln 1.882 = 1.98."""
    assert mixture(0.5, 0.85, 0.4) == ("rises then falls", 3)
    assert mixture(0.5, 0.6, 0.15) == ("falls then rises", 3)
    assert mixture(0.5, 0.7, 0.3) == ("flat", None)
    assert mixture(0.6, 0.7, 0.3) == ("rises", None)
    assert mixture(1.0, 0.9, 0.3) == ("rises", None)
    assert mixture(0.0, 0.9, 0.3) == ("falls", None)
    assert mixture(0.36, 0.96, 0.46) == ("falls", None)  # its first step is 0
    assert mixture(0.9, 1.0, 0.4) == ("falls", None)  # the easy ones are always right: nothing to gain


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: majority(1.2, 3), "p is 1.2"),
        (lambda: majority(0.5, 0), "k is 0"),
        (lambda: majority_gain(0.5, 4), "k is 4: pass odd numbers"),
        (lambda: mixture(0.5, 0.5, 0.2), "easy 0.5"),
        (lambda: mixture(1.5, 0.8, 0.2), "alpha 1.5"),
    ],
)
def test_what_is_out_of_range_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
