"""Intervals of means and rates: against Student's t, closed forms, SciPy and published values."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from compound.stats import Interval, mean_interval, paired_difference, wilson
from compound.stats._limits import estimate
from compound.stats.bootstrap import resampled_means

DIFFERENCES = st.lists(st.sampled_from([-1.0, -0.25, 0.0, 0.0, 0.125, 0.5, 1.0]), min_size=2, max_size=40).map(
    np.array
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def ends(interval: Interval) -> list[np.ndarray]:
    return [interval.mean, interval.low, interval.high]


def width(interval: Interval) -> float:
    return float(interval.high - interval.low)


def normal_scores(questions: int, spread: float) -> np.ndarray:
    """Values as symmetrical as a normal sample is on average."""
    found: np.ndarray = spread * stats.norm.ppf((np.arange(questions) + 0.5) / questions)
    return found


@pytest.mark.parametrize("questions", [50, 400])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_values_without_skewness_have_their_t_interval(questions: int, level: float) -> None:
    values = 0.3 + normal_scores(questions, 0.2)
    interval = mean_interval(values, level=level)
    low, high = stats.t.interval(level, questions - 1, loc=0.3, scale=stats.sem(values))
    assert float(interval.mean) == pytest.approx(0.3)
    assert [float(interval.low), float(interval.high)] == pytest.approx([low, high], abs=0.02 * (high - low))


@given(DIFFERENCES)
def test_no_limit_is_nearer_than_students(values: np.ndarray) -> None:
    interval = mean_interval(values)
    if values.std() > 0:
        low, high = stats.t.interval(0.95, len(values) - 1, loc=values.mean(), scale=stats.sem(values))
        assert float(interval.low) <= max(low, -1) + 1e-12
        assert float(interval.high) >= min(high, 1) - 1e-12
    assert -1 <= float(interval.low) <= float(interval.mean) <= float(interval.high) <= 1
    assert width(interval) > 0.01


@given(DIFFERENCES, st.integers(0, 9))
def test_the_order_of_questions_and_the_names_of_labels_change_nothing(values: np.ndarray, seed: int) -> None:
    order, strata, clusters = (
        rng(seed).permutation(len(values)),
        np.arange(len(values)) % 2,
        np.arange(len(values)) % 6,
    )
    one = mean_interval(values, strata=strata, clusters=clusters)
    names = [f"passage {c}" for c in clusters[order]]
    other = mean_interval(values[order], strata=1 - strata[order], clusters=names)
    np.testing.assert_allclose(ends(one), ends(other), atol=1e-12)


@given(DIFFERENCES)
def test_turning_the_sign_turns_the_interval(values: np.ndarray) -> None:
    there, back = mean_interval(values), mean_interval(-values)
    np.testing.assert_allclose([there.low, there.high], [-back.high, -back.low], atol=1e-12)


@given(DIFFERENCES)
def test_the_unit_does_not_matter(values: np.ndarray) -> None:
    shares, points = mean_interval(values), mean_interval(50 + 100 * values, bounds=(-50, 150))
    np.testing.assert_allclose(50 + 100 * np.array(ends(shares)), ends(points), atol=1e-9)


def test_a_higher_level_is_wider() -> None:
    values = rng().random(30) < 0.9
    widths = [width(mean_interval(values, bounds=(0, 1), level=level)) for level in (0.5, 0.8, 0.9, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert len(set(widths)) == 5


@pytest.mark.parametrize("right", [170, 190, 198])
def test_the_far_limit_of_a_rate_is_wilsons(right: int) -> None:
    """On the side that does not matter Student's limit stays, where Wilson's is nearer."""
    interval = mean_interval([1.0] * right + [0.0] * (200 - right), bounds=(0, 1))
    expected = wilson(right, 200)
    assert float(interval.low) == pytest.approx(float(expected.low), abs=0.05 * width(expected))
    assert float(expected.high) - 1e-12 <= float(interval.high) <= 1


@pytest.mark.parametrize(("constant", "bounds"), [(0.0, (-1, 1)), (1.0, (0, 1)), (0.1, (-1, 1)), (0.0, (0, 1))])
def test_equal_values_leave_room_for_what_was_not_seen(constant: float, bounds: tuple[float, float]) -> None:
    """d = t^2 r / n, r being the distance to the bound."""
    low, high = bounds
    for questions in (30, 300):
        interval = mean_interval(np.full(questions, constant), bounds=bounds)
        reach = stats.t.ppf(0.975, questions - 1) ** 2 / questions
        assert float(interval.mean) == pytest.approx(constant)
        assert float(interval.low) == pytest.approx(constant - reach * (constant - low))
        assert float(interval.high) == pytest.approx(constant + reach * (high - constant))


@pytest.mark.parametrize("labels", [{"clusters": ["a", "a"]}, {"strata": ["a", "b"]}])
def test_a_single_question_or_cluster_says_nothing(labels: dict[str, list[str]]) -> None:
    assert [float(end) for end in ends(mean_interval([0.5]))] == [0.5, -1, 1]
    assert [float(end) for end in ends(mean_interval([0.5, 1.0], **labels))] == [0.75, -1, 1]


def test_a_tighter_bound_is_a_tighter_interval() -> None:
    values = [1.0] * 28 + [0.5, 0.9]
    accuracy, difference = mean_interval(values, bounds=(0, 1)), mean_interval(values)
    assert float(accuracy.low) > float(difference.low)
    assert float(accuracy.high) <= 1


def test_a_curve_has_the_intervals_of_its_columns() -> None:
    values = rng(1).random((50, 4))
    curve = mean_interval(values)
    assert curve.mean.shape == (4,)
    for k in range(4):
        single = mean_interval(values[:, k])
        assert single.mean.shape == ()
        np.testing.assert_allclose(ends(single), [end[k] for end in ends(curve)], rtol=1e-12)


def test_strata_count_equally_whatever_their_size() -> None:
    values = np.concatenate([0.2 + normal_scores(300, 0.05), 0.6 + normal_scores(60, 0.15)])
    interval = mean_interval(values, strata=["a"] * 300 + ["b"] * 60)
    assert float(interval.mean) == pytest.approx(0.4)
    error = np.sqrt(values[:300].var(ddof=1) / 300 + values[300:].var(ddof=1) / 60) / 2
    # Satterthwaite: nearly all of the variance has 59 degrees of freedom.
    assert width(interval) == pytest.approx(2 * stats.t.ppf(0.975, 62) * error, rel=0.02)


def test_differences_between_strata_add_no_width() -> None:
    values, strata = np.tile(normal_scores(60, 0.05), 2), np.repeat([0, 1], 60)
    level, apart = (mean_interval(values + gap * strata, strata=strata) for gap in (0.0, 0.5))
    assert width(apart) == pytest.approx(width(level), rel=1e-3)
    assert width(mean_interval(values + 0.5 * strata)) > 3 * width(level)


def test_clusters_of_one_question_change_nothing() -> None:
    values = rng(1).random(80)
    clustered = mean_interval(values, clusters=[f"q{i}" for i in range(80)])
    np.testing.assert_array_equal(ends(mean_interval(values)), ends(clustered))


def test_copies_in_a_cluster_add_no_evidence() -> None:
    values = normal_scores(80, 0.2)
    copies, clusters = np.tile(values, 4), np.tile(np.arange(80), 4)
    plain = mean_interval(values)
    np.testing.assert_allclose(ends(plain), ends(mean_interval(copies, clusters=clusters)), atol=1e-12)
    assert width(mean_interval(copies)) == pytest.approx(width(plain) / 2, rel=0.05)


def test_large_clusters_do_not_count_more_than_their_questions() -> None:
    interval = mean_interval([1.0, 0.0, 0.0, 0.0], clusters=["a", "b", "b", "b"], bounds=(0, 1))
    assert [float(end) for end in ends(interval)] == [0.25, 0.0, 1.0]


def test_clusters_of_unequal_size_count_as_fewer() -> None:
    for sizes, worth in ([4] * 10, 10.0), ([1, 1, 1, 1, 16], 400 / 260):
        labels = np.repeat(np.arange(len(sizes)), sizes)
        found = estimate(rng().random((len(labels), 1)), (0, 1), None, labels)
        assert float(found.df[0]) == pytest.approx(len(sizes) - 1)
        assert found.effective == pytest.approx(worth)


def test_clusters_have_the_variance_of_leaving_one_out() -> None:
    values, labels = rng(1).random(20), np.repeat(np.arange(5), [2, 3, 3, 4, 8])
    without = np.array([values[labels != c].mean() for c in range(5)])
    found = estimate(values[:, None], (0, 1), None, labels)
    assert float(found.variance[0]) == pytest.approx(0.8 * ((without - values.mean()) ** 2).sum())


def test_two_strata_have_the_variance_and_the_degrees_of_freedom_of_welch() -> None:
    """Half the difference of two means is half a mean of two strata, one with its sign turned."""
    a, b = rng(1).normal(0.3, 0.1, 12), rng(2).normal(0.2, 0.02, 30)
    found = estimate(np.concatenate([a, -b])[:, None], (-1, 1), ["a"] * 12 + ["b"] * 30, None)
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert float(found.df[0]) == pytest.approx(welch.df)
    assert float(found.mean[0] / np.sqrt(found.variance[0])) == pytest.approx(welch.statistic)


def test_a_paired_difference_is_the_mean_of_differences() -> None:
    b = rng(1).normal(0, 10, 200)
    a = b + rng(2).normal(1, 0.1, 200)
    interval = paired_difference(a, b, bounds=(-2, 2))
    np.testing.assert_array_equal(ends(interval), ends(mean_interval(a - b, bounds=(-2, 2))))
    assert float(interval.low) > 0.9  # the spread of the questions themselves, 10, is gone


def test_nineteen_of_twenty_intervals_hold_the_mean() -> None:
    """2,000 samples of 50; many more worlds in test_coverage_of_intervals.py."""
    found = mean_interval(rng(11).beta(2, 3, size=(50, 2000)), bounds=(0, 1))
    assert 0.93 <= np.mean((found.low <= 0.4) & (found.high >= 0.4)) <= 0.97


def test_resampled_means_do_not_depend_on_the_size_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    values = rng(1).random((37, 2))
    whole = resampled_means(values, strata=None, clusters=None, draws=300, rng=rng(7))
    monkeypatch.setattr("compound.stats.bootstrap._WEIGHTS", 500)
    chunks = resampled_means(values, strata=None, clusters=None, draws=300, rng=rng(7))
    np.testing.assert_allclose(chunks[1], whole[1], rtol=1e-12)


def test_resampled_means_spread_as_the_standard_error_says() -> None:
    values = np.concatenate([normal_scores(90, 0.2), 0.5 + normal_scores(30, 0.1)])
    mean, resampled = resampled_means(
        values[:, None], strata=["a"] * 90 + ["b"] * 30, clusters=None, draws=10_000, rng=rng(1)
    )
    error = np.sqrt(values[:90].var() / 90 + values[90:].var() / 30) / 2
    assert float(mean[0]) == pytest.approx(0.25)
    assert float(resampled.mean()) == pytest.approx(0.25, abs=0.001)
    assert float(resampled.std()) == pytest.approx(error, rel=0.03)


def test_memory_does_not_grow_with_draws_times_questions_times_points() -> None:
    values = rng(1).random((400, 64))
    tracemalloc.start()
    resampled_means(values, strata=None, clusters=None, draws=10_000, rng=rng())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # gathering the resampled values would take 2 GB


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_interval([]), "at least one question"),
        (lambda: mean_interval(np.zeros((2, 2, 2))), r"shape \(2, 2, 2\)"),
        (lambda: mean_interval([0.0, np.nan]), "question 1 are not finite"),
        (lambda: mean_interval([0.0, 1.0], strata=["a"]), "strata has 1 labels for 2"),
        (
            lambda: mean_interval([0.0, 1.0], clusters=["a", None]),
            "clusters of question 1 is None",
        ),
        (
            lambda: mean_interval([0.0, 1.0], clusters=[1.0, np.nan]),
            "clusters of question 1 is nan",
        ),
        (
            lambda: mean_interval([0.0, 1.0], strata=["a", "b"], clusters=["c", "c"]),
            "cluster of question 1 is in two strata",
        ),
        (lambda: mean_interval([0.0], level=95), "level is 95"),
        (lambda: mean_interval([0.0, 1.5]), r"values of question 1 are outside the bounds \(-1.0, 1.0\)"),
        (lambda: mean_interval([0.0, -0.5], bounds=(0, 1)), "pass bounds="),
        (lambda: mean_interval([0.0], bounds=(1, 0)), r"bounds are \(1, 0\)"),
        (lambda: mean_interval([0.0], bounds=(0, np.inf)), "the greatest value there can be"),
        (
            lambda: resampled_means(np.zeros((2, 1)), strata=None, clusters=None, draws=0, rng=rng()),
            "draws is 0",
        ),
        (lambda: paired_difference([0.0, 1.0], [0.0]), r"a has shape \(2,\) and b \(1,\)"),
        (lambda: wilson(0.7, 10), "pass counts, not rates"),
        (lambda: wilson(11, 10), "pass counts, not rates"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
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
