"""The weighted vote against all subsets in fractions, and against the plain vote."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb, inf, nan

import numpy as np
import pytest
from given_orders import GivenOrders
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.stats import Pool, plurality_curve, plurality_curves
from compound.stats.stopping import StoppingRule, stopped_plurality
from compound.stats.weighted import weighted_plurality

NEVER = StoppingRule(lambda running: running.cast < 0)


def by_enumeration(codes: list[int], weights: list[Fraction], right: list[bool]) -> list[float]:
    curve = []
    for k in range(1, len(codes) + 1):
        score = Fraction(0)
        for subset in combinations(range(len(codes)), k):
            sums: dict[int, Fraction] = {}
            for i in subset:
                if codes[i] >= 0:
                    sums[codes[i]] = sums.get(codes[i], Fraction(0)) + weights[i]
            winners = [a for a, total in sums.items() if total == max(sums.values())]
            if winners:
                score += Fraction(sum(right[a] for a in winners), len(winners))
        curve.append(float(score / comb(len(codes), k)))
    return curve


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_over_all_orders_it_is_the_mean_over_all_subsets(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 6))
    codes = data.draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n))
    # Thirds and tenths, which have no exact float, make ties that rounding would break.
    weight = st.sampled_from([Fraction(i, d) for i in range(4) for d in (1, 3, 10)])
    weights = data.draw(st.lists(weight, min_size=n, max_size=n))
    right = data.draw(st.lists(st.booleans(), min_size=4, max_size=4))
    orders = GivenOrders.all_of(n).replay()
    curve = weighted_plurality(codes, [float(w) for w in weights], right, **orders).mean
    np.testing.assert_allclose(curve, by_enumeration(codes, weights, right), atol=1e-12)


@pytest.mark.parametrize("weight", [1.0, 0.1, 1e-300, 1e300])
def test_equal_weights_are_the_plain_vote_order_by_order(weight: float) -> None:
    rng = np.random.default_rng(1)
    codes, right = rng.integers(-1, 6, size=(40, 25)), rng.random((40, 6)) < 0.3
    weighted = weighted_plurality(codes, np.full(codes.shape, weight), right, rng=np.random.default_rng(2))
    plain = stopped_plurality(NEVER, codes, right, rng=np.random.default_rng(2))
    np.testing.assert_array_equal(weighted.mean, plain.accuracy)
    np.testing.assert_array_equal(weighted.error, plain.accuracy_error)


def test_equal_weights_come_to_the_exact_curve_within_the_error() -> None:
    codes = np.repeat([0, 1, 2, -1], [9, 7, 3, 4])
    vote = weighted_plurality(
        codes, np.ones(23), [True, False, False], permutations=4000, rng=np.random.default_rng(3)
    )
    exact = plurality_curve([9, 7, 3], [True, False, False], 4)
    assert (np.abs(vote.mean - exact) <= 4.5 * vote.error + 1e-12).all()
    assert vote.error[:-2].min() > 0  # nine against seven: one sample less decides nothing


def test_the_error_is_that_of_the_mean() -> None:
    rng = np.random.default_rng(4)
    codes, weights = np.tile(rng.integers(0, 5, 20), (400, 1)), np.tile(rng.random(20), (400, 1))
    right = np.tile([True, False, False, False, False], (400, 1))
    vote = weighted_plurality(codes, weights, right, permutations=50, rng=rng)
    # 400 times the same question: the spread of the means is what each of them claims.
    claimed = np.sqrt((vote.error**2).mean(axis=0))
    np.testing.assert_allclose(vote.mean.std(axis=0)[:10], claimed[:10], rtol=0.15)


def test_sums_that_differ_by_rounding_are_tied_in_any_order() -> None:
    codes, weights = [0, 0, 0, 1], [0.1, 0.2, 0.3, 0.6]
    vote = weighted_plurality(codes, weights, [True, False], **GivenOrders.all_of(4).replay())
    assert vote.mean[-1] == 0.5
    assert vote.error[-1] == 0.0


@pytest.mark.parametrize("scale", [0.3, 2.0**-900, 1e250])
def test_the_unit_of_the_weights_does_not_matter(scale: float) -> None:
    rng = np.random.default_rng(5)
    codes, weights, right = (
        rng.integers(-1, 4, size=30),
        rng.integers(1, 5, size=30) / 10,
        [True, True, False, False],
    )
    once = weighted_plurality(codes, weights, right, rng=np.random.default_rng(6))
    again = weighted_plurality(codes, weights * scale, right, rng=np.random.default_rng(6))
    np.testing.assert_array_equal(again.mean, once.mean)


def test_probabilities_of_very_different_magnitude_are_compared_where_the_large_one_is_not_drawn() -> None:
    vote = weighted_plurality(
        [0, 1, 2], [1e-5, 1e-80, 1e-120], [False, True, False], **GivenOrders.all_of(3).replay()
    )
    np.testing.assert_allclose(vote.mean, [1 / 3, 1 / 3, 0])


def test_weights_of_zero_are_ballots_that_any_other_beats() -> None:
    orders = GivenOrders.all_of(3).replay()
    right = [True, False]
    np.testing.assert_allclose(
        weighted_plurality([0, 0, 1], [0, 0, 0], right, **orders).mean, [2 / 3, 2 / 3, 1 / 2]
    )
    np.testing.assert_allclose(weighted_plurality([0, 0, 1], [0, 0, 1e-9], right, **orders).mean, [2 / 3, 1 / 3, 0])


def test_abstentions_cast_no_ballot_whatever_they_weigh() -> None:
    vote = weighted_plurality([-1, 0, -1], [nan, 1.0, inf], [True], **GivenOrders.all_of(3).replay())
    np.testing.assert_allclose(vote.mean, [1 / 3, 2 / 3, 1])
    none = weighted_plurality([-1, -1], [1.0, 1.0], [], rng=np.random.default_rng(0))
    assert none.mean.tolist() == none.error.tolist() == [0.0, 0.0]


def test_questions_in_several_chunks_equal_those_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    codes, weights, right = rng.integers(-1, 5, size=(30, 12)), rng.random((30, 12)), rng.random((30, 5)) < 0.4
    whole = weighted_plurality(codes, weights, right, rng=np.random.default_rng(8))
    monkeypatch.setattr("compound.stats._replay._CELLS", 1)
    np.testing.assert_array_equal(weighted_plurality(codes, weights, right, rng=np.random.default_rng(8)), whole)
    one_rng = np.random.default_rng(8)
    rows = [weighted_plurality(*row, rng=one_rng).mean for row in zip(codes, weights, right, strict=True)]
    np.testing.assert_array_equal(whole.mean, rows)


def test_equal_weights_on_many_questions_average_to_the_exact_curves() -> None:
    rng = np.random.default_rng(9)
    codes, right = rng.integers(-1, 4, size=(300, 15)), rng.random((300, 4)) < 0.3
    vote = weighted_plurality(codes, np.ones(codes.shape), right, permutations=40, rng=rng)
    pools = []
    for row, truth in zip(codes, right, strict=True):
        counts = np.bincount(row[row >= 0], minlength=4)
        pools.append(Pool(counts[counts > 0], truth[counts > 0], int((row < 0).sum())))
    error = np.sqrt((vote.error**2).sum(axis=0)) / 300
    gap = np.abs(vote.mean.mean(axis=0) - plurality_curves(pools).mean(axis=0))
    assert (gap <= 4.5 * error + 1e-12).all()


@pytest.mark.parametrize(
    ("codes", "weights", "right", "message"),
    [
        ([0, 1], [1.0], [True, False], "pass one of each a sample"),
        ([0, 1], [1.0, -0.5], [True, False], "weights of question 0 are not finite and >= 0"),
        ([[0], [0]], [[1.0], [nan]], [[True], [True]], "weights of question 1"),
        ([0, 0], [1e308, 1e308], [True], "weights of question 0"),
        ([0, 2], [1.0, 1.0], [True, False], r"code 2 is outside -1..1"),
        ([0, -2], [1.0, 1.0], [True, False], r"code -2 is outside -1..1"),
        ([0.0, 1.0], [1.0, 1.0], [True, False], "codes are float64"),
        ([], [], [True], "codes are"),
        ([0], [1.0], [1], "right is int64"),
        ([[0]], [[1.0]], [True], r"right is bool of shape \(1,\)"),
        ([[0], [0]], [[1.0], [1.0]], [[True]], r"right is bool of shape \(1, 1\)"),
    ],
)
def test_what_does_not_fit_is_refused(codes: object, weights: object, right: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        weighted_plurality(codes, weights, right, rng=np.random.default_rng(0))  # type: ignore[arg-type]


def test_one_order_has_no_error() -> None:
    with pytest.raises(ValueError, match="permutations is 1"):
        weighted_plurality([0], [1.0], [True], permutations=1, rng=np.random.default_rng(0))
