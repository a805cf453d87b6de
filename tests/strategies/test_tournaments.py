"""Tournaments: they are played, in both orders, and the better candidate wins as often as was published."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from solving import QUESTION, SAME, drawn, lane, questions, script, solve, solve_all, step_of

from compound.core import Answer, ExpressionError, ModelFailure, Question, Step
from compound.models.backend import Call
from compound.models.simulated import World
from compound.strategies import CoT, Tournament
from compound.strategies.universal import in_drawn_order

C = CoT()


def strong(call: Call, i: int) -> str:
    """Candidate i answers i; the judge prefers the larger number, whatever the order."""
    if step_of(call) == "answer":
        return f"Answer: {lane(call)}"
    first, second = map(int, call.parameters["shown"])
    return "Better: A" if first > second else "Better: B"


def matches(answer: Answer) -> list[Step]:
    return [step for step in answer.step.walk() if step.name == "compare" and step.samples]


FORMS = ["knockout", "pivot"]


class TestTournament:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("n", range(1, 10))
    def test_t21_it_really_plays_and_the_best_wins(self, form: str, n: int) -> None:
        with script(strong) as model:
            answer, spent, _ = solve(Tournament(C, n=n, comparisons=4, form=form), model=model)
        assert answer.value == str(n - 1)
        played = matches(answer)
        assert spent.calls == n + 4 * len(played)
        assert len(played) == n - 1 if form == "knockout" else len(played) <= n + 2 * max(0, n - 2) + 1

    @pytest.mark.parametrize("form", FORMS)
    def test_both_orders_are_asked_equally_often(self, form: str) -> None:
        with script(strong) as model:
            answer = solve(Tournament(C, n=5, comparisons=6, form=form), model=model).answer
        for match in matches(answer):
            shown = Counter(tuple(dict(s.draw.request.parameters)["shown"]) for s in match.samples)
            assert sorted(shown.values()) == [3, 3]
            (a, b), (c, d) = shown
            assert (a, b) == (d, c)

    def test_every_entrant_but_one_loses_one_match_byes_included(self) -> None:
        with script(strong) as model:
            for n in (3, 5, 6, 7):
                answer = solve(Tournament(C, n=n), model=model).answer
                losers = [min(dict(m.samples[0].draw.request.parameters)["shown"]) for m in matches(answer)]
                assert sorted(map(int, losers)) == list(range(n - 1))

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("said", ["Better: A", "Better: B", "no idea"])
    def test_r13_a_judge_that_looks_at_the_place_alone_is_a_fair_draw(self, form: str, said: str) -> None:
        with script(lambda call, i: f"Answer: {lane(call)}" if step_of(call) == "answer" else said) as model:
            found = Counter(a.value for a in solve_all(Tournament(C, n=4, form=form), SAME[:80], model))
        assert set(found) == {"0", "1", "2", "3"}
        assert all(abs(count / 80 - 0.25) < 0.17 for count in found.values())

    @pytest.mark.parametrize("form", FORMS)
    def test_t20_equal_answers_do_not_meet_and_win_nothing_by_it(self, form: str) -> None:
        with script(lambda call, i: "Answer: 7" if step_of(call) == "answer" else "Better: A") as model:
            answer, spent, _ = solve(Tournament(C, n=6, form=form), model=model)
        assert (answer.value, spent.calls, matches(answer)) == ("7", 6, [])

    @pytest.mark.parametrize("form", FORMS)
    def test_equivalent_answers_are_one_answer_and_do_not_meet(self, form: str) -> None:
        asked = Question("Simplify.", "math", "x + 1")
        said = ["1 + x", "x + 1", "(x + 1)"]
        with script(lambda call, i: f"Answer: ${said[lane(call)]}$") as model:
            answer, spent, _ = solve(Tournament(C, n=3, form=form), asked, model)
        assert spent.calls == 3
        assert len(answer.ballots) == 1

    @pytest.mark.parametrize("form", FORMS)
    def test_t20_a_twin_is_no_point(self, form: str) -> None:
        """Three times 1 and once 9, and a judge that prefers nobody: 9 wins as often as it was given."""

        def says(call: Call, i: int) -> str:
            return "no idea" if step_of(call) != "answer" else f"Answer: {9 if lane(call) == 3 else 1}"

        with script(says) as model:
            found = [a.value for a in solve_all(Tournament(C, n=4, form=form), SAME[:100], model)]
        assert found.count("9") / 100 == pytest.approx(0.25, abs=0.15)

    @pytest.mark.parametrize("form", FORMS)
    def test_a_judgement_that_fails_leaves_those_of_its_match(self, form: str) -> None:
        def says(call: Call, i: int) -> str:
            if step_of(call) != "answer" and call.draws[i].lane[-1] == 1:
                raise ModelFailure("bad request", "refused", retryable=False)
            return strong(call, i)

        with script(says) as model:
            answer, spent, stored = solve(Tournament(C, n=4, comparisons=4, form=form), model=model)
        assert answer.value == "3"
        assert answer.usage.calls == spent.calls == len(stored)
        assert {len(m.samples) for m in matches(answer)} == {2}
        assert {step.failure for m in matches(answer) for step in m.children} == {"bad request: refused"}

    @pytest.mark.parametrize("form", FORMS)
    def test_abstentions_do_not_play(self, form: str) -> None:
        answer, spent, _ = solve(Tournament(C, n=6, form=form), model="sim/beta(2,2)?abstain=1")
        assert (answer.value, spent.calls) == (None, 6)
        with script(lambda call, i: "no idea" if lane(call) == 3 else strong(call, i)) as model:
            assert solve(Tournament(C, n=4, form=form), model=model).answer.value == "2"

    def test_matches_of_one_round_are_played_at_once(self) -> None:
        with script(strong) as model:
            answer = solve(Tournament(C, n=8), model=model).answer
        assert answer.usage.seconds == 1.0 + 3, "one call for the candidates, one a round"

    @pytest.mark.parametrize("comparisons", [0, 1, 3, -2])
    def test_an_odd_number_of_comparisons_is_refused(self, comparisons: int) -> None:
        with pytest.raises(ExpressionError, match="even and 2 or more"):
            Tournament(C, comparisons=comparisons)

    @pytest.mark.parametrize(("p_comp", "comparisons"), [(0.75, 2), (0.75, 10), (0.9, 4)])
    def test_the_published_bound_on_failures_holds(self, p_comp: float, comparisons: int) -> None:
        """P(fail) <= (1 - p_gen)^N + ceil(log2 N) exp(-2 K (p_comp - 1/2)^2), Chen et al. 2024 (2411.19477).

        The simulated wrong answers are no twins: the right one has to win every match.
        """
        asked, n = questions(100), 5
        model = f"sim/beta(3,3)?judge={p_comp}&wrong=9"
        found = solve_all(Tournament(C, n=n, comparisons=comparisons), asked, model)
        failed = np.mean([a.value != q.gold for a, q in zip(found, asked, strict=True)])
        p_gen = np.array([World.parse(model).difficulty(q) for q in asked])
        bound = ((1 - p_gen) ** n).mean() + math.ceil(math.log2(n)) * math.exp(
            -2 * comparisons * (p_comp - 0.5) ** 2
        )
        assert failed <= bound + 3 * 0.5 / len(asked) ** 0.5
        single = np.mean(1 - p_gen)
        assert failed < single, "it is better than a single candidate"

    def test_a_judge_that_is_mostly_wrong_is_worse_than_a_single_candidate(self) -> None:
        asked = questions(100)
        found = solve_all(Tournament(C, n=6), asked, "sim/beta(3,3)?judge=0.1")
        assert np.mean([a.value == q.gold for a, q in zip(found, asked, strict=True)]) < 0.35


def test_the_order_of_the_candidates_says_nothing_to_a_tournament() -> None:
    """Candidates that come in another order are paired as before."""
    answers = [drawn(str(i)) for i in range(8)]
    orders = {tuple(a.value for a in in_drawn_order(QUESTION, random.sample(answers, 8))) for _ in range(20)}
    assert len(orders) == 1
    firsts = {in_drawn_order(replace(QUESTION, id=f"q{i}"), answers)[0].value for i in range(60)}
    assert len(firsts) == 8
