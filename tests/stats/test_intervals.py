"""Bootstrap and Wilson intervals: against the central limit theorem, closed forms, SciPy and published values."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from compound.stats import Interval, mean_interval, paired_difference, wilson


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def ends(interval: Interval) -> list[np.ndarray]:
    return [interval.mean, interval.low, interval.high]


def width(interval: Interval) -> float:
    return float(interval.high - interval.low)


def test_the_same_seed_gives_the_same_interval_and_another_seed_does_not() -> None:
    values = rng().random((30, 3))
    first, again, other = (mean_interval(values, draws=500, rng=rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(ends(first), ends(again))
    assert not np.array_equal(first.low, other.low)


def test_a_normal_sample_has_its_t_interval() -> None:
    values = rng(5).normal(3.0, 2.0, size=400)
    interval = mean_interval(values, level=0.9, rng=rng())
    low, high = stats.t.interval(0.9, 399, loc=values.mean(), scale=stats.sem(values))
    assert float(interval.mean) == pytest.approx(values.mean())
    assert float(interval.low) == pytest.approx(low, abs=0.03 * (high - low))
    assert float(interval.high) == pytest.approx(high, abs=0.03 * (high - low))


def test_a_curve_is_resampled_as_its_columns_are() -> None:
    values = rng(1).random((50, 4))
    curve = mean_interval(values, draws=700, rng=rng(9))
    assert curve.mean.shape == (4,)
    for k in range(4):
        single = mean_interval(values[:, k], draws=700, rng=rng(9))
        assert single.mean.shape == ()
        np.testing.assert_allclose(ends(single), [end[k] for end in ends(curve)], rtol=1e-12)


def test_strata_count_equally_whatever_their_size() -> None:
    values = np.concatenate([rng(1).normal(0, 1, 300), rng(2).normal(10, 3, 60)])
    strata = ["a"] * 300 + ["b"] * 60
    interval = mean_interval(values, strata=strata, rng=rng())
    assert float(interval.mean) == pytest.approx((values[:300].mean() + values[300:].mean()) / 2)
    error = np.sqrt(values[:300].var() / 300 + values[300:].var() / 60) / 2
    assert width(interval) == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_the_order_of_questions_in_strata_does_not_change_the_mean() -> None:
    values, strata = rng(3).random(90), np.arange(90) % 3
    order = rng(4).permutation(90)
    one = mean_interval(values, strata=strata, draws=10, rng=rng())
    other = mean_interval(values[order], strata=strata[order], draws=10, rng=rng())
    assert float(one.mean) == pytest.approx(float(other.mean))


def test_clusters_of_one_question_change_nothing() -> None:
    values = rng(1).random(80)
    plain = mean_interval(values, draws=500, rng=rng(7))
    clustered = mean_interval(values, clusters=[f"q{i}" for i in range(80)], draws=500, rng=rng(7))
    np.testing.assert_array_equal(ends(plain), ends(clustered))


def test_copies_in_a_cluster_add_no_evidence() -> None:
    values = rng(1).random(80)
    copies, clusters = np.tile(values, 4), np.tile(np.arange(80), 4)
    plain = mean_interval(values, draws=500, rng=rng(7))
    clustered = mean_interval(copies, clusters=clusters, draws=500, rng=rng(7))
    np.testing.assert_allclose(ends(plain), ends(clustered), rtol=1e-12)
    assert width(mean_interval(copies, draws=500, rng=rng(7))) == pytest.approx(width(plain) / 2, rel=0.15)


def test_large_clusters_do_not_count_more_than_their_questions() -> None:
    interval = mean_interval([1.0, 0.0, 0.0, 0.0], clusters=["a", "b", "b", "b"], draws=200, rng=rng())
    assert float(interval.mean) == 0.25
    assert (float(interval.low), float(interval.high)) == (0.0, 1.0)


def test_clusters_are_resampled_within_their_stratum() -> None:
    values = np.array([0.0, 0.0, 1.0, 1.0, 5.0, 5.0])
    strata, clusters = list("xxxxyy"), list("aabbcc")
    interval = mean_interval(values, strata=strata, clusters=clusters, draws=200, rng=rng())
    assert [float(end) for end in ends(interval)] == [2.75, 2.5, 3.0]


def test_a_paired_difference_is_the_mean_of_differences() -> None:
    b = rng(1).normal(0, 10, 200)
    a = b + rng(2).normal(1, 0.1, 200)
    interval = paired_difference(a, b, rng=rng())
    expected = mean_interval(a - b, rng=rng())
    np.testing.assert_array_equal(ends(interval), ends(expected))
    assert float(interval.low) > 0.9  # the spread of the questions themselves, 10, is gone


def test_equal_values_have_no_width() -> None:
    interval = mean_interval(np.zeros(30), rng=rng())
    assert [float(end) for end in ends(interval)] == [0.0, 0.0, 0.0]


def test_the_size_of_a_chunk_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = rng(1).random((37, 2))
    whole = mean_interval(values, draws=300, rng=rng(7))
    monkeypatch.setattr("compound.stats.bootstrap._WEIGHTS", 500)
    np.testing.assert_allclose(ends(mean_interval(values, draws=300, rng=rng(7))), ends(whole), rtol=1e-12)


def test_memory_does_not_grow_with_draws_times_questions_times_points() -> None:
    values = rng(1).random((400, 64))
    tracemalloc.start()
    mean_interval(values, rng=rng())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # gathering the resampled values would take 2 GB


def test_nineteen_of_twenty_intervals_hold_the_mean() -> None:
    source = rng(11)
    held = 0
    for _ in range(400):
        interval = mean_interval(source.beta(2, 3, size=50), draws=400, rng=source)
        held += bool(interval.low <= 0.4 <= interval.high)
    # 95% less what the percentile interval loses at 50 questions, within four standard errors of 400 trials.
    assert 0.89 <= held / 400 <= 0.98


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_interval([], rng=rng()), "at least one question"),
        (lambda: mean_interval(np.zeros((2, 2, 2)), rng=rng()), r"shape \(2, 2, 2\)"),
        (lambda: mean_interval([0.0, np.nan], rng=rng()), "question 1 are not finite"),
        (lambda: mean_interval([0.0, 1.0], strata=["a"], rng=rng()), "strata has 1 labels for 2"),
        (
            lambda: mean_interval([0.0, 1.0], clusters=["a", None], rng=rng()),
            "clusters of question 1 is None",
        ),
        (
            lambda: mean_interval([0.0, 1.0], clusters=[1.0, np.nan], rng=rng()),
            "clusters of question 1 is nan",
        ),
        (
            lambda: mean_interval([0.0, 1.0], strata=["a", "b"], clusters=["c", "c"], rng=rng()),
            "cluster of question 1 is in two strata",
        ),
        (lambda: mean_interval([0.0], level=95, rng=rng()), "level is 95"),
        (lambda: mean_interval([0.0], draws=0, rng=rng()), "draws is 0"),
        (lambda: paired_difference([0.0, 1.0], [0.0], rng=rng()), r"a has shape \(2,\) and b \(1,\)"),
        (lambda: wilson(0.7, 10), "pass counts, not rates"),
        (lambda: wilson(11, 10), "pass counts, not rates"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], Interval], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("s", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_has_the_published_values(s: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I, method 3."""
    interval = wilson(s, n)
    assert float(interval.mean) == pytest.approx(s / n)
    assert [float(interval.low), float(interval.high)] == pytest.approx([low, high], abs=5e-5)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_equals_scipy(level: float) -> None:
    s = np.arange(13)
    interval = wilson(s, 12, level)
    expected = [stats.binomtest(int(x), 12).proportion_ci(level, method="wilson") for x in s]
    np.testing.assert_allclose(interval.low, [e.low for e in expected], atol=1e-12)
    np.testing.assert_allclose(interval.high, [e.high for e in expected], atol=1e-12)


def test_wilson_without_trials_knows_nothing() -> None:
    interval = wilson(0, 0)
    assert (float(interval.low), float(interval.high)) == (0.0, 1.0)
    assert np.isnan(interval.mean)
