"""Routing curves and cascade sweeps: by brute force over orders and in fractions, and their identities."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compound.stats.cascades import cascade_sweep, stops
from compound.stats.routing import (
    RoutingCurve,
    average_recovered,
    call_performance_threshold,
    captured,
    oracle_curve,
    performance_gap_recovered,
    routing_curve,
)

FEW = settings(max_examples=40, deadline=None, derandomize=True)
BIT = st.integers(0, 1)
SMALL = st.lists(st.tuples(st.integers(0, 2), BIT, BIT), min_size=1, max_size=6)
TABLES = st.lists(st.tuples(st.integers(0, 5), BIT, BIT), min_size=2, max_size=30)


def columns(rows: list[tuple[int, ...]]) -> list[list[int]]:
    return [list(column) for column in zip(*rows, strict=True)]


def gapped(rows: list[tuple[int, int, int]]) -> tuple[list[int], list[int], list[int]]:
    score, weak, strong = columns(rows)
    assume(sum(weak) < sum(strong))
    return score, weak, strong


@FEW
@given(SMALL)
def test_the_curve_is_the_mean_over_all_orders_that_the_scores_allow(rows: list[tuple[int, int, int]]) -> None:
    score, weak, strong = columns(rows)
    size = len(rows)
    orders = [order for order in permutations(range(size)) if all(score[a] >= score[b] for a, b in pairwise(order))]
    expected = [
        sum(Fraction(sum(strong[i] if i in order[:e] else weak[i] for i in range(size)), size) for order in orders)
        / len(orders)
        for e in range(size + 1)
    ]
    curve = routing_curve(score, weak, strong)
    np.testing.assert_allclose(curve.accuracy, [float(x) for x in expected], atol=1e-12)
    np.testing.assert_allclose(curve.share, np.arange(size + 1) / size)


@FEW
@given(TABLES)
def test_equal_scores_are_random_routing(rows: list[tuple[int, int, int]]) -> None:
    _, weak, strong = gapped(rows)
    curve = routing_curve(np.zeros(len(rows)), weak, strong)
    np.testing.assert_allclose(curve.accuracy, curve.random, atol=1e-12)
    assert average_recovered(curve) == pytest.approx(0.5)
    for target in (0.0, 0.2, 0.5, 0.8, 1.0):
        assert call_performance_threshold(curve, target) == pytest.approx(target)


def test_random_scores_have_half_in_expectation() -> None:
    rng = np.random.default_rng(0)
    weak, strong = rng.random(40) < 0.5, rng.random(40) < 0.8
    found = [average_recovered(routing_curve(rng.random(40), weak, strong)) for _ in range(500)]
    assert abs(np.mean(found) - 0.5) < 4 * np.std(found) / np.sqrt(500)
    assert np.std(found) > 0.01


@FEW
@given(TABLES)
def test_no_router_is_above_the_oracle_and_its_mirror_is_as_far_below_random(
    rows: list[tuple[int, int, int]],
) -> None:
    score, weak, strong = gapped(rows)
    assume(len({s - w for w, s in zip(weak, strong, strict=True)}) > 1)
    curve, best = routing_curve(score, weak, strong), oracle_curve(weak, strong)
    assert (curve.accuracy <= best.accuracy + 1e-12).all()
    assert best.accuracy.max() == pytest.approx(np.mean([max(pair) for pair in zip(weak, strong, strict=True)]))
    only = np.mean([s > w for w, s in zip(weak, strong, strict=True)])
    assert best.share[(best.accuracy > best.accuracy.max() - 1e-12).argmax()] == pytest.approx(only)
    mirrored = routing_curve([-x for x in score], weak, strong)
    assert average_recovered(curve) + average_recovered(mirrored) == pytest.approx(1.0)
    assert captured(curve, weak, strong) == pytest.approx(-captured(mirrored, weak, strong), abs=1e-9)
    assert captured(best, weak, strong) == pytest.approx(1.0)


@FEW
@given(TABLES)
def test_only_the_order_of_the_scores_counts(rows: list[tuple[int, int, int]]) -> None:
    score, weak, strong = columns(rows)
    same = routing_curve(np.exp(np.array(score, dtype=float)), weak, strong)
    np.testing.assert_allclose(same.accuracy, routing_curve(score, weak, strong).accuracy)
    shuffled = np.random.default_rng(0).permutation(len(rows))
    other = routing_curve(*(np.array(c)[shuffled] for c in (score, weak, strong)))
    np.testing.assert_allclose(other.accuracy, same.accuracy, atol=1e-12)


@FEW
@given(TABLES, st.sampled_from([0.1, 0.5, 0.8, 1.0]))
def test_t47_cpt_is_the_least_share_that_reaches_the_target(
    rows: list[tuple[int, int, int]], target: float
) -> None:
    """By a fine scan of the running maximum; the curve itself falls and rises."""
    score, weak, strong = gapped(rows)
    curve = routing_curve(score, weak, strong)
    found = call_performance_threshold(curve, target)
    assert found is not None, "at share 1 the whole gap is recovered"
    fine = np.linspace(0, 1, 5001)
    pgr = np.maximum.accumulate(np.interp(fine, curve.share, curve.recovered))
    assert found == pytest.approx(fine[(pgr >= target - 1e-9).argmax()], abs=2e-4 + 1e-9)


def test_t47_a_curve_that_falls_again_is_not_read_where_it_falls() -> None:
    curve = RoutingCurve(np.array([0, 0.25, 0.5, 0.75, 1.0]), np.array([0.0, 0.3, 0.1, 0.25, 1.0]))
    assert call_performance_threshold(curve, 0.27) == pytest.approx(0.225)
    assert call_performance_threshold(curve, 0.3) == pytest.approx(0.25)
    assert call_performance_threshold(curve, 0.35) == pytest.approx(0.75 + 0.25 * 0.1 / 0.75)
    assert call_performance_threshold(curve, 1.0) == 1.0


def test_a_router_may_beat_the_strong_model_and_a_target_that_is_not_reached_is_none() -> None:
    weak, strong = [0, 0, 1, 0], [1, 1, 0, 1]
    best = oracle_curve(weak, strong)
    assert performance_gap_recovered(1.0, 0.25, 0.75) == pytest.approx(1.5) == best.recovered.max()
    assert call_performance_threshold(best, 1.5) == pytest.approx(0.75)
    assert call_performance_threshold(best, 1.6) is None
    assert call_performance_threshold(best, 0.0) == 0.0


@pytest.mark.parametrize(
    "bad",
    [
        lambda: routing_curve([1, 2], [0, 1], [1]),
        lambda: routing_curve([], [], []),
        lambda: routing_curve([1, np.nan], [0, 1], [1, 1]),
        lambda: routing_curve([1, 2], [0, 2], [1, 1]),
        lambda: average_recovered(routing_curve([1, 2], [0, 1], [1, 0])),
        lambda: captured(routing_curve([1, 2], [0, 0], [1, 1]), [0, 0], [1, 1]),
        lambda: call_performance_threshold(routing_curve([1, 2], [0, 0], [1, 1]), -0.5),
        lambda: cascade_sweep([[0.5]], [[1]], [[1]]),
        lambda: cascade_sweep([[np.nan]], [[1, 1]], [[1, 1]]),
        lambda: cascade_sweep([[0.5]], [[1, 1]], [[1, np.nan]]),
        lambda: cascade_sweep([[0.5]], [[1, 1]], [[-1, 1]]),
        lambda: cascade_sweep([0.5], [[1, 1]], [[1, 1]]),
    ],
)
def test_bad_input_is_refused(bad) -> None:
    with pytest.raises(ValueError):
        bad()


STAGES = st.integers(2, 3).flatmap(
    lambda s: st.lists(
        st.tuples(
            st.lists(st.sampled_from([-np.inf, 0.0, 0.2, 0.6, 1.0]), min_size=s - 1, max_size=s - 1),
            st.lists(BIT, min_size=s, max_size=s),
            st.lists(st.integers(0, 9), min_size=s, max_size=s),
        ),
        min_size=1,
        max_size=8,
    )
)


def walked(scores: list[float], thresholds: tuple[float, ...]) -> int:
    for place, threshold in enumerate(thresholds):
        if scores[place] >= threshold:
            return place
    return len(thresholds)


@FEW
@given(STAGES, st.none() | st.integers(0, 25))
def test_the_best_thresholds_are_those_of_trying_all_of_them(rows, budget) -> None:
    """Over every threshold that could matter, in fractions: FrugalGPT's rule, the cost of all stages asked."""
    scores, right, cost = columns(rows)
    sweep = cascade_sweep(scores, right, cost)
    every = product((0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0), repeat=len(scores[0]))
    tried = []
    for thresholds in every:
        at = [walked(one, thresholds) for one in scores]
        accuracy = Fraction(sum(r[a] for r, a in zip(right, at, strict=True)), len(rows))
        paid = Fraction(sum(sum(c[: a + 1]) for c, a in zip(cost, at, strict=True)), len(rows))
        if budget is None or paid <= budget:
            tried.append((-accuracy, paid))
    best = sweep.best(budget)
    if best is None:
        assert not tried
        return
    assert (float(-min(tried)[0]), float(min(tried)[1])) == pytest.approx((sweep.accuracy[best], sweep.cost[best]))
    at = [walked(one, tuple(sweep.thresholds[best])) for one in scores]
    assert stops(scores, sweep.thresholds[best]).tolist() == at
    assert sweep.asked[best].tolist() == pytest.approx([np.mean(np.array(at) >= s) for s in range(len(right[0]))])


def test_lower_thresholds_cost_less_and_a_long_chain_stays_within_memory() -> None:
    rng = np.random.default_rng(0)
    score, right, cost = rng.random((300, 1)), rng.random((300, 2)) < [0.4, 0.8], np.tile([1.0, 9.0], (300, 1))
    sweep = cascade_sweep(score, right, cost)
    assert len(sweep.cost) == 40
    assert (np.diff(sweep.cost) > 0).all()
    assert (sweep.cost[0], sweep.cost[-1]) == (1.0, 10.0)
    assert sweep.best(0.5) is None
    long = cascade_sweep(rng.random((20, 5)), rng.random((20, 6)) < 0.5, np.ones((20, 6)))
    assert len(long.cost) <= 20_000
