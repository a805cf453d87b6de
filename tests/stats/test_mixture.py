"""Votes over several sources against all subsets in exact arithmetic, and against the vote curve of one pool."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.stats import plurality_curve
from compound.stats.mixture import Source, mixture_grid, mixture_replay

Mix = tuple[list[Source], list[bool]]


def samples(source: Source) -> list[int | None]:
    return [a for a, c in enumerate(source.counts) for _ in range(c)] + [None] * source.unparsed


def score(ballots: list[int | None], right: list[bool]) -> Fraction:
    votes = Counter(a for a in ballots if a is not None)
    winners = [a for a, v in votes.items() if v == max(votes.values())]
    return Fraction(sum(right[a] for a in winners), len(winners)) if winners else Fraction(0)


def by_enumeration(a: Source, b: Source, right: list[bool]) -> list[list[Fraction]]:
    from_a, from_b = samples(a), samples(b)
    grid = []
    for i in range(len(from_a) + 1):
        row = []
        for j in range(len(from_b) + 1):
            pairs = [(*x, *y) for x in combinations(from_a, i) for y in combinations(from_b, j)]
            row.append(sum(score(list(pair), right) for pair in pairs) / Fraction(len(pairs)))
        grid.append(row)
    return grid


@st.composite
def mixes(draw: st.DrawFn, sources: int, largest: int, answers: int) -> Mix:
    m = draw(st.integers(0, answers))
    pools = []
    for _ in range(sources):
        cells = draw(st.lists(st.integers(0, m), max_size=largest))  # cell m is unparsed
        pools.append(Source([cells.count(i) for i in range(m)], cells.count(m)))
    return pools, draw(st.lists(st.booleans(), min_size=m, max_size=m))


def pool_curve(counts: np.ndarray, right: np.ndarray, unparsed: int) -> np.ndarray:
    given = counts > 0  # one pool leaves out the answers that it does not hold
    return plurality_curve(counts[given], right[given], unparsed)


def drawn(rng: np.random.Generator, n: int, m: int) -> Source:
    counts = rng.multinomial(n, rng.dirichlet(np.ones(m + 1)))
    return Source(counts[:-1], int(counts[-1]))


@settings(deadline=None, max_examples=80)
@given(mixes(2, 5, 4))
def test_equals_the_mean_over_all_pairs_of_subsets(mix: Mix) -> None:
    (a, b), right = mix
    expected = np.array(by_enumeration(a, b, right), dtype=float)
    np.testing.assert_allclose(mixture_grid(a, b, right), expected, rtol=1e-13)


@settings(deadline=None, max_examples=40)
@given(mixes(2, 30, 6), st.data())
def test_a_smaller_grid_is_the_corner_of_the_whole(mix: Mix, data: st.DataObject) -> None:
    (a, b), right = mix
    k_a = data.draw(st.integers(0, len(samples(a))))
    k_b = data.draw(st.integers(0, len(samples(b))))
    corner = mixture_grid(a, b, right, k_a, k_b)
    assert corner.shape == (k_a + 1, k_b + 1)
    np.testing.assert_allclose(corner, mixture_grid(a, b, right)[: k_a + 1, : k_b + 1], rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(mixes(2, 30, 6))
def test_swapping_the_sources_transposes_the_grid(mix: Mix) -> None:
    (a, b), right = mix
    np.testing.assert_allclose(mixture_grid(b, a, right), mixture_grid(a, b, right).T, rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(mixes(2, 30, 6), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(mix: Mix, random: object) -> None:
    (a, b), right = mix
    order = list(range(len(right)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = [Source([source.counts[i] for i in order], source.unparsed) for source in (a, b)]
    grid = mixture_grid(*shuffled, [right[i] for i in order])
    np.testing.assert_allclose(grid, mixture_grid(a, b, right), rtol=1e-12)


@settings(deadline=None, max_examples=40)
@given(mixes(2, 30, 6))
def test_the_answers_share_every_vote_with_a_ballot(mix: Mix) -> None:
    (a, b), right = mix
    m = len(right)
    grids = [mixture_grid(a, b, [i == own for i in range(m)]) for own in range(m)]
    silent = [
        [comb(source.unparsed, k) / comb(n, k) for k in range(n + 1)]
        for source, n in ((a, len(samples(a))), (b, len(samples(b))))
    ]
    np.testing.assert_allclose(sum(grids, np.zeros(np.outer(*silent).shape)), 1 - np.outer(*silent), atol=1e-13)


@settings(deadline=None, max_examples=40)
@given(mixes(2, 30, 6))
def test_one_source_alone_is_the_vote_curve_of_its_pool(mix: Mix) -> None:
    (a, b), right = mix
    grid = mixture_grid(a, b, right)
    for source, edge in ((a, grid[:, 0]), (b, grid[0])):
        assert edge[0] == 0
        if samples(source):
            curve = pool_curve(np.array(source.counts, dtype=int), np.array(right, dtype=bool), source.unparsed)
            np.testing.assert_allclose(edge[1:], curve, rtol=1e-12)


@pytest.mark.parametrize(("n_a", "n_b", "m"), [(40, 40, 10), (100, 60, 25), (17, 150, 3)])
def test_mixing_over_the_halves_of_a_pool_gives_the_curve_of_the_pool(n_a: int, n_b: int, m: int) -> None:
    rng = np.random.default_rng(n_a)
    a, b = drawn(rng, n_a, m), drawn(rng, n_b, m)
    right = rng.permutation(m) < 2
    grid = mixture_grid(a, b, right)
    joint = pool_curve(np.add(a.counts, b.counts), right, a.unparsed + b.unparsed)
    for k in range(1, n_a + n_b + 1):
        split = range(max(0, k - n_b), min(k, n_a) + 1)
        mixed = sum(comb(n_a, i) * comb(n_b, k - i) / comb(n_a + n_b, k) * grid[i, k - i] for i in split)
        assert mixed == pytest.approx(joint[k - 1], rel=1e-12)


def test_the_diagonal_goes_from_k_draws_of_b_to_k_draws_of_a() -> None:
    a, b, right = Source([4, 1], 1), Source([1, 4], 1), [True, False]
    grid = mixture_grid(a, b, right, 3, 3)
    assert np.fliplr(grid).diagonal().tolist() == [grid[0, 3], grid[1, 2], grid[2, 1], grid[3, 0]]
    # Source a is the better one.
    assert (np.diff(np.fliplr(grid).diagonal()) > 0).all()


def test_large_pools_with_few_draws_stay_finite_and_agree_with_the_replay() -> None:
    rng = np.random.default_rng(2)
    a, b = drawn(rng, 5000, 8), drawn(rng, 3000, 8)
    right = np.arange(8) == np.argmax(a.counts)
    exact = mixture_grid(a, b, right, 12, 9)[-1, -1]
    replay = mixture_replay([a, b], right, [12, 9], repeats=40_000, rng=rng)
    assert 0.05 < exact < 0.95
    assert replay.mean == pytest.approx(exact, abs=4 * replay.standard_error)
    assert replay.standard_error < 0.003


@pytest.mark.parametrize("draws", [(0, 3, 2), (2, 2, 2), (4, 0, 0), (0, 0, 0)])
def test_a_replay_of_three_sources_agrees_with_all_subsets(draws: tuple[int, int, int]) -> None:
    sources = [Source([2, 1, 0], 1), Source([0, 2, 1], 0), Source([1, 0, 1], 2)]
    right = [True, False, True]
    scores = [
        score([*x, *y, *z], right)
        for x in combinations(samples(sources[0]), draws[0])
        for y in combinations(samples(sources[1]), draws[1])
        for z in combinations(samples(sources[2]), draws[2])
    ]
    replay = mixture_replay(sources, right, draws, repeats=20_000, rng=np.random.default_rng(8))
    spread = np.std([float(s) for s in scores])
    assert replay.standard_error == pytest.approx(spread / 20_000**0.5, rel=0.05, abs=1e-12)
    assert replay.mean == pytest.approx(float(sum(scores) / len(scores)), abs=4 * replay.standard_error + 1e-12)


def test_a_replay_repeats_with_its_generator_and_needs_no_room_for_all_repeats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources, right = [Source([6, 5, 4], 3), Source([2, 7, 4], 1)], [True, False, False]

    def replay() -> tuple[float, float]:
        return mixture_replay(sources, right, [4, 3], repeats=3000, rng=np.random.default_rng(4))

    whole = replay()
    assert replay() == whole
    monkeypatch.setattr("compound.stats.mixture._VOTES", 400)
    exact = mixture_grid(*sources, right)[4, 3]
    pieces = replay()
    assert pieces[1] == pytest.approx(whole[1], rel=0.05)
    assert pieces[0] == pytest.approx(exact, abs=4 * pieces[1])


def test_without_samples_or_answers_a_vote_scores_zero() -> None:
    assert mixture_grid(Source([]), Source([], 2), []).tolist() == [[0.0] * 3]
    empty = mixture_replay([Source([], 3)], [], [2], rng=np.random.default_rng(0))
    assert empty == (0.0, 0.0)


@pytest.mark.parametrize(
    ("b", "right", "message"),
    [
        (Source([1, -1]), [True, False], r"counts of source 1 are \[1, -1\]"),
        (Source([1.0, 1.0]), [True, False], r"counts of source 1 are \[1.0, 1.0\]"),
        (Source([1]), [True, False], r"counts of source 1 has shape \(1,\) and right \(2,\)"),
        (Source([1, 2], -1), [True, False], "unparsed of source 1 is -1"),
        (Source([1, 2], True), [True, False], "unparsed of source 1 is True"),
        (Source([1, 2]), [1, 0], "right is int64"),
        (Source([1, 2]), [[True, False]], r"right is bool of shape \(1, 2\)"),
    ],
)
def test_a_malformed_source_is_named(b: Source, right: list[bool], message: str) -> None:
    a = Source([1, 2])
    with pytest.raises(ValueError, match=message):
        mixture_grid(a, b, right)
    with pytest.raises(ValueError, match=message):
        mixture_replay([a, b], right, [1, 1], rng=np.random.default_rng(0))


@pytest.mark.parametrize("k", [-1, 4, 1.0])
def test_draws_beyond_the_samples_are_refused(k: int) -> None:
    a, b, right = Source([1, 2]), Source([2, 1]), [True, False]
    message = f"{k} draws from source 1: pass a whole number, 0 to 3"
    with pytest.raises(ValueError, match=message):
        mixture_grid(a, b, right, 1, k)
    with pytest.raises(ValueError, match=message):
        mixture_replay([a, b], right, [1, k], rng=np.random.default_rng(0))


def test_a_replay_without_sources_repeats_or_draws_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="sources is empty"):
        mixture_replay([], [True], [], rng=rng)
    with pytest.raises(ValueError, match="repeats is 1: pass 2 or more"):
        mixture_replay([Source([3])], [True], [1], repeats=1, rng=rng)
    with pytest.raises(ValueError, match="draws has 2 entries for 1 sources"):
        mixture_replay([Source([3])], [True], [1, 1], rng=rng)


def test_a_number_of_subsets_near_the_end_of_float64_stays_finite() -> None:
    a, b = Source([6000, 3000], 1000), Source([2000, 7000], 1000)
    grids = [mixture_grid(a, b, right, 57, 57) for right in ([True, False], [False, True])]
    silent = np.array([comb(1000, k) / comb(10_000, k) for k in range(58)])
    np.testing.assert_allclose(grids[0] + grids[1], 1 - np.outer(silent, silent), atol=1e-12)


def test_more_subsets_than_a_float_can_count_are_refused() -> None:
    large = Source([300, 220])
    with pytest.raises(ValueError, match="pass a smaller k_a or k_b"):
        mixture_grid(large, large, [True, False])
