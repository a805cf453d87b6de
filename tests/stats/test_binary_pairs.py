"""McNemar against SciPy; Tango against published values, closed forms, its definition and simulated worlds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from compound.stats import mcnemar, tango

COUNT = st.integers(0, 60)


@given(COUNT, COUNT)
def test_mcnemar_equals_scipy(b: int, c: int) -> None:
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert mcnemar(b, c) == pytest.approx(expected, rel=1e-12)
    assert mcnemar(b, c) == mcnemar(c, b)


@pytest.mark.parametrize(("b", "c", "p"), [(0, 0, 1.0), (0, 1, 1.0), (0, 5, 1 / 16), (1, 7, 18 / 256), (3, 3, 1.0)])
def test_mcnemar_by_hand(b: int, c: int, p: float) -> None:
    assert mcnemar(b, c) == p


def test_mcnemar_is_exact_where_floats_underflow() -> None:
    assert mcnemar(2000, 0) == 0.0  # 2 ** -1999
    assert mcnemar(900, 100) == pytest.approx(stats.binomtest(900, 1000).pvalue, rel=1e-9)
    assert mcnemar(5000, 5100) == pytest.approx(stats.binomtest(5000, 10100).pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("b", "c", "n", "level", "low", "high"),
    [
        (6, 16, 161, 0.95, -0.1240, -0.0054),
        (1, 7, 21, 0.95, -0.517, -0.026),
        (28, 25, 618, 0.90, -0.0148, 0.0247),
    ],
)
def test_tango_has_the_published_values(b: int, c: int, n: int, level: float, low: float, high: float) -> None:
    """Cavo 2012 and Bentur 2009 as in R's contingencytables and ratesci; the third from R's PropCIs (c - b)."""
    interval = tango(b, c, n, level)
    digits = 5e-5 if n != 21 else 5e-4
    assert float(interval.mean) == pytest.approx((b - c) / n)
    assert [float(interval.low), float(interval.high)] == pytest.approx([low, high], abs=digits)


@pytest.mark.parametrize("n", [1, 30, 1000])
def test_tango_without_any_difference_has_its_closed_form(n: int) -> None:
    z = stats.norm.ppf(0.975)
    interval = tango(0, 0, n)
    assert float(interval.mean) == 0.0
    assert float(interval.high) == pytest.approx(z**2 / (n + z**2), rel=1e-12)
    assert float(interval.low) == -float(interval.high)


@pytest.mark.parametrize("n", [1, 30])
def test_tango_with_one_arm_always_ahead_has_its_closed_form(n: int) -> None:
    z = stats.norm.ppf(0.975)
    interval = tango(n, 0, n)
    assert float(interval.high) == 1.0
    assert float(interval.low) == pytest.approx((n - z**2) / (n + z**2), abs=1e-12)


def accepted(b: int, c: int, n: int, level: float, d: np.ndarray) -> np.ndarray:
    """Whether the score test keeps each d, its likelihood maximised by search and not by a formula."""
    low, high = np.maximum(0, -d), (1 - d) / 2
    for _ in range(60):  # the log-likelihood is concave in q: golden section
        step = (high - low) * (np.sqrt(5) - 1) / 2
        left, right = high - step, low + step
        better = loglikelihood(b, c, n, d, left) > loglikelihood(b, c, n, d, right)
        low, high = np.where(better, low, left), np.where(better, right, high)
    q = (low + high) / 2
    z = stats.norm.ppf((1 + level) / 2)
    kept: np.ndarray = (b - c - n * d) ** 2 <= z**2 * n * (2 * q + d * (1 - d))
    return kept


def loglikelihood(b: int, c: int, n: int, d: np.ndarray, q: np.ndarray) -> np.ndarray:
    parts = [(b, q + d), (c, q), (n - b - c, 1 - 2 * q - d)]
    total: np.ndarray = sum(k * np.log(np.maximum(p, 1e-300)) for k, p in parts if k) + np.zeros_like(d)
    return total


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("n", [3, 8, 30])
def test_tango_holds_exactly_what_the_score_test_keeps(n: int, level: float) -> None:
    d = np.linspace(-1, 1, 2002)[1:-1]  # even: no point is 0, where nothing discordant leaves no variance
    for b in range(0, n + 1, 1 + n // 9):
        for c in range(0, n - b + 1, 1 + n // 9):
            interval = tango(b, c, n, level)
            inside = (float(interval.low) <= d) & (d <= float(interval.high))
            near = np.minimum(abs(d - float(interval.low)), abs(d - float(interval.high))) < 1e-6
            differs = (inside != accepted(b, c, n, level, d)) & ~near
            assert not differs.any(), (b, c, d[differs])


def pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    b, c = (axis.ravel() for axis in np.indices((n + 1, n + 1)))
    return b[b + c <= n], c[b + c <= n]


@pytest.mark.parametrize("n", [1, 2, 7, 40, 5000])
def test_tango_is_an_interval_around_the_estimate_and_never_without_width(n: int) -> None:
    b, c = pairs(min(n, 40))
    interval = tango(b, c, n)
    assert interval.low.shape == b.shape
    assert ((interval.low >= -1) & (interval.high <= 1)).all()
    assert ((interval.low <= interval.mean) & (interval.mean <= interval.high)).all()
    assert (interval.high - interval.low > 1 / (n + 4)).all()


def test_tango_turns_with_the_arms() -> None:
    b, c = pairs(25)
    one, other = tango(b, c, 25), tango(c, b, 25)
    np.testing.assert_array_equal([one.mean, one.low, one.high], [-other.mean, -other.high, -other.low])


def test_tango_narrows_with_questions_and_widens_with_level() -> None:
    by_size = tango([1, 10, 100], [2, 20, 200], [10, 100, 1000])
    assert (np.diff(by_size.high - by_size.low) < 0).all()
    narrow, wide = tango(5, 3, 30, 0.9), tango(5, 3, 30, 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize("rates", [(0.03, 0.03), (0.08, 0.02), (0.05, 0.0), (0.3, 0.1)])
def test_tango_covers_sparse_differences_of_thirty_questions(rates: tuple[float, float]) -> None:
    worlds = np.random.default_rng(5).multinomial(30, [*rates, 1 - sum(rates)], size=2000)
    interval = tango(worlds[:, 0], worlds[:, 1], 30)
    truth = rates[0] - rates[1]
    assert ((interval.low <= truth) & (truth <= interval.high)).mean() >= 0.93


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mcnemar(-1, 2), "b is -1"),
        (lambda: mcnemar(1, 2.5), "c is 2.5"),  # type: ignore[arg-type]
        (lambda: tango(0, 0, 0), "n >= 1"),
        (lambda: tango(3, 3, 5), "b \\+ c <= n"),
        (lambda: tango(-1, 3, 5), "b >= 0"),
        (lambda: tango(0.2, 0.1, 1), "counts, not rates"),
        (lambda: tango(1, 0, np.nan), "whole numbers"),
        (lambda: tango(1, 0, 5, level=95), "level is 95"),
    ],
)
def test_impossible_counts_are_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
