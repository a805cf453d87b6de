"""The vote curve against two slow oracles in exact arithmetic: all subsets, and the formula in fractions."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations, pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.stats import Pool, plurality_curve, plurality_curves


def by_enumeration(counts: list[int], right: list[bool], unparsed: int) -> list[Fraction]:
    samples = [a for a, c in enumerate(counts) for _ in range(c)] + [None] * unparsed
    curve = []
    for k in range(1, len(samples) + 1):
        score = Fraction(0)
        for subset in combinations(samples, k):
            ballots = Counter(a for a in subset if a is not None)
            top = max(ballots.values(), default=0)
            winners = [a for a, votes in ballots.items() if votes == top]
            if winners:
                score += Fraction(sum(right[a] for a in winners), len(winners))
        curve.append(score / comb(len(samples), k))
    return curve


def by_formula(counts: list[int], right: list[bool], unparsed: int) -> list[Fraction]:
    """The sum over t, j and d term by term, with an axis for the ties and no rival left out."""
    n = sum(counts) + unparsed
    won = [Fraction(0)] * (n + 1)
    for a, c in enumerate(counts):
        if not right[a]:
            continue
        for t in range(1, c + 1):
            ways = {(0, d): comb(unparsed, d) for d in range(unparsed + 1)}
            for rival in counts[:a] + counts[a + 1 :]:
                new: Counter[tuple[int, int]] = Counter()
                for (j, d), number in ways.items():
                    for s in range(min(t, rival) + 1):
                        new[j + (s == t), d + s] += number * comb(rival, s)
                ways = dict(new)
            for (j, d), number in ways.items():
                won[t + d] += Fraction(comb(c, t) * number, 1 + j)
    return [won[k] / comb(n, k) for k in range(1, n + 1)]


@st.composite
def pools(draw: st.DrawFn, largest: int) -> tuple[list[int], list[bool], int]:
    n = draw(st.integers(1, largest))
    unparsed = draw(st.integers(0, n) if draw(st.booleans()) else st.just(0))
    counts, left = [], n - unparsed
    # Few or many distinct answers: a small cap makes ties, a large one a clear winner.
    cap = draw(st.integers(1, n))
    while left:
        counts.append(draw(st.integers(1, min(cap, left))))
        left -= counts[-1]
    right = draw(st.lists(st.booleans(), min_size=len(counts), max_size=len(counts)))
    return counts, right, unparsed


@settings(deadline=None, max_examples=150)
@given(pools(9))
def test_equals_the_mean_over_all_subsets(pool: tuple[list[int], list[bool], int]) -> None:
    np.testing.assert_allclose(plurality_curve(*pool), [float(a) for a in by_enumeration(*pool)], atol=1e-14)


@settings(deadline=None, max_examples=60)
@given(pools(8))
def test_the_two_oracles_agree(pool: tuple[list[int], list[bool], int]) -> None:
    assert by_enumeration(*pool) == by_formula(*pool)


@settings(deadline=None, max_examples=60)
@given(pools(40))
def test_equals_the_formula_in_fractions(pool: tuple[list[int], list[bool], int]) -> None:
    np.testing.assert_allclose(plurality_curve(*pool), [float(a) for a in by_formula(*pool)], rtol=1e-13)


@pytest.mark.parametrize(
    ("counts", "unparsed"),
    [([30, 25, 20, 15], 10), ([40, 40], 20), ([12] * 8, 4), ([2] * 50, 0), ([35, *range(10, 0, -1)], 10)],
)
def test_equals_the_formula_in_fractions_at_n_100(counts: list[int], unparsed: int) -> None:
    right = [True] + [False] * (len(counts) - 1)
    expected = [float(a) for a in by_formula(counts, right, unparsed)]
    np.testing.assert_allclose(plurality_curve(counts, right, unparsed), expected, rtol=2e-14)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 30), st.data())
def test_a_batch_equals_its_questions_one_by_one(n: int, data: st.DataObject) -> None:
    batch = []
    for _ in range(data.draw(st.integers(1, 8))):
        unparsed = data.draw(st.integers(0, n))
        cuts = sorted(data.draw(st.sets(st.integers(1, max(1, n - unparsed - 1)), max_size=6)))
        edges = [0, *(c for c in cuts if c < n - unparsed), n - unparsed]
        counts = [b - a for a, b in pairwise(edges) if b > a]
        right = data.draw(st.lists(st.booleans(), min_size=len(counts), max_size=len(counts)))
        batch.append(Pool(counts, right, unparsed))
    expected = [plurality_curve(*pool) for pool in batch]
    np.testing.assert_allclose(plurality_curves(batch), expected, rtol=1e-12, atol=1e-15)


def test_a_large_batch_equals_its_questions_one_by_one() -> None:
    """Long enough that terms of many questions share their blocks."""
    rng = np.random.default_rng(3)
    batch = []
    for _ in range(200):
        counts = rng.multinomial(60, rng.dirichlet(np.ones(rng.integers(3, 20))))
        right = rng.random(len(counts)) < 0.2
        kept = counts > 0
        kept[0] = False  # the first answer stands for the unparsed
        batch.append(Pool(counts[kept], right[kept], int(counts[0])))
    expected = [plurality_curve(*pool) for pool in batch]
    np.testing.assert_allclose(plurality_curves(batch), expected, rtol=1e-12, atol=1e-15)


def test_a_batch_in_several_chunks_equals_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = [Pool([i, 20 - i, 5, 3], [True, False, False, False], 2) for i in range(1, 20)]
    whole = plurality_curves(batch)
    monkeypatch.setattr("compound.stats._votes._TERMS", 1)
    monkeypatch.setattr("compound.stats._votes._COLUMNS", 1)
    np.testing.assert_allclose(plurality_curves(batch), whole, rtol=1e-13)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        (Pool([3, 0], [True, False]), "counts of pool 1 must be positive"),
        (Pool([3.0], [True]), "counts of pool 1 are float64"),
        (Pool([3], [1]), "right of pool 1 is int64"),
        (Pool([2, 1], [True]), r"pool 1: counts has shape \(2,\) and right \(1,\)"),
        (Pool([[3]], [[True]]), r"pool 1: counts has shape \(1, 1\)"),
        (Pool([3], [True], -1), "unparsed of pool 1 is -1"),
        (Pool([3], [True], 0.5), "unparsed of pool 1 is 0.5"),  # type: ignore[arg-type]
        (Pool([3], [True], 1), "pool 1 holds 4 samples but pool 0 holds 3"),
    ],
)
def test_a_malformed_pool_is_named(pool: Pool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plurality_curves([Pool([2, 1], [True, False]), pool])


@pytest.mark.parametrize("pools", [[], [Pool([], [], 0)], [Pool([1030], [True])]])
def test_no_questions_no_samples_and_too_many_samples_are_refused(pools: list[Pool]) -> None:
    with pytest.raises(ValueError, match="pass"):
        plurality_curves(pools)
