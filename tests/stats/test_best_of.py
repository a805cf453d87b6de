"""Best-of-k against all subsets in fractions, and its identities."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb, inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.stats import pass_at_k
from compound.stats.best_of import best_of_k, best_score_of_k

SCORE = st.sampled_from([nan, -2.0, 0.0, 0.5, 0.5, 3.0])
WORTH = st.sampled_from([0.0, 0.25, 1.0])


@st.composite
def scored(draw: st.DrawFn, largest: int = 8) -> tuple[list[float], list[float]]:
    pairs = draw(st.lists(st.tuples(SCORE, WORTH), min_size=1, max_size=largest))
    return [s for s, _ in pairs], [w for _, w in pairs]


@given(scored())
def test_equals_the_mean_over_all_subsets(pool: tuple[list[float], list[float]]) -> None:
    scores, worth = pool
    expected = []
    for k in range(1, len(scores) + 1):
        total = Fraction(0)
        for subset in combinations(range(len(scores)), k):
            best = max((scores[i] for i in subset if not isnan(scores[i])), default=None)
            top = [Fraction(worth[i]) for i in subset if scores[i] == best]
            total += sum(top) / len(top) if top else 0
        expected.append(float(total / comb(len(scores), k)))
    np.testing.assert_allclose(best_of_k(scores, worth), expected, atol=1e-14)


@given(scored())
def test_the_best_score_is_the_mean_over_the_subsets_that_hold_one(pool: tuple[list[float], list[float]]) -> None:
    scores, _ = pool
    expected = []
    for k in range(1, len(scores) + 1):
        held = [[scores[i] for i in s if not isnan(scores[i])] for s in combinations(range(len(scores)), k)]
        best = [Fraction(max(known)) for known in held if known]
        expected.append(float(sum(best) / len(best)) if best else nan)
    np.testing.assert_allclose(best_score_of_k(scores), expected, atol=1e-14)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_perfect_score_is_worth_coverage(correct: list[bool]) -> None:
    coverage = pass_at_k(len(correct), sum(correct))
    np.testing.assert_allclose(best_of_k(correct, correct), coverage, atol=1e-13)
    np.testing.assert_allclose(best_score_of_k(correct), coverage, atol=1e-13)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_constant_score_is_worth_one_sample(correct: list[bool]) -> None:
    scores = np.full(len(correct), 0.7)
    np.testing.assert_allclose(best_of_k(scores, correct), np.mean(correct), atol=1e-13)
    np.testing.assert_allclose(best_score_of_k(scores), 0.7, rtol=1e-13)


@given(scored(30))
def test_one_draw_is_worth_the_mean_of_what_has_a_score(pool: tuple[list[float], list[float]]) -> None:
    scores, worth = pool
    known = [w for s, w in zip(scores, worth, strict=True) if not isnan(s)]
    assert best_of_k(scores, worth)[0] == pytest.approx(sum(known) / len(scores), abs=1e-14)


@given(scored(30))
def test_only_the_order_of_the_scores_matters(pool: tuple[list[float], list[float]]) -> None:
    scores, worth = pool
    moved = np.exp(np.array(scores) / 3)
    np.testing.assert_array_equal(best_of_k(moved, worth), best_of_k(scores, worth))


@given(scored(20), st.randoms(use_true_random=False))
def test_the_order_of_the_samples_does_not_matter(pool: tuple[list[float], list[float]], random: object) -> None:
    pairs = list(zip(*pool, strict=True))
    random.shuffle(pairs)  # type: ignore[attr-defined]
    shuffled = best_of_k([s for s, _ in pairs], [w for _, w in pairs])
    np.testing.assert_allclose(shuffled, best_of_k(*pool), atol=1e-14)


def test_an_inverted_score_never_finds_the_right_sample_but_alone() -> None:
    np.testing.assert_allclose(best_of_k([1, 2, 2, 3], [True, False, False, False]), [0.25, 0, 0, 0])


def test_a_missing_score_abstains_even_if_the_sample_is_right() -> None:
    np.testing.assert_allclose(best_of_k([nan, nan], [True, True]), [0, 0])
    np.testing.assert_allclose(best_of_k([nan, 0.1, nan, nan], [True] * 4), [0.25, 0.5, 0.75, 1])
    assert np.isnan(best_score_of_k([nan, nan])).all()


def test_minus_infinity_is_a_score_and_missing_is_none() -> None:
    np.testing.assert_allclose(best_of_k([-inf, nan], [1.0, 1.0]), [0.5, 1.0])
    np.testing.assert_allclose(best_of_k([-inf, inf], [1.0, 0.0]), [0.5, 0.0])


def test_many_questions_are_one_row_each() -> None:
    rng = np.random.default_rng(5)
    scores = rng.integers(0, 6, size=(50, 17)).astype(float)
    scores[scores == 5] = nan
    correct = rng.random((50, 17))
    curves = best_of_k(scores, correct)
    assert curves.shape == (50, 17)
    np.testing.assert_allclose(curves, [best_of_k(s, c) for s, c in zip(scores, correct, strict=True)], rtol=1e-13)
    rows = [best_score_of_k(s) for s in scores]
    np.testing.assert_allclose(best_score_of_k(scores), rows, rtol=1e-13)


def test_the_columns_in_several_blocks_equal_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    scores, correct = rng.random((3, 20)), rng.random((3, 20))
    whole = best_of_k(scores, correct)
    monkeypatch.setattr("compound.stats.best_of._WEIGHTS", 60)
    np.testing.assert_allclose(best_of_k(scores, correct), whole, rtol=1e-13)


def test_a_thousand_samples_equal_the_binomials() -> None:
    n = 1000
    correct = np.random.default_rng(7).random(n) < 0.3
    curve = best_of_k(np.arange(n), correct)
    for k in (1, 2, 3, 10, 100, 500, 999, 1000):
        exact = Fraction(sum(comb(int(rank), k - 1) for rank in np.flatnonzero(correct)), comb(n, k))
        assert curve[k - 1] == pytest.approx(float(exact), rel=1e-12)


def test_two_thousand_samples_are_finite() -> None:
    correct = np.zeros(2000)
    correct[17] = 1
    np.testing.assert_allclose(best_of_k(correct, correct), np.arange(1, 2001) / 2000, rtol=1e-11)


@pytest.mark.parametrize(
    ("scores", "correct", "message"),
    [
        ([1.0, 2.0], [True], "pass one of each a sample"),
        ([[1.0, 2.0]], [True, False], "pass one of each a sample"),
        ([1.0], [1.5], "not in"),
        ([1.0], [nan], "not in"),
        ([], [], "at least one sample"),
        ([[[1.0]]], [[[1.0]]], r"pass \(n,\) or \(Q, n\)"),
    ],
)
def test_what_does_not_fit_is_refused(scores: object, correct: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        best_of_k(scores, correct)  # type: ignore[arg-type]


def test_an_infinite_score_has_no_mean() -> None:
    with pytest.raises(ValueError, match="infinite"):
        best_score_of_k([1.0, inf])
