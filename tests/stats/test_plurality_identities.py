"""Identities of the vote curve that hold at any size, so they reach pools that no oracle can."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.stats import Pool, first_parsed, pass_at_k, plurality_curve, plurality_curves

COUNTS = st.lists(st.integers(1, 15), min_size=1, max_size=8)
UNPARSED = st.integers(0, 20)

LARGE = {
    "two answers": ([480, 470], 50),
    "a clear winner": ([600, 100, 50, 30, 20, 10], 190),
    "ten equal": ([100] * 10, 0),
    "a staircase": (list(range(44, 0, -1)), 10),
    "all distinct but one": ([300] + [1] * 700, 0),
    "pairs": ([2] * 450, 100),
}


def first_right(counts: list[int]) -> list[bool]:
    return [i == 0 for i in range(len(counts))]


def has_ballot(n: int, unparsed: int) -> list[float]:
    return [1 - comb(unparsed, k) / comb(n, k) for k in range(1, n + 1)]


@settings(deadline=None)
@given(COUNTS, UNPARSED)
def test_one_vote_is_the_share_of_right_samples(counts: list[int], unparsed: int) -> None:
    curve = plurality_curve(counts, first_right(counts), unparsed)
    assert curve[0] == pytest.approx(counts[0] / (sum(counts) + unparsed), rel=1e-14)


@settings(deadline=None)
@given(COUNTS.filter(lambda c: sum(c) >= 2))
def test_two_votes_are_worth_one_when_all_parse(counts: list[int]) -> None:
    curve = plurality_curve(counts, first_right(counts))
    assert curve[1] == pytest.approx(curve[0], rel=1e-13)


def test_two_votes_are_worth_more_than_one_when_some_do_not_parse() -> None:
    curve = plurality_curve([3, 2], [True, False], 4)
    assert curve[1] > curve[0] + 0.05


@settings(deadline=None)
@given(COUNTS, UNPARSED)
def test_the_answers_share_every_subset_with_a_ballot(counts: list[int], unparsed: int) -> None:
    m = len(counts)
    curves = plurality_curves([Pool(counts, [i == a for i in range(m)], unparsed) for a in range(m)])
    np.testing.assert_allclose(curves.sum(axis=0), has_ballot(sum(counts) + unparsed, unparsed), rtol=1e-12)


@settings(deadline=None)
@given(COUNTS, UNPARSED, st.data())
def test_a_gold_set_is_the_sum_of_its_answers(counts: list[int], unparsed: int, data: st.DataObject) -> None:
    m = len(counts)
    right = data.draw(st.lists(st.booleans(), min_size=m, max_size=m))
    parts = [plurality_curve(counts, [i == a for i in range(m)], unparsed) for a in range(m) if right[a]]
    expected = np.sum(parts, axis=0) if parts else np.zeros(sum(counts) + unparsed)
    np.testing.assert_allclose(plurality_curve(counts, right, unparsed), expected, rtol=1e-12)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40))
def test_an_even_vote_of_two_answers_is_worth_the_odd_one_before(c: int, wrong: int) -> None:
    curve = plurality_curve([c, wrong], [True, False])
    pairs = (c + wrong) // 2
    np.testing.assert_allclose(curve[1::2][:pairs], curve[0::2][:pairs], rtol=1e-12)


@settings(deadline=None)
@given(COUNTS, UNPARSED)
def test_all_votes_elect_the_mode(counts: list[int], unparsed: int) -> None:
    curve = plurality_curve(counts, first_right(counts), unparsed)
    top = max(counts)
    assert curve[-1] == pytest.approx((counts[0] == top) / counts.count(top), abs=1e-13)


@settings(deadline=None)
@given(COUNTS, UNPARSED)
def test_a_vote_is_never_above_coverage(counts: list[int], unparsed: int) -> None:
    n = sum(counts) + unparsed
    curve = plurality_curve(counts, first_right(counts), unparsed)
    assert (curve >= 0).all()
    assert (curve <= pass_at_k(n, counts[0]) + 1e-13).all()


@settings(deadline=None)
@given(COUNTS, UNPARSED, st.randoms(use_true_random=False), st.data())
def test_the_order_of_the_answers_does_not_matter(
    counts: list[int], unparsed: int, random: object, data: st.DataObject
) -> None:
    right = data.draw(st.lists(st.booleans(), min_size=len(counts), max_size=len(counts)))
    order = list(range(len(counts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = plurality_curve([counts[i] for i in order], [right[i] for i in order], unparsed)
    np.testing.assert_allclose(shuffled, plurality_curve(counts, right, unparsed), rtol=1e-13)


@settings(deadline=None)
@given(st.integers(1, 30), UNPARSED)
def test_with_one_answer_agreeing_adds_nothing_to_retrying(c: int, unparsed: int) -> None:
    retried = first_parsed(c + unparsed, c, unparsed)
    np.testing.assert_allclose(plurality_curve([c], [True], unparsed), retried, atol=1e-13)


def test_a_vote_falls_where_a_wrong_answer_is_the_mode() -> None:
    odd = plurality_curve([40, 60], [True, False])[::2]
    assert (np.diff(odd[:41]) < 0).all()
    assert not odd[40:].any()  # 81 of 100 votes hold at least 41 for the wrong answer


def test_nothing_parsed_scores_zero() -> None:
    assert plurality_curve([], [], 5).tolist() == [0.0] * 5


def test_no_right_answer_scores_zero_beside_a_question_that_has_one() -> None:
    curves = plurality_curves([Pool([3, 2], [False, False]), Pool([5], [True])])
    np.testing.assert_allclose(curves, [[0.0] * 5, [1.0] * 5])


@pytest.mark.parametrize("name", LARGE)
def test_the_answers_share_every_subset_at_n_1000(name: str) -> None:
    counts, unparsed = LARGE[name]
    sizes = sorted(set(counts))
    curves = plurality_curves([Pool(counts, first_right_of(counts, s), unparsed) for s in sizes])
    assert np.isfinite(curves).all()
    # Answers of equal counts have equal curves: one for each size, times their number.
    total = np.array([counts.count(s) for s in sizes]) @ curves
    np.testing.assert_allclose(total, has_ballot(1000, unparsed), rtol=2e-13)


def first_right_of(counts: list[int], size: int) -> list[bool]:
    return [i == counts.index(size) for i in range(len(counts))]


def test_the_clear_winner_rises_and_its_rival_ends_at_zero_at_n_1000() -> None:
    counts, unparsed = LARGE["a clear winner"]
    winner = plurality_curve(counts, first_right(counts), unparsed)
    rival = plurality_curve(counts, first_right_of(counts, 100), unparsed)
    assert (np.diff(winner) > -1e-12).all()
    assert winner[-1] == pytest.approx(1.0, abs=1e-12)
    assert rival[-1] == 0.0


def test_the_largest_pool_still_fits_in_float64() -> None:
    curve = plurality_curve([343, 343, 343], [True, False, False])
    np.testing.assert_allclose(curve, 1 / 3, rtol=2e-13)
