"""Calibration by hand and by identity; AUROC against all pairs, SciPy, and by its coverage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from compound.stats import wilson
from compound.stats.calibration import auroc, brier, reliability, risk_coverage

ANSWERS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.55, 0.9, 1.0]), st.integers(0, 1)), min_size=1, max_size=30
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_reliability_by_hand() -> None:
    found = reliability([0.9, 0.1, 0.9, 0.3, 0.1, 0.5], [1, 0, 0, 1, 0, 1], bins=3)
    assert found.answers.tolist() == [2, 2, 2]
    np.testing.assert_allclose(found.confidence, [0.1, 0.4, 0.9])
    np.testing.assert_allclose(found.accuracy.mean, [0, 1, 0.5])
    assert found.error == pytest.approx((0.1 + 0.6 + 0.4) / 3)
    np.testing.assert_array_equal(found.accuracy.low, wilson([0, 2, 1], 2).low)


@given(ANSWERS, st.integers(1, 8))
def test_bins_hold_every_answer_once_and_do_not_split_ties(answers: list[tuple[float, int]], bins: int) -> None:
    said, right = np.array(answers).T
    found = reliability(said, right, bins=bins)
    assert len(found.answers) <= bins
    assert found.answers.sum() == len(said)
    assert (np.diff(found.confidence) > 0).all()
    assert (found.answers * found.accuracy.mean).sum() == pytest.approx(right.sum())
    assert (found.answers * found.confidence).sum() == pytest.approx(said.sum())
    ends = found.answers.cumsum()[:-1]
    ordered = np.sort(said)
    assert (ordered[ends - 1] < ordered[ends]).all()


def test_bins_of_distinct_confidences_have_equal_mass() -> None:
    said = rng(1).random(1000) ** 3
    assert reliability(said, np.zeros(1000)).answers.tolist() == [100] * 10


def test_noise_alone_gives_the_error_that_is_announced_for_it() -> None:
    errors, announced = [], []
    for w in range(200):
        said = rng(w).random(300)
        found = reliability(said, rng(w + 1000).random(300) < said)
        errors.append(found.error)
        announced.append(found.error_if_calibrated)
    assert np.mean(errors) == pytest.approx(np.mean(announced), rel=0.05)
    overconfident = reliability(rng(1).uniform(0.5, 1, 300), rng(2).random(300) < 0.5)
    assert overconfident.error > 3 * overconfident.error_if_calibrated


@given(ANSWERS, st.integers(1, 8))
def test_the_brier_score_is_the_sum_of_its_parts(answers: list[tuple[float, int]], bins: int) -> None:
    said, right = np.array(answers).T
    found = brier(said, right, bins=bins)
    parts = found.reliability - found.resolution + found.uncertainty + found.within
    assert found.score == pytest.approx(((said - right) ** 2).mean())
    assert parts == pytest.approx(found.score)
    if reliability(said, right, bins=bins).answers.size == np.unique(said).size:
        assert found.within == pytest.approx(0, abs=1e-12)


def test_brier_by_hand() -> None:
    base = brier([0.25] * 4, [1, 0, 0, 0])
    assert base == pytest.approx((0.1875, 0, 0, 0.1875, 0))
    assert brier([1, 0, 0, 0], [1, 0, 0, 0]) == pytest.approx((0, 0, 0.1875, 0.1875, 0))
    assert brier([0.8, 0.8], [1, 0]) == pytest.approx((0.34, 0.09, 0, 0.25, 0))


@given(ANSWERS)
def test_auroc_is_the_share_of_pairs_in_order(answers: list[tuple[float, int]]) -> None:
    said, right = np.array(answers).T
    yes, no = said[right == 1], said[right == 0]
    if not len(yes) or not len(no):
        return
    pairs = [(x > y) + (x == y) / 2 for x in yes for y in no]
    found = auroc(said, right)
    assert float(found.mean) == pytest.approx(np.mean(pairs))
    assert float(found.mean) == pytest.approx(stats.mannwhitneyu(yes, no).statistic / len(pairs))
    assert 0 <= float(found.low) <= float(found.mean) <= float(found.high) <= 1


def test_a_perfect_score_of_few_answers_is_not_certain() -> None:
    few, many = (auroc(np.arange(n), np.arange(n) >= n // 2) for n in (10, 1000))
    assert float(few.mean) == float(few.high) == float(many.mean) == 1.0
    assert float(few.low) < 0.6 < 0.95 < float(many.low) < 1.0


def test_only_the_order_of_confidence_counts() -> None:
    said = rng(1).normal(size=60)
    right = rng(2).random(60) < 0.5
    one, other, turned = auroc(said, right), auroc(np.exp(3 * said), right), auroc(-said, right)
    assert float(one.mean) == float(other.mean) == pytest.approx(1 - float(turned.mean))
    assert float(one.low) == pytest.approx(1 - float(turned.high))


def normal_world(source: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    right = source.random(size) < 0.6
    return source.normal(size=size) + right, right


def test_nineteen_of_twenty_intervals_hold_the_area() -> None:
    truth, held = stats.norm.cdf(1 / np.sqrt(2)), 0
    for w in range(400):
        found = auroc(*normal_world(rng(w), 100))
        held += bool(found.low <= truth <= found.high)
    assert 0.92 <= held / 400 <= 0.985


def test_repeated_answers_add_no_evidence() -> None:
    said, right = normal_world(rng(1), 80)
    plain = auroc(said, right)
    copied = auroc(np.repeat(said, 5), np.repeat(right, 5), clusters=np.repeat(np.arange(80), 5))
    alone = auroc(np.repeat(said, 5), np.repeat(right, 5))
    assert float(copied.mean) == pytest.approx(float(plain.mean))
    assert float(copied.high - copied.low) == pytest.approx(float(plain.high - plain.low), rel=0.02)
    assert float(alone.high - alone.low) < 0.5 * float(plain.high - plain.low)


@given(ANSWERS)
def test_risk_and_coverage_of_every_threshold(answers: list[tuple[float, int]]) -> None:
    said, right = np.array(answers).T
    found = risk_coverage(said, right)
    assert found.threshold.tolist() == sorted(set(said.tolist()), reverse=True)
    for threshold, coverage, accuracy in zip(*found, strict=True):
        kept = said >= threshold
        assert coverage == pytest.approx(kept.mean())
        assert accuracy == pytest.approx(right[kept].mean())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reliability([0.5, 0.6], [1]), "pass \\(N,\\) twice"),
        (lambda: reliability([], []), "pass \\(N,\\) twice"),
        (lambda: reliability([1.5], [1]), "confidence has values outside 0 to 1"),
        (lambda: reliability([0.5], [0.5]), "pass single answers"),
        (lambda: reliability([0.5], [1], bins=0), "bins is 0"),
        (lambda: auroc([0.5, 0.6], [1, 1]), "all 2 answers are right"),
        (lambda: auroc([np.nan, 0.6], [1, 0]), "confidence of answer 0 is not finite"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
