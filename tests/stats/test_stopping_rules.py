"""Stopping rules against every order of small pools, exact dynamic programming and closed forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from given_orders import GivenOrders
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.stats import plurality_curve
from compound.stats.leader import beta_probability, leader_probability
from compound.stats.stopping import Running, StoppingRule, stopped_plurality
from compound.stats.stopping_rules import (
    beta_stop,
    dirichlet_stop,
    esc_expected_draws,
    share_stop,
    unanimous_windows,
)

NEVER = StoppingRule(lambda running: running.cast < 0)
Prefix = tuple[int, ...]


def votes_of(prefix: Prefix) -> list[int]:
    return sorted(Counter(code for code in prefix if code >= 0).values(), reverse=True)


def share_reached(prefix: Prefix, share: float, floor: int) -> bool:
    votes = votes_of(prefix)
    return (
        len(prefix) in {floor * 2**i for i in range(9)} and sum(votes) >= floor and votes[0] >= share * sum(votes)
    )


def window_agrees(prefix: Prefix, window: int) -> bool:
    last = set(prefix[-window:])
    return len(prefix) % window == 0 and len(last) == 1 and -1 not in last


# Each rule beside itself in words, as a function of the draws so far.
RULES: dict[str, tuple[StoppingRule, Callable[[Prefix], bool]]] = {
    "never": (NEVER, lambda prefix: False),
    "beta": (
        beta_stop(0.75),
        lambda prefix: beta_probability(*[*votes_of(prefix), 0, 0][:2]) >= Fraction(3, 4),
    ),
    "dirichlet": (
        dirichlet_stop(0.6),
        lambda prefix: any(code >= 0 for code in prefix) and leader_probability(votes_of(prefix)) >= 0.6,
    ),
    "share": (share_stop(0.5, 2), lambda prefix: share_reached(prefix, 0.5, 2)),
    "all of three": (share_stop(1.0, 3), lambda prefix: share_reached(prefix, 1.0, 3)),
    "windows": (unanimous_windows(2), lambda prefix: window_agrees(prefix, 2)),
    "windows of one": (unanimous_windows(1), lambda prefix: window_agrees(prefix, 1)),
}


def accuracy_of(prefix: Prefix, right: list[bool]) -> Fraction:
    votes = Counter(code for code in prefix if code >= 0)
    winners = [a for a, v in votes.items() if v == max(votes.values())]
    return Fraction(sum(right[a] for a in winners), len(winners)) if winners else Fraction(0)


def by_enumeration(name: str, codes: list[int], right: list[bool]) -> tuple[list[float], list[float]]:
    rule, stops = RULES[name]
    n, orders = len(codes), list(permutations(codes))
    accuracy, draws = [Fraction(0)] * n, [0] * n
    for order in orders:
        time = next((t for t in range(1, n + 1) if stops(order[:t])), n + 1)
        for k in range(1, n + 1):
            drawn = min(time, k)
            draws[k - 1] += drawn
            stopped = rule.last_draw and time <= k
            accuracy[k - 1] += Fraction(right[order[drawn - 1]]) if stopped else accuracy_of(order[:drawn], right)
    return [float(a / len(orders)) for a in accuracy], [d / len(orders) for d in draws]


@pytest.mark.parametrize("name", RULES)
@settings(deadline=None, max_examples=15)
@given(st.data())
def test_over_all_orders_it_is_the_rule_in_words(name: str, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 6))
    codes = data.draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n))
    right = data.draw(st.lists(st.booleans(), min_size=4, max_size=4))
    stopped = stopped_plurality(RULES[name][0], codes, right, **GivenOrders.all_of(n).replay())
    accuracy, draws = by_enumeration(name, codes, right)
    np.testing.assert_allclose(stopped.accuracy, accuracy, atol=1e-13)
    np.testing.assert_allclose(stopped.draws, draws, atol=1e-12)


@pytest.mark.parametrize("name", ["beta", "dirichlet"])
def test_seven_draws_of_six_answers_equal_the_rule_in_words(name: str) -> None:
    codes, right = [5, 0, 1, 2, 3, 4, 0], [True, False, False, True, False, False]
    stopped = stopped_plurality(RULES[name][0], codes, right, **GivenOrders.all_of(7).replay())
    accuracy, draws = by_enumeration(name, codes, right)
    np.testing.assert_allclose(stopped.accuracy, accuracy, atol=1e-13)
    np.testing.assert_allclose(stopped.draws, draws, atol=1e-12)


def test_a_rule_that_never_stops_is_the_exact_vote_within_the_error() -> None:
    codes = np.repeat([0, 1, 2, 3, -1], [12, 9, 6, 3, 10])
    right = [True, False, False, True]
    stopped = stopped_plurality(NEVER, codes, right, permutations=3000, rng=np.random.default_rng(1))
    exact = plurality_curve([12, 9, 6, 3], right, 10)
    assert (np.abs(stopped.accuracy - exact) <= 4.5 * stopped.accuracy_error + 1e-12).all()
    np.testing.assert_array_equal(stopped.draws, np.arange(1, 41))
    assert not stopped.draws_error.any()


def two_outcomes_by_dynamic_programming(right: int, wrong: int, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """The beta rule on a pool of two answers, over the chances of every path of counts, in fractions."""
    n = right + wrong
    accuracy, draws = np.zeros(n), np.zeros(n)
    going, done, done_draws = {(0, 0): Fraction(1)}, Fraction(0), Fraction(0)
    for k in range(1, n + 1):
        after: dict[tuple[int, int], Fraction] = {}
        for (a, b), chance in going.items():
            left = right + wrong - a - b
            for state, ways in (((a + 1, b), right - a), ((a, b + 1), wrong - b)):
                after[state] = after.get(state, Fraction(0)) + chance * Fraction(ways, left)
        going = {}
        for (a, b), chance in after.items():
            if beta_probability(max(a, b), min(a, b)) >= threshold:
                done += chance * (a > b)
                done_draws += chance * k
            elif chance:
                going[a, b] = chance
        accuracy[k - 1] = done + sum(c * (Fraction(1, 2) if a == b else int(a > b)) for (a, b), c in going.items())
        draws[k - 1] = done_draws + k * sum(going.values())
    return accuracy, draws


@pytest.mark.parametrize(("right", "wrong"), [(22, 18), (30, 10), (12, 20)])
def test_two_outcomes_equal_dynamic_programming_within_the_error(right: int, wrong: int) -> None:
    accuracy, draws = two_outcomes_by_dynamic_programming(right, wrong, 0.95)
    codes = np.repeat([0, 1], [right, wrong])
    stopped = stopped_plurality(
        beta_stop(), codes, [True, False], permutations=4000, rng=np.random.default_rng(right)
    )
    assert (np.abs(stopped.accuracy - accuracy) <= 4.5 * stopped.accuracy_error + 1e-3).all()
    assert (np.abs(stopped.draws - draws) <= 4.5 * stopped.draws_error + 1e-3).all()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-1, 3), min_size=1, max_size=30), st.integers(0, 99))
def test_the_beta_rule_never_stops_before_four(codes: list[int], seed: int) -> None:
    stopped = stopped_plurality(beta_stop(), codes, [True] * 4, permutations=20, rng=np.random.default_rng(seed))
    caps = np.arange(1, len(codes) + 1)
    assert (stopped.draws >= np.minimum(caps, 4)).all()
    assert (stopped.draws <= caps).all()
    assert (np.diff(stopped.draws) >= 0).all()


def test_a_unanimous_pool_stops_at_the_first_chance() -> None:
    codes, rng = np.zeros(12, dtype=int), np.random.default_rng(0)
    spent = {
        "beta": stopped_plurality(beta_stop(0.95), codes, [True], rng=rng),
        "dirichlet": stopped_plurality(dirichlet_stop(0.9375), codes, [True], rng=rng),
        "share": stopped_plurality(share_stop(), codes, [True], rng=rng),
        "windows": stopped_plurality(unanimous_windows(), codes, [True], rng=rng),
    }
    assert {name: s.draws[-1] for name, s in spent.items()} == {"beta": 4, "dirichlet": 3, "share": 4, "windows": 5}
    assert all((s.accuracy == 1).all() for s in spent.values())


def test_a_pool_of_abstentions_is_spent_whole_and_scores_zero() -> None:
    for rule in (beta_stop(), dirichlet_stop(), share_stop(floor=1), unanimous_windows(1)):
        stopped = stopped_plurality(rule, [-1] * 6, [True], rng=np.random.default_rng(0))
        assert stopped.draws.tolist() == [1, 2, 3, 4, 5, 6]
        assert not stopped.accuracy.any()


def in_this_order(rule: StoppingRule, codes: list[int], right: list[bool]) -> tuple[list[float], list[float]]:
    orders = GivenOrders([tuple(range(len(codes)))] * 2)
    stopped = stopped_plurality(rule, codes, right, **orders.replay())
    return stopped.accuracy.tolist(), stopped.draws.tolist()


def test_a_unanimous_window_answers_even_against_the_plurality_of_all() -> None:
    codes = [0, 0, 1] * 4 + [1, 1, 1, 0, 0]
    accuracy, draws = in_this_order(unanimous_windows(3), codes, [False, True])
    assert draws[-3:] == [15, 15, 15]
    assert accuracy[-4:] == [0, 1, 1, 1]  # eight votes against seven, but the window is for the seven


def test_a_window_with_an_abstention_is_not_unanimous() -> None:
    assert in_this_order(unanimous_windows(3), [0, -1, 0, -1, -1, -1, 0, 0, 0, 0], [True])[1][-1] == 9


def test_windows_do_not_overlap() -> None:
    assert in_this_order(unanimous_windows(3), [1, 0, 0, 0, 1, 1, 1, 1, 1], [True, False])[1][-1] == 9


def test_a_last_incomplete_window_is_spent_and_counted() -> None:
    accuracy, draws = in_this_order(unanimous_windows(5), [0, 1, 0, 1, 0, 1, 1, 1], [False, True])
    assert draws == [1, 2, 3, 4, 5, 6, 7, 8]
    assert accuracy[-1] == 1


def test_the_supermajority_is_looked_at_when_the_draws_have_doubled() -> None:
    # Three of four from the seventh draw on, but the next look is at the eighth.
    assert in_this_order(share_stop(), [0, 0, 1, 1, 0, 0, 0, 0, 0, 0], [True, False])[1][-1] == 8
    # Six of eight are enough; seven of twelve would not be.
    assert in_this_order(share_stop(), [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0], [True, False])[1][-1] == 12


def test_few_votes_are_no_supermajority() -> None:
    assert in_this_order(share_stop(), [0, -1, -1, 0, 0, 0, 0, 0, 0], [True])[1][-1] == 8


def test_a_share_that_has_no_exact_float_is_reached() -> None:
    codes = [0] * 11 + [1] * 9 + [1] * 5
    assert in_this_order(share_stop(0.55, 20), codes, [True, False])[1][-1] == 20


def test_the_dirichlet_rule_stops_no_earlier_than_the_beta_rule() -> None:
    rng = np.random.default_rng(3)
    codes, right = rng.choice(7, p=[0.55, *[0.075] * 6], size=(60, 40)), np.ones((60, 7), dtype=bool)
    beta = stopped_plurality(beta_stop(), codes, right, rng=np.random.default_rng(4)).draws
    dirichlet = stopped_plurality(dirichlet_stop(), codes, right, rng=np.random.default_rng(4)).draws
    assert (dirichlet >= beta).all()
    assert dirichlet[:, -1].mean() > beta[:, -1].mean() + 0.1


@pytest.mark.parametrize("rule", [beta_stop(), dirichlet_stop(), share_stop(), unanimous_windows()])
def test_a_rule_does_not_look_ahead(rule: StoppingRule) -> None:
    rng = np.random.default_rng(5)
    codes = rng.choice(4, p=[0.7, 0.1, 0.1, 0.1], size=40)
    orders = GivenOrders([tuple(rng.permutation(20)) + tuple(range(20, 40)) for _ in range(50)])
    head = GivenOrders([tuple(order[:20]) for order in orders.orders.tolist()])
    whole = stopped_plurality(rule, codes, [True, False, False, False], **orders.replay())
    first = stopped_plurality(rule, codes[:20], [True, False, False, False], **head.replay())
    np.testing.assert_array_equal(np.stack(whole)[:, :20], np.stack(first))


def test_questions_in_several_chunks_equal_those_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    codes, right = rng.integers(-1, 3, size=(25, 16)), rng.random((25, 3)) < 0.4
    whole = stopped_plurality(beta_stop(0.8), codes, right, rng=np.random.default_rng(7))
    monkeypatch.setattr("compound.stats._replay._CELLS", 1)
    again = stopped_plurality(beta_stop(0.8), codes, right, rng=np.random.default_rng(7))
    np.testing.assert_array_equal(np.stack(whole), np.stack(again))
    one_rng = np.random.default_rng(7)
    rows = [stopped_plurality(beta_stop(0.8), *row, rng=one_rng) for row in zip(codes, right, strict=True)]
    np.testing.assert_array_equal(np.stack(whole), np.stack(rows, axis=1))


def test_a_rule_of_ones_own_sees_the_running_counts() -> None:
    seen: list[Running] = []

    def enough(running: Running) -> np.ndarray:
        seen.append(running)
        return running.distinct >= 3

    _, draws = in_this_order(StoppingRule(enough), [4, -1, 4, 2, 0, 0, 0], [True] * 5)
    assert draws[-1] == 5
    assert seen[0].votes[:3, :, 0].T.tolist()[-2:] == [[2, 2, 1], [3, 2, 1]]
    assert seen[0].cast[:, 0].tolist() == [1, 1, 2, 3, 4, 5, 6]
    assert seen[0].codes[:, 0].tolist() == [4, -1, 4, 2, 0, 0, 0]


@pytest.mark.parametrize("probabilities", [[0.7, 0.2, 0.1], [0.5, 0.3], [0.9]])
def test_esc_spends_what_the_closed_form_says(probabilities: list[float]) -> None:
    rng = np.random.default_rng(8)
    lacking = 1 - sum(probabilities)
    codes = rng.choice(len(probabilities) + 1, p=[*probabilities, lacking], size=(4000, 23))
    codes[codes == len(probabilities)] = -1
    right = np.ones((4000, len(probabilities)), dtype=bool)
    # Pools of independent draws in a random order are independent draws.
    draws = stopped_plurality(unanimous_windows(5), codes, right, permutations=2, rng=rng).draws
    for cap in (3, 5, 8, 10, 20, 23):
        spent = draws[:, cap - 1]
        expected = esc_expected_draws(probabilities, 5, cap)
        assert spent.mean() == pytest.approx(expected, abs=4.5 * spent.std() / 4000**0.5 + 1e-9)


def test_esc_at_its_ends() -> None:
    assert esc_expected_draws([1.0], 5, 40) == 5
    assert esc_expected_draws([], 5, 40) == 40
    assert esc_expected_draws([1e-9] * 3, 5, 43) == pytest.approx(43)
    q = 0.8**5 + 0.2**5
    assert esc_expected_draws([0.8, 0.2], 5, 40) == pytest.approx(5 * (1 - (1 - q) ** 8) / q)


@pytest.mark.parametrize("make", [beta_stop, dirichlet_stop])
@pytest.mark.parametrize("threshold", [0.5, 1.0, float("nan")])
def test_a_threshold_out_of_range_is_refused(make: Callable[[float], StoppingRule], threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold is"):
        make(threshold)


def test_impossible_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="share is 0"):
        share_stop(0)
    with pytest.raises(ValueError, match="floor is 0"):
        share_stop(0.75, 0)
    with pytest.raises(ValueError, match="window is 0"):
        unanimous_windows(0)
    with pytest.raises(ValueError, match="cap is 0"):
        esc_expected_draws([1.0], 5, 0)
    with pytest.raises(ValueError, match="probabilities"):
        esc_expected_draws([0.8, 0.8], 5, 10)
    with pytest.raises(ValueError, match="permutations is 1"):
        stopped_plurality(NEVER, [0], [True], permutations=1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="code 3 is outside"):
        stopped_plurality(NEVER, [3], [True], rng=np.random.default_rng(0))
