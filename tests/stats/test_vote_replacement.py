"""Votes with known probabilities against exact arithmetic, identities, and the pools that they are the limit of."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from math import factorial, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc

from compound.stats import plurality_curve
from compound.stats.replacement import plurality_limit, plurality_with_replacement

Law = tuple[list[Fraction], list[bool]]


def by_enumeration(law: Law, k: int) -> list[Fraction]:
    p, right = law
    chances = [*p, 1 - sum(p)]
    curve = []
    for size in range(1, k + 1):
        score = Fraction(0)
        for outcome in product(range(len(chances)), repeat=size):
            ballots = Counter(a for a in outcome if a < len(p))
            winners = [a for a, votes in ballots.items() if votes == max(ballots.values())]
            if winners:
                score += prod(chances[a] for a in outcome) * Fraction(sum(right[a] for a in winners), len(winners))
        curve.append(score)
    return curve


def by_formula(law: Law, k: int) -> list[Fraction]:
    """The sum over t, j and d term by term, with an axis for the ties and no answer left out."""
    p, right = law
    won = [Fraction(0)] * (k + 1)
    for a, own in enumerate(p):
        for t in range(1, k + 1) if right[a] else ():
            ways = {(0, d): (1 - sum(p)) ** d / factorial(d) for d in range(k - t + 1)}
            for rival in p[:a] + p[a + 1 :]:
                new: Counter[tuple[int, int]] = Counter()
                for (j, d), weight in ways.items():
                    for s in range(min(t, k - t - d) + 1):
                        new[j + (s == t), d + s] += weight * rival**s / factorial(s)
                ways = dict(new)
            for (j, d), weight in ways.items():
                won[t + d] += own**t / factorial(t) * weight / (1 + j)
    return [won[size] * factorial(size) for size in range(1, k + 1)]


def floats(law: Law) -> tuple[list[float], list[bool]]:
    return [float(share) for share in law[0]], law[1]


@st.composite
def laws(draw: st.DrawFn, most: int) -> Law:
    weights = draw(st.lists(st.integers(0, 9), min_size=0, max_size=most))
    total = max(1, sum(weights) + draw(st.sampled_from([0, 0, 1, 7, 40])))
    right = draw(st.lists(st.booleans(), min_size=len(weights), max_size=len(weights)))
    return [Fraction(w, total) for w in weights], right


@settings(deadline=None, max_examples=40)
@given(laws(3))
def test_equals_the_mean_over_all_outcomes(law: Law) -> None:
    expected = [float(a) for a in by_enumeration(law, 5)]
    np.testing.assert_allclose(plurality_with_replacement(*floats(law), 5), expected, rtol=1e-13)


@settings(deadline=None, max_examples=20)
@given(laws(3))
def test_the_two_oracles_agree(law: Law) -> None:
    assert by_enumeration(law, 5) == by_formula(law, 5)


@pytest.mark.parametrize("tenths", [[3, 3, 2], [1, 6], [2, 2, 2, 2, 2], [1, 4, 4], [10], [5, 1, 1, 1]])
def test_equals_the_formula_in_fractions(tenths: list[int]) -> None:
    law = [Fraction(w, 10) for w in tenths], [i == 0 for i in range(len(tenths))]
    expected = [float(a) for a in by_formula(law, 24)]
    np.testing.assert_allclose(plurality_with_replacement(*floats(law), 24), expected, rtol=1e-13)


def test_a_value_of_1e_minus_18_keeps_its_digits() -> None:
    law = [Fraction(1, 100), Fraction(98, 100)], [True, False]
    exact = float(by_formula(law, 24)[-1])
    assert exact < 1e-17
    assert plurality_with_replacement(*floats(law), 24)[-1] == pytest.approx(exact, rel=1e-12)


def dirichlet(rng: np.random.Generator, m: int) -> np.ndarray:
    return rng.dirichlet(np.ones(m + 1))[:-1]  # the last one abstains


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_the_answers_share_every_vote_with_a_ballot(seed: int, m: int) -> None:
    p = dirichlet(np.random.default_rng(seed), m)
    curves = plurality_with_replacement(np.tile(p, (m, 1)), np.eye(m, dtype=bool), 60)
    np.testing.assert_allclose(curves.sum(axis=0), 1 - (1 - p.sum()) ** np.arange(1, 61), rtol=1e-12)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_one_vote_is_the_probability_and_two_are_worth_one_when_all_parse(seed: int, m: int) -> None:
    p = np.random.default_rng(seed).dirichlet(np.ones(m))
    one, two = plurality_with_replacement(p, np.arange(m) == 0, 2)
    assert one == pytest.approx(p[0], rel=1e-13)
    assert two == pytest.approx(p[0], rel=1e-13)


@pytest.mark.parametrize("p", [0.02, 0.35, 0.5, 0.51, 0.9])
def test_two_answers_follow_condorcet(p: float) -> None:
    curve = plurality_with_replacement([p, 1 - p], [True, False], 1000)
    odd, even = curve[::2], curve[1::2]
    np.testing.assert_allclose(even, odd, rtol=1e-12, atol=1e-27)
    m = np.arange(1, 501)
    np.testing.assert_allclose(odd, betainc(m, m, p), rtol=1e-11, atol=1e-27)


def test_is_the_limit_of_large_pools_without_replacement() -> None:
    shares, right = np.array([0.4, 0.3, 0.1]), [True, False, False]
    limit = plurality_with_replacement(shares, right, 9)
    errors = []
    for n in (50, 100, 200, 400, 800):
        curve = plurality_curve(np.rint(shares * n).astype(int), right, n - round(0.8 * n))
        errors.append(np.abs(curve[:9] - limit).max())
    # The difference goes with 1 / n.
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2.0, atol=0.15)


@settings(deadline=None, max_examples=50)
@given(laws(7), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_and_answers_nobody_gives_do_not_matter(law: Law, random: object) -> None:
    p, right = floats(law)
    order = list(range(len(p)))
    random.shuffle(order)  # type: ignore[attr-defined]
    padded = [p[i] for i in order] + [0.0, 0.0], [right[i] for i in order] + [True, False]
    expected = plurality_with_replacement(p, right, 30)
    np.testing.assert_allclose(plurality_with_replacement(*padded, 30), expected, rtol=1e-12)


@pytest.mark.parametrize("budget", [1, 2_000_000])
def test_a_batch_equals_its_questions_one_by_one(budget: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compound.stats.replacement._COEFFICIENTS", budget)
    rng = np.random.default_rng(5)
    p = np.array([dirichlet(rng, 6) for _ in range(20)])
    right = rng.random(p.shape) < 0.3
    expected = [plurality_with_replacement(*question, 50) for question in zip(p, right, strict=True)]
    np.testing.assert_allclose(plurality_with_replacement(p, right, 50), expected, rtol=1e-12)


@pytest.mark.parametrize(("p", "k"), [([0.3, 0.28, 0.1, 0.1, 0.01], 1000), ([0.6, 0.3], 1900)])
def test_the_answers_share_every_vote_of_a_thousand_and_more(p: list[float], k: int) -> None:
    m = len(p)
    curves = plurality_with_replacement(np.tile(p, (m, 1)), np.eye(m, dtype=bool), k)
    np.testing.assert_allclose(curves.sum(axis=0), 1 - (1 - sum(p)) ** np.arange(1, k + 1), rtol=1e-12)


def test_a_shorter_curve_is_the_beginning_of_a_longer_one() -> None:
    p, right = np.array([0.2, 0.25, 0.05, 0.05, 0.4]), np.arange(5) == 0
    long = plurality_with_replacement(p, right, 700)
    np.testing.assert_allclose(plurality_with_replacement(p, right, 90), long[:90], rtol=1e-12)


def test_agrees_with_simulated_votes_of_twenty_answers() -> None:
    rng = np.random.default_rng(11)
    p = np.array([0.1, 0.09, *[0.04] * 18])
    votes = rng.multinomial(300, [*p, 1 - p.sum()], size=20_000)[:, :-1]
    modes = votes == votes.max(axis=1, keepdims=True)
    scores = modes[:, 0] / modes.sum(axis=1)
    error = scores.std() / len(scores) ** 0.5
    assert plurality_with_replacement(p, np.arange(20) == 0, 300)[-1] == pytest.approx(scores.mean(), abs=4 * error)


@settings(deadline=None, max_examples=50)
@given(laws(5))
def test_the_limit_counts_the_modes(law: Law) -> None:
    p, right = law
    top = max(p, default=0)
    modes = [i for i, share in enumerate(p) if share == top > 0]
    expected = sum(right[i] for i in modes) / max(1, len(modes))
    assert plurality_limit(*floats(law)) == pytest.approx(expected)


@pytest.mark.parametrize("p", [[0.5, 0.2, 0.1], [0.3, 0.3, 0.1], [0.2, 0.5], [0.15, 0.05], [0.25] * 4])
def test_many_votes_come_near_the_limit(p: list[float]) -> None:
    right = [i == 0 for i in range(len(p))]
    assert plurality_with_replacement(p, right, 800)[-1] == pytest.approx(plurality_limit(p, right), abs=1e-8)


def test_one_question_gives_one_curve_and_a_table_one_each() -> None:
    assert plurality_with_replacement([0.5], [True], 3).shape == (3,)
    assert plurality_with_replacement([[0.5], [0.1]], [[True], [False]], 3).shape == (2, 3)
    assert plurality_limit([0.5], [True]).shape == ()
    assert plurality_limit([[0.5], [0.1]], [[True], [False]]).tolist() == [1.0, 0.0]


def test_without_answers_everything_abstains() -> None:
    assert plurality_with_replacement([], [], 3).tolist() == [0.0] * 3
    assert plurality_limit([], []) == 0
    assert plurality_limit([0.0], [True]) == 0


@pytest.mark.parametrize(
    ("p", "right", "message"),
    [
        ([0.5, 0.6], [True, False], "add up to 1.1: pass at most 1"),
        ([-0.1, 0.6], [True, False], "probabilities holds -0.1"),
        ([float("nan")], [True], "probabilities holds nan"),
        ([3, 2], [True, False], r"probabilities holds 3.0: .*divide counts by n"),
        ([0.5], [1], "right is int64"),
        ([0.5], [True, False], r"probabilities has shape \(1,\) and right \(2,\)"),
        (0.5, True, r"probabilities has shape \(\)"),
        (np.zeros((0, 2)), np.zeros((0, 2), dtype=bool), r"probabilities has shape \(0, 2\)"),
    ],
)
def test_a_malformed_law_is_named(p: object, right: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plurality_with_replacement(p, right, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        plurality_limit(p, right)  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [0, 1901, 2.0, True])
def test_a_number_of_votes_out_of_range_is_named(k: int) -> None:
    with pytest.raises(ValueError, match=f"k is {k}: pass a whole number of votes, 1 to 1900"):
        plurality_with_replacement([0.5], [True], k)
