"""pass@k and retrying, against exact binomials and their identities."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.stats import first_parsed, pass_at_k

N = st.integers(1, 60)


@given(N, st.data())
def test_pass_at_k_equals_the_binomials(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n))
    expected = [float(1 - Fraction(comb(n - c, k), comb(n, k))) for k in range(1, n + 1)]
    np.testing.assert_allclose(pass_at_k(n, c), expected, atol=1e-14)


@given(N, st.data())
def test_pass_at_k_starts_at_the_rate_rises_and_ends_at_one_or_zero(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n))
    curve = pass_at_k(n, c)
    assert curve[0] == pytest.approx(c / n, abs=1e-15)
    assert (np.diff(curve) >= 0).all()
    assert curve[-1] == (c > 0)


def test_pass_at_k_of_many_questions_is_one_row_each() -> None:
    curves = pass_at_k(10, [0, 3, 10])
    assert curves.shape == (3, 10)
    np.testing.assert_array_equal(curves[1], pass_at_k(10, 3))


def test_pass_at_k_of_chosen_k_picks_those_points() -> None:
    curve = pass_at_k(10, 3)
    np.testing.assert_array_equal(pass_at_k(10, 3, k=[1, 8, 2]), curve[[0, 7, 1]])
    np.testing.assert_array_equal(pass_at_k(10, [3, 3], k=4), curve[[3, 3]])


def test_pass_at_k_is_finite_where_binomials_are_not() -> None:
    curve = pass_at_k(5000, 1)
    np.testing.assert_allclose(curve, np.arange(1, 5001) / 5000, rtol=1e-9)


@pytest.mark.parametrize("k", [0, 11, [1, 11]])
def test_more_draws_than_samples_are_refused(k: int | list[int]) -> None:
    with pytest.raises(ValueError, match=r"k = \d+ is outside 1..10"):
        pass_at_k(10, 3, k=k)


@pytest.mark.parametrize(("n", "c"), [(10, 11), (10, -1), (10, 2.5), (0, 0), (10, [[1]])])
def test_impossible_counts_are_refused(n: int, c: object) -> None:
    with pytest.raises(ValueError, match=r"pass|outside"):
        pass_at_k(n, c)  # type: ignore[arg-type]


@given(N, st.data())
def test_first_parsed_equals_the_binomials(n: int, data: st.DataObject) -> None:
    u = data.draw(st.integers(0, n))
    c = data.draw(st.integers(0, n - u))
    share = Fraction(c, n - u) if u < n else Fraction(0)
    expected = [float(share * (1 - Fraction(comb(u, k), comb(n, k)))) for k in range(1, n + 1)]
    np.testing.assert_allclose(first_parsed(n, c, u), expected, atol=1e-14)


@given(N, st.data())
def test_first_parsed_starts_at_the_rate_and_stays_below_coverage(n: int, data: st.DataObject) -> None:
    u = data.draw(st.integers(0, n))
    c = data.draw(st.integers(0, n - u))
    curve = first_parsed(n, c, u)
    assert curve[0] == pytest.approx(c / n, abs=1e-15)
    assert (curve <= pass_at_k(n, c) + 1e-14).all()


@given(N, st.data())
def test_retrying_gains_nothing_when_all_parse(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n))
    np.testing.assert_allclose(first_parsed(n, c, 0), c / n, rtol=1e-14)


def test_first_parsed_of_many_questions_is_one_row_each() -> None:
    curves = first_parsed(10, [0, 3, 4], [10, 2, 0])
    np.testing.assert_array_equal(curves, [first_parsed(10, *cu) for cu in [(0, 10), (3, 2), (4, 0)]])


def test_a_sample_cannot_be_both_right_and_unparsed() -> None:
    with pytest.raises(ValueError, match="exceeds n = 10"):
        first_parsed(10, 6, 5)
    with pytest.raises(ValueError, match="c has shape"):
        first_parsed(10, [1, 2], 3)
