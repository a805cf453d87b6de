"""The Pareto frontier: by brute force in exact comparisons, and its shares against resampling one by one."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.stats.cost_curve import CostCurve
from compound.stats.frontier import pareto_frontier

POINTS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), min_size=1, max_size=12)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def random_points(questions: int, points: int, seed: int = 1) -> CostCurve:
    source = rng(seed)
    accuracy = source.random((questions, 1)) * 0.5 + source.random((questions, points)) * 0.5
    return CostCurve(accuracy, source.lognormal(0, 1, (1, points)) * source.lognormal(0, 0.3, (questions, points)))


def dominated(accuracy: np.ndarray, cost: np.ndarray, p: int) -> bool:
    return any(
        cost[q] <= cost[p] and accuracy[q] >= accuracy[p] and (cost[q] < cost[p] or accuracy[q] > accuracy[p])
        for q in range(len(cost))
    )


@given(POINTS)
def test_the_frontier_is_what_nothing_dominates(points: list[tuple[int, int]]) -> None:
    """Small whole numbers, so that ties of every kind occur; thirds, so that means are rounded."""
    accuracy, cost = (np.array(values) for values in zip(*points, strict=True))
    spread = np.array([[-1.0], [0.5], [0.5]]) / 3
    result = pareto_frontier(CostCurve(accuracy / 3 + spread, cost / 3 + np.abs(spread) / 4), draws=20, rng=rng())
    expected = [not dominated(accuracy, cost, p) for p in range(len(points))]
    assert result.on.tolist() == expected
    np.testing.assert_array_equal(result.share, np.array(expected, dtype=float))  # no point moves against another
    best = [max(accuracy[cost <= cost[p]]) / 3 for p in range(len(points))]
    np.testing.assert_allclose(result.behind, best - accuracy / 3, atol=1e-12)


def test_shares_are_those_of_resampling_one_by_one() -> None:
    points, draws = random_points(12, 9), 4000
    result = pareto_frontier(points, draws=draws, rng=rng(1))
    source, times = rng(2), np.zeros(9)
    for _ in range(draws):
        pick = source.integers(12, size=12)
        accuracy, cost = points.accuracy[pick].mean(axis=0), points.cost[pick].mean(axis=0)
        times += [not dominated(accuracy, cost, p) for p in range(9)]
    np.testing.assert_allclose(result.share, times / draws, atol=5 * np.sqrt(0.5 / draws))
    assert ((result.share > 0.02) & (result.share < 0.98)).any()


def test_some_point_is_always_on_it_and_the_cheapest_and_the_best_always_are() -> None:
    points = random_points(40, 25)
    points.cost[:, 3] = points.cost.min() / 2
    points.accuracy[:, 7] = points.accuracy.max() + 0.1
    result = pareto_frontier(points, draws=300, rng=rng())
    assert result.share[3] == result.share[7] == 1.0
    assert 1 <= result.share.sum() <= 25
    assert result.on[result.share == 1.0].all()
    np.testing.assert_array_equal(result.behind[result.on], 0)
    np.testing.assert_allclose(result.accuracy, points.accuracy.mean(axis=0))
    np.testing.assert_allclose(result.cost, points.cost.mean(axis=0))


def test_a_copy_of_a_point_is_on_it_with_its_twin() -> None:
    points = random_points(31, 6)
    twice = CostCurve(np.tile(points.accuracy, 2), np.tile(points.cost, 2))
    one, two = (pareto_frontier(p, draws=500, rng=rng(4)) for p in (points, twice))
    np.testing.assert_array_equal(two.on, np.tile(one.on, 2))
    np.testing.assert_array_equal(two.share, np.tile(one.share, 2))


def test_the_same_accuracy_for_more_is_not_worth_it() -> None:
    """A vote of two is as accurate as one sample; computed another way, the numbers differ by rounding."""
    accuracy = rng(1).random((50, 1))
    points = CostCurve(np.hstack([accuracy, accuracy * 3 / 3 + 1e-16]), np.tile([1.0, 2.0], (50, 1)))
    result = pareto_frontier(points, draws=200, rng=rng())
    assert result.on.tolist() == [True, False]
    assert result.share.tolist() == [1.0, 0.0]


def test_strata_are_macro_averages() -> None:
    accuracy = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    points = CostCurve(accuracy, np.tile([2.0, 1.0], (4, 1)))
    assert pareto_frontier(points, draws=10, rng=rng()).on.tolist() == [False, True]
    heavy = np.array([[0.0, 0.9], [0.0, 0.9], [0.0, 0.9], [1.0, 0.0]])
    macro = pareto_frontier(CostCurve(heavy, points.cost), strata=list("xxxy"), draws=10, rng=rng())
    assert macro.on.tolist() == [True, True]


def test_the_size_of_a_chunk_changes_nothing_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    points = random_points(60, 100)
    tracemalloc.start()
    whole = pareto_frontier(points, draws=3000, rng=rng(1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6
    monkeypatch.setattr("compound.stats.frontier._TABLE", 700)
    np.testing.assert_array_equal(pareto_frontier(points, draws=3000, rng=rng(1)).share, whole.share)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="draws is 0"):
        pareto_frontier(random_points(5, 2), draws=0, rng=rng())
    with pytest.raises(ValueError, match="clusters has 1 labels for 5 questions"):
        pareto_frontier(random_points(5, 2), clusters=["x"], rng=rng())
