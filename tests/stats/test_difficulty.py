"""Bins by difficulty: regression to the mean with and without held-out samples, and the test's false claims."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from compound.stats import Pool, plurality_curves
from compound.stats.difficulty import binned_means, difficulty_bins, hold_out, interaction_test
from compound.stats.mean import mean_interval


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def pools_of(p: np.ndarray, n: int, source: np.random.Generator) -> list[Pool]:
    """Two answers; the right one has chance p."""
    return [
        Pool([k for k in (c, n - c) if k], [r for k, r in ((c, True), (n - c, False)) if k])
        for c in source.binomial(n, p).tolist()
    ]


def gain(pools: list[Pool]) -> np.ndarray:
    curves = plurality_curves(pools)
    difference: np.ndarray = curves[:, -1] - curves[:, 0]
    return difference


def right_share(pools: list[Pool]) -> np.ndarray:
    return plurality_curves(pools)[:, 0]


EDGES = (0.499,)


def test_bins_from_the_measured_samples_fake_an_effect_and_held_out_ones_do_not() -> None:
    """All questions are equally hard, so nothing can depend on difficulty."""
    faked, found = 0, 0
    for w in range(150):
        pools = pools_of(np.full(60, 0.5), 20, rng(w, 1))
        same = interaction_test(
            gain(pools), difficulty_bins(right_share(pools), EDGES), permutations=199, rng=rng(w, 2)
        )
        held = hold_out(pools, rng(w, 3))
        ours = interaction_test(
            gain(held.pools), difficulty_bins(held.rate, EDGES), permutations=199, rng=rng(w, 4)
        )
        faked += same <= 0.01
        found += ours <= 0.05
    assert faked == 150
    assert found <= stats.binom.ppf(0.999, 150, 0.05)


def test_single_draw_accuracy_regresses_to_the_mean_only_in_the_measured_samples() -> None:
    pools = pools_of(np.full(600, 0.5), 20, rng(1))
    same = binned_means(right_share(pools), difficulty_bins(right_share(pools), EDGES), bounds=(0, 1))
    held = hold_out(pools, rng(2))
    ours = binned_means(right_share(held.pools), difficulty_bins(held.rate, EDGES), bounds=(0, 1))
    assert float(same[0].interval.high) < 0.45 < 0.5 < float(same[1].interval.low)
    for found in ours:
        assert float(found.interval.low) < 0.5 < float(found.interval.high)


def test_a_gain_that_does_depend_on_difficulty_is_found() -> None:
    p = np.repeat([0.25, 0.5, 0.75], 40)
    held = hold_out(pools_of(p, 40, rng(1)), rng(2))
    bins = difficulty_bins(held.rate, (0.375, 0.625))
    hard, middle, easy = (float(found.interval.mean) for found in binned_means(gain(held.pools), bins))
    assert hard < -0.15 < middle < 0.15 < easy
    assert interaction_test(gain(held.pools), bins, permutations=999, rng=rng(3)) == 0.001


def test_the_held_out_half_keeps_every_sample_once() -> None:
    pools = [Pool([3, 2], [True, False], 3), Pool([8], [True]), Pool([], [], 8)]
    held = hold_out(pools, rng(1))
    for pool, rate, left in zip(pools, held.rate, held.pools, strict=True):
        right = int(np.asarray(pool.counts)[np.asarray(pool.right, dtype=bool)].sum())
        assert int(np.sum(left.counts)) + left.unparsed == 4
        kept = int(np.asarray(left.counts)[np.asarray(left.right, dtype=bool)].sum())
        assert 4 * rate + kept == right


def test_bins_by_hand() -> None:
    rates = np.array([0, 3, 4, 5, 8, 12]) / 12
    assert difficulty_bins(rates).tolist() == [0, 0, 1, 1, 2, 2]
    assert difficulty_bins([0.0, 1.0], []).tolist() == [0, 0]


def test_each_bin_is_a_mean_of_its_own() -> None:
    values, bins = rng(1).random((50, 3)), rng(2).integers(4, size=50) * 2
    strata, clusters = bins * 10 + np.arange(50) % 2, np.arange(50) // 2 + 100 * (np.arange(50) % 2)
    found = binned_means(values, bins, bounds=(0, 1), strata=strata, clusters=clusters)
    assert [one.bin for one in found] == sorted(set(bins.tolist()))
    assert sum(one.questions for one in found) == 50
    for one in found:
        inside = bins == one.bin
        own = mean_interval(values[inside], bounds=(0, 1), strata=strata[inside], clusters=clusters[inside])
        np.testing.assert_array_equal([one.interval.mean, one.interval.low], [own.mean, own.low])
    assert binned_means(values[:, 0], bins)[0].interval.mean.shape == ()


@settings(max_examples=40)
@given(st.lists(st.integers(-5, 5), min_size=6, max_size=6))
def test_with_two_bins_it_is_the_permutation_test_of_welchs_t(values: list[int]) -> None:
    def t(first: tuple[int, ...]) -> float:
        a, b = (
            np.array([values[i] for i in range(6) if (i in first) == inside], dtype=float)
            for inside in (True, False)
        )
        least = 0.1 * np.var(values, ddof=1)
        error = sum(max(x.var(ddof=1), least) / 3 for x in (a, b))
        return float((a.mean() - b.mean()) ** 2 / error) if error else 0.0

    observed = t((0, 1, 2))
    exact = np.mean([t(first) >= observed - 1e-9 for first in combinations(range(6), 3)])
    p = interaction_test(values, [0, 0, 0, 1, 1, 1], permutations=1500, rng=rng(1))
    assert p == pytest.approx(exact, abs=0.06)


def test_differences_between_strata_are_none_between_bins() -> None:
    """The hard task gains more, and holds the hard questions; within each task difficulty does not matter."""
    task = np.repeat([0, 1], 60)
    bins = np.where(rng(1).random(120) < 0.85, task, 1 - task)
    values = rng(2).normal(0, 0.1, size=120) + 0.5 * task
    assert interaction_test(values, bins, permutations=499, rng=rng(3)) == 0.002
    assert interaction_test(values, bins, strata=task, permutations=499, rng=rng(3)) > 0.05
    within = values + 0.2 * bins
    assert interaction_test(within, bins, strata=task, permutations=499, rng=rng(3)) == 0.002


def false_claims(worlds: int, sizes: tuple[int, ...], spreads: tuple[float, ...]) -> int:
    bins = np.repeat(np.arange(len(sizes)), sizes)
    spread = np.repeat(spreads, sizes)
    return sum(
        interaction_test(rng(w, 1).normal(size=len(bins)) * spread, bins, permutations=199, rng=rng(w, 2)) <= 0.05
        for w in range(worlds)
    )


def test_equal_bins_differ_in_one_world_of_twenty() -> None:
    assert false_claims(200, (20, 20, 20), (1, 1, 1)) <= stats.binom.ppf(0.999, 200, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "spreads"),
    [
        ((30, 30, 30), (1, 1, 1)),
        ((15, 45), (3, 1)),
        ((15, 30, 60), (2, 1, 0.5)),
        ((60, 30, 15), (2, 1, 0.5)),
        ((20, 40, 60), (1, 1, 0)),
    ],
)
def test_bins_of_unequal_spread_keep_the_level_nearly(sizes: tuple[int, ...], spreads: tuple[float, ...]) -> None:
    """Unequal spread makes the test approximate. A plain F test is at 20% with 15 and 45 questions."""
    assert false_claims(1000, sizes, spreads) <= stats.binom.ppf(0.99, 1000, 0.055)


def test_no_difference_at_all_is_no_interaction() -> None:
    assert interaction_test([0.1] * 6, [0, 0, 0, 1, 1, 1], permutations=99, rng=rng(1)) == 1.0


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values, bins = rng(1).random(40), np.arange(40) % 3
    whole = interaction_test(values, bins, permutations=300, rng=rng(2))
    monkeypatch.setattr("compound.stats.difficulty._VALUES", 400)
    assert interaction_test(values, bins, permutations=300, rng=rng(2)) == whole


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hold_out([Pool([1], [True])], rng()), "pools hold 1 sample"),
        (lambda: difficulty_bins([1.5]), "not a flat list of shares"),
        (lambda: difficulty_bins([0.5], (0.6, 0.4)), "pass rising numbers"),
        (lambda: binned_means([0.5], [0.5]), "pass one whole number"),
        (lambda: binned_means([0.5], [-1]), "pass one whole number"),
        (lambda: interaction_test(np.ones((2, 2)), [0, 1], rng=rng()), "one gain a question"),
        (lambda: interaction_test([1, 2, 3], [0, 0, 1], rng=rng()), r"bins have \[2, 1\] questions"),
        (lambda: interaction_test([1, 2], [0, 0], rng=rng()), r"bins have \[2\] questions"),
        (lambda: interaction_test([1, 2], [0, 1], permutations=0, rng=rng()), "permutations is 0"),
        (lambda: interaction_test([1, 2, 3, 4], [0, 0, 1, 1], strata="a", rng=rng()), "strata has 1 labels for 4"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
