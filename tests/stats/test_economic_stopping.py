"""Economic stopping against every policy there is, and its identities."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from compound.stats.economic import look_ahead, optimal_stopping

PRICE = st.floats(0, 0.3)


def q(v1: int, v2: int) -> float:
    return float(1 - special.betainc(v1 + 1, v2 + 1, 0.5))


def states(n: int) -> list[tuple[int, int]]:
    """Where there is a choice."""
    return [(v1, v2) for v1 in range(1, n) for v2 in range(v1 + 1) if v1 + v2 < n]


def profit(n: int, reward: float, price: float, draws: set[tuple[int, int]]) -> float:
    """Of the policy that draws at the start and in these states: forwards, over the counts of both answers."""
    reached, total = {(0, 0): 1.0}, 0.0
    for _ in range(n + 1):
        after: dict[tuple[int, int], float] = {}
        for (a, b), chance in reached.items():
            state = max(a, b), min(a, b)
            if a + b and (a + b == n or state not in draws):
                total += chance * reward * q(*state)
                continue
            total -= chance * price
            for new, p in (((a + 1, b), (a + 1) / (a + b + 2)), ((a, b + 1), (b + 1) / (a + b + 2))):
                after[new] = after.get(new, 0.0) + chance * p
        reached = after
    return total


@pytest.mark.parametrize("price", [0.0, 0.001, 0.01, 0.02, 0.05, 0.2])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_no_policy_is_worth_more(n: int, price: float) -> None:
    best = optimal_stopping(n, 2.0, price)
    choices = states(n)
    drawn = {state for state in choices if best.draw[state]}
    assert profit(n, 2.0, price, drawn) == pytest.approx(best.value[0, 0], abs=1e-12)
    policies = product([False, True], repeat=len(choices)) if n < 6 else []
    for policy in policies:
        others = {state for state, draw in zip(choices, policy, strict=True) if draw}
        assert profit(n, 2.0, price, others) <= best.value[0, 0] + 1e-12


@pytest.mark.parametrize("n", [1, 7, 20])
def test_a_price_of_zero_spends_the_whole_budget(n: int) -> None:
    best = optimal_stopping(n, 1.0, 0.0)
    assert all(best.draw[v1, v2] for v1, v2 in states(n))
    assert not any(best.draw[v1, n - v1] for v1 in range(n + 1))


@pytest.mark.parametrize("price", [0.26, 1.0, 1.5])
def test_above_a_quarter_of_the_reward_one_draw_is_bought(price: float) -> None:
    best = optimal_stopping(20, 1.0, price)
    assert best.draw.sum() == 1
    assert best.draw[0, 0]
    assert best.value[0, 0] == pytest.approx(0.75 - price)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 12), st.tuples(PRICE, PRICE))
def test_the_value_never_rises_with_the_price_nor_falls_with_the_budget(
    n: int, prices: tuple[float, float]
) -> None:
    low, high = (optimal_stopping(n, 1.0, price).value for price in sorted(prices))
    exists = ~np.isnan(low)
    assert (low[exists] >= high[exists]).all()
    more = optimal_stopping(n + 1, 1.0, prices[0]).value[:-1, :-1]
    less = optimal_stopping(n, 1.0, prices[0]).value
    assert (more[exists] >= less[exists]).all()


def test_the_states_are_those_of_a_leader_and_a_rival_within_the_budget() -> None:
    value = optimal_stopping(3, 1.0, 0.1).value
    assert np.argwhere(~np.isnan(value)).tolist() == [[0, 0], [1, 0], [1, 1], [2, 0], [2, 1], [3, 0]]
    assert value[3, 0] == 0.9375


@settings(deadline=None)
@given(st.integers(0, 9), st.data(), PRICE)
def test_one_step_ahead_is_the_best_policy_for_the_last_draw(v1: int, data: st.DataObject, price: float) -> None:
    v2 = data.draw(st.integers(0, v1))
    if v1:
        best = optimal_stopping(v1 + v2 + 1, 1.0, price)
        assert look_ahead(v1, v2, 1.0, price) == best.draw[v1, v2]


def test_one_step_ahead_pays_for_a_tie_alone() -> None:
    gain = 0.6875 - 0.5  # q(2, 1) - q(1, 1)
    assert look_ahead(1, 1, 2.0, 2 * gain)
    assert not look_ahead(1, 1, 2.0, 2 * gain + 1e-12)
    assert not look_ahead(2, 1, 1.0, 1e-12)
    assert not look_ahead(1, 0, 1.0, 1e-12)
    assert look_ahead(2, 1, 1.0, 0.0)


def test_several_votes_together_can_be_worth_what_the_next_one_is_not() -> None:
    assert not look_ahead(1, 0, 1.0, 0.01)
    assert optimal_stopping(20, 1.0, 0.01).draw[1, 0]


def test_the_value_is_in_the_unit_of_the_reward() -> None:
    cents, dollars = optimal_stopping(8, 100.0, 2.0), optimal_stopping(8, 1.0, float(Fraction(2, 100)))
    np.testing.assert_allclose(cents.value, dollars.value * 100)


@pytest.mark.parametrize("amount", [-0.1, inf, nan])
def test_amounts_that_are_none_are_refused(amount: float) -> None:
    with pytest.raises(ValueError, match="price is"):
        optimal_stopping(3, 1.0, amount)
    with pytest.raises(ValueError, match="reward is"):
        look_ahead(1, 0, amount, 0.1)


def test_impossible_states_are_refused() -> None:
    with pytest.raises(ValueError, match="n is 0"):
        optimal_stopping(0, 1.0, 0.1)
    with pytest.raises(ValueError, match="v1 = 1 and v2 = 2"):
        look_ahead(1, 2, 1.0, 0.1)
