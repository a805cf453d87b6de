"""The flip matrix by hand, its test, and the fixed point against the chain itself."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from compound.stats import Interval, mcnemar, tango
from compound.stats.flips import Flips, flips

OUTCOMES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def ends(interval: Interval) -> list[float]:
    return [float(interval.mean), float(interval.low), float(interval.high)]


def cells(found: Flips) -> list[float]:
    return [float(i.mean) for i in (found.right_right, found.mended, found.broken, found.wrong_wrong)]


@settings(max_examples=40)
@given(OUTCOMES)
def test_the_matrix_is_counted_and_tested_as_pairs(pairs: list[tuple[int, int]]) -> None:
    before, after = np.array(pairs).T
    found = flips(before, after, draws=5, rng=rng())
    counts = [pairs.count(pair) for pair in ((1, 1), (0, 1), (1, 0), (0, 0))]
    assert cells(found) == pytest.approx([c / len(pairs) for c in counts])
    assert found.p == mcnemar(counts[1], counts[2])
    np.testing.assert_array_equal(ends(found.gain), ends(tango(counts[1], counts[2], len(pairs))))


@settings(max_examples=40)
@given(OUTCOMES)
def test_the_rates_are_conditional(pairs: list[tuple[int, int]]) -> None:
    before, after = np.array(pairs).T
    found = flips(before, after, draws=5, rng=rng())
    wrong, right = pairs.count((0, 1)) + pairs.count((0, 0)), pairs.count((1, 0)) + pairs.count((1, 1))
    f = Fraction(pairs.count((0, 1)), wrong) if wrong else None
    b = Fraction(pairs.count((1, 0)), right) if right else None
    end = f / (f + b) if f is not None and b is not None and f + b else None
    for rate, interval in ((f, found.fix_rate), (b, found.break_rate), (end, found.fixed_point)):
        expected = float("nan") if rate is None else float(rate)
        assert float(interval.mean) == pytest.approx(expected, nan_ok=True)


def test_a_rate_out_of_nothing_is_unknown() -> None:
    found = flips([1, 1, 1], [1, 0, 1], draws=50, rng=rng())
    assert np.isnan(found.fix_rate.mean)
    assert ends(found.fix_rate)[1:] == ends(found.fixed_point)[1:] == [0.0, 1.0]
    assert float(found.break_rate.mean) == pytest.approx(1 / 3)


def chain(accuracy: float, steps: int, questions: int, source: np.random.Generator) -> list[np.ndarray]:
    """Each step mends a wrong answer with chance .3 and breaks a right one with chance .1."""
    states = [source.random(questions) < accuracy]
    for _ in range(steps):
        turned = source.random(questions) < np.where(states[-1], 0.1, 0.3)
        states.append(states[-1] ^ turned)
    return states


@pytest.mark.parametrize("start", [0.3, 0.95])
def test_the_chain_ends_at_the_fixed_point(start: float) -> None:
    states = chain(start, steps=30, questions=4000, source=rng(1))
    found = flips(states[0], states[1], draws=1000, rng=rng(2))
    assert float(found.fixed_point.low) < 0.75 < float(found.fixed_point.high)
    assert states[-1].mean() == pytest.approx(0.75, abs=0.03)
    improves = start < 0.75
    assert (float(found.gain.low) > 0) == improves
    assert (float(found.gain.high) < 0) == (not improves)
    assert found.p is not None
    assert found.p < 0.001


def test_runs_of_a_question_are_paired_run_by_run() -> None:
    """A step that never changes an answer: pairing probabilities instead would see flips."""
    runs = np.array([[1, 0, 1, 0], [1, 1, 0, 0]])
    found = flips(runs, runs, draws=20, rng=rng())
    assert cells(found) == [0.5, 0.0, 0.0, 0.5]
    assert found.p is None
    mixed = flips(runs.mean(axis=1), runs.mean(axis=1), draws=20, rng=rng())
    assert cells(mixed) == [0.25, 0.25, 0.25, 0.25]
    assert mixed.p is None


def test_in_clusters_the_interval_is_the_test() -> None:
    before, after = np.repeat(rng(1).random(30) < 0.5, 10), np.repeat(rng(2).random(30) < 0.6, 10)
    alone = flips(before, after, draws=200, rng=rng())
    together = flips(before, after, clusters=np.repeat(np.arange(30), 10), draws=200, rng=rng())
    assert alone.p is not None
    assert together.p is None
    assert float(together.gain.mean) == pytest.approx(float(alone.gain.mean))
    for one, other in zip((together.gain, together.fixed_point), (alone.gain, alone.fixed_point), strict=True):
        assert float(one.high - one.low) > 2 * float(other.high - other.low)


def test_equal_steps_are_told_apart_in_one_world_of_twenty() -> None:
    claims = 0
    for w in range(150):
        source = rng(w)
        hard = source.random(60)
        before, after = (source.random(60) < hard for _ in range(2))
        found = flips(before, after, draws=2, rng=source)
        claims += bool(found.gain.low > 0 or found.gain.high < 0)
    assert claims <= stats.binom.ppf(0.995, 150, 0.055)


def test_what_does_not_fit_is_named() -> None:
    for before, after, message in (
        ([1, 0], [1], "before has shape"),
        ([], [], "before has shape"),
        ([2], [1], "before has values outside"),
        ([1], [np.nan], "after has values outside"),
    ):
        with pytest.raises(ValueError, match=message):
            flips(before, after, rng=rng())
