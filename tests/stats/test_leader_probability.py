"""How sure the votes make the leader: exact rationals, and scipy's incomplete beta."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from compound.stats.leader import beta_probability, leader_probability, votes_needed


def by_inclusion_and_exclusion(counts: list[int]) -> Fraction:
    """P(p_1 is the largest) of Dirichlet(counts + 1): distribution functions of gamma variables, term by term."""
    v1, *rivals = counts
    total = Fraction(0)
    for size in range(len(rivals) + 1):
        for above in combinations(rivals, size):
            terms = [Fraction(1)]  # of the product of the sums of x^j / j!, by power of x
            for c in above:
                longer = [Fraction(0)] * (len(terms) + c)
                for i, term in enumerate(terms):
                    for j in range(c + 1):
                        longer[i + j] += term / factorial(j)
                terms = longer
            total += (-1) ** size * sum(
                term * Fraction(factorial(v1 + d), factorial(v1) * (size + 1) ** (v1 + d + 1))
                for d, term in enumerate(terms)
            )
    return total


def test_unanimous_votes_halve_the_doubt() -> None:
    assert [leader_probability([v]) for v in (1, 2, 3, 4)] == [0.75, 0.875, 0.9375, 0.96875]


@pytest.mark.parametrize(("counts", "probability"), [([6, 1], 0.965), ([8, 2], 0.967)])
def test_known_pairs(counts: list[int], probability: float) -> None:
    assert leader_probability(counts) == pytest.approx(probability, abs=5e-4)


@given(st.integers(1, 500), st.data())
def test_two_answers_equal_the_incomplete_beta(v1: int, data: st.DataObject) -> None:
    v2 = data.draw(st.integers(0, v1))
    assert leader_probability([v1, v2]) == pytest.approx(1 - special.betainc(v1 + 1, v2 + 1, 0.5), abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 14), min_size=2, max_size=5))
def test_more_answers_equal_the_exact_dirichlet_probability(counts: list[int]) -> None:
    counts.sort(reverse=True)
    assert leader_probability(counts) == pytest.approx(float(by_inclusion_and_exclusion(counts)), abs=1e-13)


@pytest.mark.parametrize("counts", [[300, 280, 5], [60, 50, 45, 40, 1], [400, 1, 1]])
def test_many_votes_equal_the_exact_dirichlet_probability(counts: list[int]) -> None:
    assert leader_probability(counts) == pytest.approx(float(by_inclusion_and_exclusion(counts)), abs=1e-12)


@pytest.mark.parametrize("answers", [2, 3, 4, 5])
@pytest.mark.parametrize("votes", [1, 7, 1000])
def test_answers_that_are_level_share_the_probability(answers: int, votes: int) -> None:
    assert leader_probability([votes] * answers) == pytest.approx(1 / answers, abs=1e-13)


def test_only_the_five_most_voted_are_compared_in_any_order() -> None:
    assert leader_probability([1, 1, 0, 5, 2, 1, 3, 1]) == leader_probability([5, 3, 2, 1, 1])


@pytest.mark.parametrize("counts", [[], [0, 0], [3, -1], [2.5]])
def test_no_votes_and_impossible_counts_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="counts are"):
        leader_probability(counts)


def test_the_first_pairs_that_stop_at_95_percent() -> None:
    assert votes_needed(0.95, 8) == (4, 6, 8, 9, 11, 12, 14, 15)


@pytest.mark.parametrize("threshold", [0.55, 0.75, 0.9375, 0.95, 0.999, 1 - 2**-40])
def test_the_votes_needed_are_the_least_that_reach_the_threshold(threshold: float) -> None:
    for v2, v1 in enumerate(votes_needed(threshold, 25)):
        assert beta_probability(v1, v2) >= threshold > beta_probability(v1 - 1, v2)
