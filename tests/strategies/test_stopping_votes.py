"""Votes that stop early: when, on whose draws, and for how much."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import pairwise, product

import numpy as np
import pytest
from solving import drawn, pick, pool_of, questions, script, solve, solve_all

from compound.answers import grade
from compound.core import Answer, Ballots, ExpressionError, Question
from compound.models.backend import Call
from compound.models.simulated import World
from compound.stats import esc_expected_draws, plurality_with_replacement
from compound.stats.stopping import Running
from compound.strategies import AdaptiveVote, CoT, EarlyStopVote, EconomicVote, Single, Vote, parse
from compound.strategies.stopping import Stopping

C = CoT()
BETA, DIRICHLET = AdaptiveVote(C), AdaptiveVote(C, rule="dirichlet")
RULES = [
    BETA, DIRICHLET, AdaptiveVote(C, threshold=0.8), EconomicVote(C), EconomicVote(C, price=0.04),
    EconomicVote(C, n=12, price=0), EconomicVote(C, n=12, price=0.02), EconomicVote(C, n=7, price=0.01),
]  # fmt: skip
# Every way to share up to twelve draws among three answers and abstentions, most votes first.
TABLES = [
    (v1, v2, v3, none)
    for v1, v2, v3, none in product(range(13), repeat=4)
    if v1 >= v2 >= v3 and 1 <= v1 + v2 + v3 + none <= 12
]


def ballots(v1: int, v2: int, v3: int, none: int = 0) -> Ballots:
    return Ballots(("a",) * v1 + ("b",) * v2 + ("c",) * v3 + (None,) * none)


@pytest.mark.parametrize("how", RULES, ids=repr)
def test_the_rule_of_the_curve_is_the_rule_of_the_vote(how: Stopping) -> None:
    """`enough` sees ballots, `stopping_rule` arrays: they agree on every count of up to twelve draws."""
    tables = np.array([t for t in TABLES if sum(t) < how.n])
    size = len(tables)
    votes = np.zeros((5, 12, size), dtype=np.int64)
    draws = tables.sum(axis=1)
    for place in range(3):
        votes[place, draws - 1, np.arange(size)] = tables[:, place]
    cast, distinct = votes.sum(axis=0), (votes > 0).sum(axis=0)
    on_arrays = how.stopping_rule().enough(Running(votes, cast, distinct, np.zeros((12, size), dtype=np.int64)))
    on_ballots = [how.enough(ballots(*map(int, table))) for table in tables]
    assert [bool(on_arrays[k - 1, i]) for i, k in enumerate(draws)] == on_ballots
    assert any(on_ballots) or how.price == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("window", [1, 2, 3, 5])
def test_so_does_the_rule_of_windows(window: int) -> None:
    how = EarlyStopVote(C, window=window)
    orders = list(product(("a", "b", None), repeat=6))
    codes = np.array([[-1 if v is None else "ab".index(v) for v in order] for order in orders]).T
    nothing = np.zeros((5, *codes.shape), dtype=np.int64)
    found = how.stopping_rule().enough(Running(nothing, nothing[0], nothing[0], codes))
    for column, order in enumerate(orders):
        for k in range(window, 7, window):
            assert found[k - 1, column] == how.enough(Ballots(order[:k])), (order, k)


class TestAdaptive:
    def test_t18_beta_never_stops_before_four(self) -> None:
        assert not any(BETA.enough(ballots(*t)) or DIRICHLET.enough(ballots(*t)) for t in TABLES if sum(t[:3]) < 4)
        assert BETA.enough(ballots(4, 0, 0))

    def test_the_smallest_stops_are_the_published_ones(self) -> None:
        least = {v2: min(v1 for v1 in range(v2, 40) if v1 and BETA.enough(ballots(v1, v2, 0))) for v2 in range(8)}
        assert least == {0: 4, 1: 6, 2: 8, 3: 9, 4: 11, 5: 12, 6: 14, 7: 15}

    def test_dirichlet_asks_for_more_where_there_are_more_rivals(self) -> None:
        assert BETA.enough(ballots(6, 1, 1))
        assert not DIRICHLET.enough(ballots(6, 1, 1))
        assert [BETA.enough(ballots(*t)) for t in TABLES if not t[2]] == [
            DIRICHLET.enough(ballots(*t)) for t in TABLES if not t[2]
        ]

    def test_t10_abstentions_are_drawn_and_say_nothing(self) -> None:
        assert not BETA.enough(ballots(0, 0, 0, 12))
        assert [BETA.enough(ballots(*t)) for t in TABLES] == [BETA.enough(ballots(*t[:3], 0)) for t in TABLES]
        answer, spent, _ = solve(AdaptiveVote(C, n=9), model="sim/beta(2,2)?abstain=1")
        assert (answer.value, spent.calls) == (None, 9)


class TestWindows:
    def test_t10_a_window_with_an_abstention_is_not_unanimous(self) -> None:
        how = EarlyStopVote(C, window=3)
        assert how.enough(Ballots(("1", "2", "3", "1", "1", "1")))
        assert not how.enough(Ballots((None, None, None)))
        assert not how.enough(Ballots(("1", None, "1")))
        assert not how.enough(Ballots(("1", "2", "1", "1", "1")))  # equal answers, but no whole window
        assert solve(EarlyStopVote(C, n=12), model="sim/beta(2,2)?abstain=1").spent.calls == 12

    def test_cap_8_with_windows_of_5_spends_8(self) -> None:
        says = lambda call, i: f"Answer: {call.draws[i].lane[0]}"  # noqa: E731
        with script(says) as model:
            answer, spent, _ = solve(EarlyStopVote(C, n=8), model=model)
        assert (spent.calls, sum(answer.ballots.values())) == (8, 8)

    def test_it_answers_with_the_unanimous_window_against_the_plurality(self) -> None:
        how = EarlyStopVote(C, n=9, window=3)
        answers = [drawn(v) for v in ("2", "2", "1", "2", "2", "1", "1", "1", "1")]
        assert pick(Vote(C), answers[:6]).value == "2"
        assert pick(how, [drawn(v) for v in ("2", "2", "3", "2", "2", "3", "1", "1", "1")]).value == "1"
        assert pick(how, answers[:8]).value == pick(Vote(C), answers[:8]).value

    def test_the_first_window_is_bought_at_once(self) -> None:
        answer = solve(EarlyStopVote(C, n=10, window=5), model="sim/beta(500,1)").answer
        assert answer.usage.calls == 5
        assert answer.usage.seconds == max(s.seconds for s in answer.samples)


class TestEconomic:
    def draws(self, **options: float) -> list[int]:
        how = EconomicVote(C, **options)  # type: ignore[arg-type]
        return [answer.usage.calls for answer in solve_all(how, questions(40), "sim/beta(2,2)")]

    def test_for_nothing_it_draws_all(self) -> None:
        assert set(self.draws(n=11, price=0)) == {11}

    @pytest.mark.parametrize("price", [0.26, 1.0, 1.5])
    def test_where_a_draw_costs_more_than_it_can_gain_it_draws_one(self, price: float) -> None:
        assert set(self.draws(price=price)) == {1}
        assert set(self.draws(reward=0, price=0.001)) == {1}

    def test_a_dearer_draw_is_drawn_less_often(self) -> None:
        found = [np.array(self.draws(price=price)) for price in (0.001, 0.01, 0.03, 0.1, 0.2)]
        assert all((dear <= cheap).all() for cheap, dear in pairwise(found))
        assert found[0].mean() > found[2].mean() > 1

    def test_only_the_ratio_of_price_and_reward_counts(self) -> None:
        assert self.draws(price=0.02) == self.draws(price=2.0, reward=100.0)

    def test_where_nothing_can_be_read_it_draws_on(self) -> None:
        assert solve(EconomicVote(C, n=7, price=2), model="sim/beta(2,2)?abstain=1").spent.calls == 7

    def test_impossible_prices_and_lengths_are_refused(self) -> None:
        for options in ({"price": -1.0}, {"reward": -1.0}, {"n": 61}):
            with pytest.raises(ExpressionError, match="economic_vote"):
                EconomicVote(C, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["adaptive_vote", "early_stop_vote", "economic_vote"])
@pytest.mark.parametrize("field", ['by="similarity"', "as_published=True"])
def test_what_a_stopped_vote_cannot_do_is_no_parameter_of_it(text: str, field: str) -> None:
    with pytest.raises(ExpressionError, match="has no parameter"):
        parse(f"{text}(cot, {field})")


STOPPED = [
    AdaptiveVote(C, n=16),
    AdaptiveVote(C, n=16, rule="dirichlet"),
    EarlyStopVote(C, n=15),
    EarlyStopVote(C, n=8),
    EconomicVote(C, n=12),
]


@pytest.mark.parametrize("how", STOPPED, ids=repr)
def test_t17_the_order_of_completion_decides_nothing(how: Stopping) -> None:
    """Wrong answers come at once and right ones late, or the other way round: the same draws, the same answer."""

    async def later(delay: float, text: str) -> str:
        await asyncio.sleep(delay)
        return text

    def says(slow: int, call: Call, i: int):
        name = call.draws[i].lane[0] * 7919 + len(call.question.text) * 31 + int(call.question.golds[0]) * 13
        value = 1 if name % 100 < 55 else 2 + name % 2
        return later(0.004 if value == slow else 0.0, f"Answer: {value}")

    found = []
    for slow in (0, 1, 2):
        with script(partial(says, slow)) as model:
            answers = solve_all(how, questions(12), model)
        found.append([(a.value, a.ballots, a.usage.calls, [s.draw.lane for s in a.samples]) for a in answers])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("how", STOPPED, ids=repr)
def test_the_draws_on_the_meter_are_those_of_the_curve(how: Stopping) -> None:
    """Live draws of many questions, against the replay of each question's full pool at the cap."""
    asked, model = questions(100), "sim/beta(2,2)?abstain=0.1"
    live = solve_all(how, asked, model)
    pools = []
    for question, answer in zip(asked, solve_all(Vote(C, n=how.n), asked, model), strict=True):
        candidates = [drawn(step.value) for step in answer.step.children]
        pools.append(pool_of(candidates, question, question.golds[0]))
    curve = how.curve(pools, np.random.default_rng(0))
    assert curve.draws is not None
    agree(np.array([answer.usage.calls for answer in live]), curve.draws[:, -1])
    agree(right(live, asked), curve.accuracy[:, -1])


def right(answers: list[Answer], asked: list[Question]) -> np.ndarray:
    return np.array([answer.value == question.gold for answer, question in zip(answers, asked, strict=True)]) * 1.0


def agree(found: np.ndarray, theory: np.ndarray) -> None:
    """Equal in the mean over questions, within four standard errors of it."""
    difference = found - theory
    assert abs(difference.mean()) < 4 * difference.std(ddof=1) / len(difference) ** 0.5


def laws(model: str, asked: list[Question]) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of each question's answers, and which are right."""
    world = World.parse(model)
    found = [world.answers(question) for question in asked]
    grades = [[grade(v, question) for v in values] for (values, _), question in zip(found, asked, strict=True)]
    return np.array([p for _, p in found]) * (1 - world.abstain), np.array(grades)


@pytest.mark.parametrize("model", ["sim/beta(2,2)", "sim/0.7*beta(6,2)+0.3*beta(1,8)?wrong=2&abstain=0.2"])
@pytest.mark.parametrize("n", [1, 4, 9])
def test_a_vote_is_as_accurate_as_theory_says(model: str, n: int) -> None:
    asked = questions(200)
    agree(right(solve_all(Vote(Single(), n=n), asked, model), asked), theory_of_a_vote(model, asked, n))


def theory_of_a_vote(model: str, asked: list[Question], n: int) -> np.ndarray:
    return plurality_with_replacement(*laws(model, asked), n)[:, -1]


@pytest.mark.parametrize(("window", "cap"), [(5, 20), (3, 10), (2, 12)])
def test_early_stopping_draws_as_many_as_theory_says(window: int, cap: int) -> None:
    asked, model = questions(100), "sim/beta(3,1)?abstain=0.1"
    theory = np.array([esc_expected_draws(p, window, cap) for p in laws(model, asked)[0]])
    live = solve_all(EarlyStopVote(C, n=cap, window=window), asked, model)
    agree(np.array([answer.usage.calls for answer in live]), theory)
