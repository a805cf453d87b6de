"""Do the intervals cover? Judged in thousands of simulated worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import (
    SIZES,
    WORLDS,
    Maker,
    Worlds,
    accuracy,
    all_or_nothing,
    beta,
    chance,
    clustered,
    clustered_outcomes,
    clustered_pairs,
    paired,
    plurality,
    shared,
    sparse,
    stratified,
    vote_curves,
)

from compound.stats import Interval, max_t_interval, mcnemar, mean_interval, tango, tost_binary

pytestmark = pytest.mark.slow

# Worlds where they are judged one by one.
FEWER = 1000
TASKS = ((2, 2), (1, 4), (8, 1), (0.5, 0.5), (5, 5), (2, 8), (9, 1), (1, 1))

# 95% intervals hold the truth in 93% to 97% of the worlds.
HOLD: dict[str, Maker] = {
    "10 questions": accuracy(beta(2, 2), 0.5, 10, 8),
    "30 questions": accuracy(beta(2, 2), 0.5, 30, 8),
    "30 questions, mostly easy": accuracy(beta(8, 2), 0.8, 30, 24),
    "200 questions": accuracy(beta(2, 2), 0.5, 200, 8),
    "ceiling .95, 30 questions": accuracy(beta(19, 1), 0.95, 30, 24),
    "ceiling .95, 30 questions, heavy tail": accuracy(beta(1.9, 0.1), 0.95, 30, 24),
    "ceiling .97, 30 questions": accuracy(beta(4.85, 0.15), 0.97, 30, 24),
    "ceiling .95, 100 questions": accuracy(beta(0.95, 0.05), 0.95, 100, 24),
    "a vote of 9 near the ceiling, 100 questions": plurality(beta(6, 1), 100, 24, 9),
    "pairs of single answers, 30 questions": paired(0.5, 30, 1),
    "pairs, 30 questions": paired(0.5, 30, 8),
    "pairs, 100 questions": paired(0.5, 100, 24),
    "sparse +-1, 100 questions": sparse(0.05, 1, 1, 0.5, 100),
    "sparse, 4 of 5 positive, 200 questions": sparse(0.05, 0, 1, 0.8, 200),
    "10 clusters near the ceiling": clustered(4.5, 8),
    "5 clusters": clustered(0.5, 8, SIZES[::2]),
    "30 clusters": clustered(0.5, 8, SIZES * 3),
    "8 tasks": stratified([accuracy(beta(a, b), a / (a + b), 24, 8) for a, b in TASKS]),
    "8 tasks near the ceiling": stratified([accuracy(beta(4.85, 0.15), 0.97, 24, 24)] * 8),
    "8 tasks of pairs": stratified([paired(0.5, 24, 8)] * 8),
    "8 tasks of sparse pairs": stratified([sparse(0.05, 1, 1, 0.5, 24)] * 8),
    "3 tasks of 10 clusters": stratified([clustered(0.5, 8)] * 3),
}

# Few deviations, values of little but 0 and 1, or few clusters: the intervals hold more often than they promise.
HOLD_AT_LEAST: dict[str, Maker] = {
    "30 questions, easy or hard": accuracy(beta(0.5, 0.5), 0.5, 30, 24),
    "a vote of 15, 30 questions": plurality(beta(2, 1), 30, 24, 15),
    "8 tasks, one differs": stratified([sparse(0.3, 0, 1, 0.8, 24)] + [sparse(0.0, 0, 1, 0.5, 24)] * 7),
    "sparse +-.2, 100 questions": sparse(0.1, 0, 0.2, 0.5, 100),
    "10 clusters of single answers": clustered(0.0, 1),
    "always or never right, .95": accuracy(all_or_nothing(0.95), 0.95, 30, 1),
    "always or never right, .98": accuracy(all_or_nothing(0.98), 0.98, 30, 1),
    "always or never right, .97, 100 questions": accuracy(all_or_nothing(0.97), 0.97, 100, 1),
    "9 of 10 questions always right": accuracy(beta(1, 1, sure=0.9), 0.95, 30, 24),
    "a vote of 24 near the ceiling": plurality(beta(6, 1), 30, 24, 24),
    "sparse +1, 30 questions": sparse(0.05, 1, 1, 1.0, 30),
    "sparse +.5, 30 questions": sparse(0.1, 0, 0.5, 1.0, 30),
    "sparse +1, 200 questions": sparse(0.02, 1, 1, 1.0, 200),
    "sparse +-.2, 30 questions": sparse(0.2, 0, 0.2, 0.5, 30),
    "10 clusters of outcomes .95": clustered_outcomes(0.95),
    "10 clusters": clustered(0.5, 8),
    "20 clusters of outcomes .9": clustered_outcomes(0.9, SIZES * 2),
    "10 clusters of pairs": clustered_pairs(0.4, 8),
    "10 clusters of outcomes .8": clustered_outcomes(0.8),
    "10 equal clusters": clustered(0.5, 8, (6,) * 10),
    "8 tasks, always or never right, .97": stratified([accuracy(all_or_nothing(0.97), 0.97, 24, 1)] * 8),
}


def made(maker: Maker, seed: int = 0) -> Worlds:
    return maker(np.random.default_rng(seed))


def judged(worlds: Worlds, level: float = 0.95) -> Interval:
    return mean_interval(
        worlds.values, bounds=worlds.bounds, strata=worlds.strata, clusters=worlds.clusters, level=level
    )


def coverage(worlds: Worlds) -> float:
    found = judged(worlds)
    return float(np.mean((found.low <= worlds.truth) & (worlds.truth <= found.high)))


@pytest.mark.parametrize("name", HOLD)
def test_nineteen_of_twenty_intervals_hold_the_truth(name: str) -> None:
    assert 0.93 <= coverage(made(HOLD[name])) <= 0.97


@pytest.mark.parametrize("name", HOLD_AT_LEAST)
def test_where_little_is_seen_the_intervals_hold_more_often_not_less(name: str) -> None:
    assert coverage(made(HOLD_AT_LEAST[name])) >= 0.93


def test_simulated_means_are_the_stated_truth() -> None:
    """What all other tests rest on: the truth of each maker is the mean over its worlds."""
    for name, maker in {**HOLD, **HOLD_AT_LEAST}.items():
        worlds = made(maker, 1)
        groups = np.zeros(len(worlds.values)) if worlds.strata is None else worlds.strata
        means = np.mean([worlds.values[groups == g].mean(axis=0) for g in np.unique(groups)], axis=0)
        assert abs(means.mean() - worlds.truth) < 4 * means.std() / np.sqrt(WORLDS) + 0.002, name


@pytest.mark.parametrize(
    "maker",
    [
        paired(0.0, 30, 1),
        paired(0.0, 30, 24),
        paired(0.0, 30, 8, middle=4.0),
        paired(0.0, 200, 8),
        sparse(0.05, 1, 1, 0.5, 100),
        clustered_pairs(0.0, 8),
        stratified([paired(0.0, 24, 8)] * 8),
    ],
    ids=["single answers", "24 draws", "ceiling", "200 questions", "sparse", "10 clusters", "8 tasks"],
)
def test_an_arm_seldom_beats_its_equal(maker: Maker) -> None:
    found = judged(made(maker))
    assert float(np.mean(found.low > 0)) <= 0.05
    assert float(np.mean(found.high < 0)) <= 0.05


@pytest.mark.parametrize(
    "maker",
    [
        paired(0.5, 30, 8),
        sparse(0.05, 1, 1, 1.0, 100),
        sparse(0.05, 0, 0.5, 1.0, 200),
        clustered_pairs(0.4, 8),
        stratified([paired(0.5, 24, 8)] * 8),
    ],
    ids=["30 questions", "sparse +1", "sparse +.5", "10 clusters", "8 tasks"],
)
def test_arms_that_differ_by_the_margin_are_seldom_called_equivalent(maker: Maker) -> None:
    """The verdict of `tost`: the 90% interval inside the margin. Its level is 5%, give or take chance."""
    worlds = made(maker)
    found = judged(worlds, level=0.9)
    assert float(np.mean((found.low > -worlds.truth) & (found.high < worlds.truth))) <= 0.07


@pytest.mark.parametrize(
    ("n", "middle", "clusters"),
    [(1, 0.5, False), (8, 0.5, False), (24, 3.5, False), (4, 0.5, True)],
    ids=["single answers", "8 draws", "ceiling", "10 clusters"],
)
def test_the_best_of_forty_equal_arms_seldom_beats_the_reference(n: int, middle: float, clusters: bool) -> None:
    """With clusters, every arm has an advantage of its own in each, as large as the reference's."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(SIZES)), SIZES) if clusters else np.arange(30)
    won = lost = 0
    for _ in range(FEWER):
        odds = middle + 1.5 * shared(rng, labels, 0.3, columns=1)
        own = 0.7 * shared(rng, labels, 0.3, columns=41) if clusters else np.zeros((30, 41))
        right = rng.binomial(n, chance(odds + own)) / n
        band = max_t_interval(right[:, 1:] - right[:, :1], clusters=labels, draws=400, rng=rng)
        won, lost = won + bool((band.low > 0).any()), lost + bool((band.high < 0).any())
    assert won <= 0.05 * FEWER
    assert won + lost <= 0.07 * FEWER


def test_the_band_holds_a_whole_curve() -> None:
    """What votes of 3 to 15 gain over one answer, 30 questions a world."""
    rng = np.random.default_rng(0)
    many, worlds = (
        vote_curves(beta(3, 1), rows, columns, 15, rng) for rows, columns in ((200_000, 1), (30, FEWER))
    )
    truth = (many[..., 2:] - many[..., :1]).mean(axis=(0, 1))
    held = 0
    for world in np.moveaxis(worlds[..., 2:] - worlds[..., :1], 1, 0):
        band = max_t_interval(world, draws=400, rng=rng)
        held += bool(((band.low <= truth) & (truth <= band.high)).all())
    assert 0.93 <= held / FEWER <= 0.97


@pytest.mark.parametrize(("b", "c", "n"), [(0.1, 0.1, 30), (0.05, 0.05, 100), (0.01, 0.01, 200), (0.3, 0.3, 30)])
def test_mcnemar_rejects_equal_arms_at_most_as_often_as_it_says(b: float, c: float, n: int) -> None:
    drawn = np.random.default_rng(0).multinomial(n, [b, c, 1 - b - c], size=FEWER)
    assert np.mean([mcnemar(int(won), int(lost)) <= 0.05 for won, lost, _ in drawn]) <= 0.05


@pytest.mark.parametrize(("b", "c", "n"), [(0.1, 0.1, 30), (0.05, 0.05, 100), (0.02, 0.08, 100), (0.2, 0.1, 30)])
def test_paired_rates_are_held(b: float, c: float, n: int) -> None:
    drawn = np.random.default_rng(0).multinomial(n, [b, c, 1 - b - c], size=FEWER)
    found = tango(drawn[:, 0], drawn[:, 1], n)
    assert 0.93 <= float(np.mean((found.low <= b - c + 1e-12) & (b - c - 1e-12 <= found.high))) <= 0.97


@pytest.mark.parametrize(("b", "c", "n"), [(0.08, 0.02, 100), (0.03, 0.0, 100), (0.1, 0.0, 30)])
def test_paired_rates_that_differ_by_the_margin_are_seldom_called_equivalent(b: float, c: float, n: int) -> None:
    drawn = np.random.default_rng(0).multinomial(n, [b, c, 1 - b - c], size=FEWER)
    called = [tost_binary(int(won), int(lost), n, b - c).equivalent for won, lost, _ in drawn]
    assert np.mean(called) <= 0.07
