"""TOST: its definition by two one-sided tests, its error rate, and what is never called equivalent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from compound.stats import mean_interval, tango, tost, tost_binary


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("centre", "margin"), [(0.0, 0.04), (0.02, 0.04), (0.02, 0.03), (-0.02, 0.03), (0.0, 0.01)]
)
def test_the_verdict_is_that_of_two_one_sided_t_tests(centre: float, margin: float) -> None:
    values = rng(1).normal(0, 0.2, 400)
    values += centre - values.mean()
    below = stats.ttest_1samp(values, margin, alternative="less").pvalue
    above = stats.ttest_1samp(values, -margin, alternative="greater").pvalue
    assert abs(max(below, above) - 0.05) > 0.01  # no case so close that the skewness of the sample may decide
    assert tost(values, margin).equivalent == (max(below, above) < 0.05)


def test_the_interval_is_that_of_the_mean_at_90_percent() -> None:
    values, clusters, strata = rng(2).normal(0, 1, 60), np.arange(60) // 3, np.arange(60) // 30
    result = tost(values, 0.5, bounds=(-5, 5), clusters=clusters, strata=strata)
    expected = mean_interval(values, bounds=(-5, 5), clusters=clusters, strata=strata, level=0.9)
    assert (result.interval.low, result.interval.high) == (expected.low, expected.high)
    assert result.margin == 0.5


def test_one_bound_outside_is_not_equivalent_whichever_it_is() -> None:
    values = rng(3).normal(0.05, 0.1, 200)
    assert tost(values, 0.1)
    assert not tost(values, 0.055)
    assert not tost(-values, 0.055)


@pytest.mark.parametrize("constant", [0.0, 0.02])
def test_differences_without_spread_need_questions_to_be_equivalent(constant: float) -> None:
    few, many = (tost(np.full(questions, constant), 0.05) for questions in (30, 300))
    assert few.equivalent is False
    assert many.equivalent is True
    assert not tost(np.full(300, constant), 0.05, clusters=np.arange(300) // 20)


def test_arms_that_differ_by_the_margin_pass_at_most_one_time_in_twenty() -> None:
    worlds = mean_interval(rng(4).normal(0.1, 0.2, (80, 600)), bounds=(-2, 2), level=0.9)
    passed = np.mean((worlds.low > -0.1) & (worlds.high < 0.1))
    assert 0.02 <= passed <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 600)


def test_binary_pairs_are_judged_by_the_score_interval() -> None:
    for b, c, n in [(0, 0, 30), (5, 5, 300), (9, 2, 300), (2, 9, 300)]:
        interval = tango(b, c, n, level=0.9)
        reach = max(-float(interval.low), float(interval.high))
        assert tost_binary(b, c, n, reach + 1e-9).equivalent is True
        assert tost_binary(b, c, n, reach - 1e-9).equivalent is False
        assert float(tost_binary(b, c, n, 0.1).interval.high) == float(interval.high)


def test_arms_that_never_differ_need_questions_to_be_equivalent() -> None:
    needed = stats.norm.ppf(0.95) ** 2 * (1 / 0.03 - 1)  # 87.5
    assert not tost_binary(0, 0, int(needed), 0.03)
    assert tost_binary(0, 0, int(needed) + 1, 0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tost([0.0, 0.1], 0.0), "margin is 0.0"),
        (lambda: tost([0.0, 0.1], np.nan), "margin is nan"),
        (lambda: tost_binary(1, 0, 5, -0.03), "margin is -0.03"),
        (lambda: tost_binary(1, 0, 0, 0.03), "n >= 1"),
        (lambda: tost(np.zeros((3, 2)), 0.1), r"shape \(3, 2\)"),
        (lambda: tost([], 0.1), "at least one question"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
