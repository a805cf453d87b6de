"""One of the candidates, chosen by scores or by the model itself; and mixes."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from solving import (
    FEW,
    POOLS,
    QUESTION,
    SAME,
    drawn,
    expected,
    lane,
    pick,
    pool_of,
    questions,
    script,
    solve,
    solve_all,
    step_of,
)

from compound.core import Answer, ExpressionError, ModelFailure
from compound.models.backend import Call
from compound.stats import best_of_k
from compound.strategies import BestOf, CoT, Judge, Pooled, Universal, parse

C = CoT()


class TestBestOf:
    @FEW
    @given(POOLS)
    def test_its_curve_is_the_exact_mean_over_all_subsets(self, answers: list[Answer]) -> None:
        answers = [a if a.value else replace(a, score=None) for a in answers]
        curve = BestOf(C).curve([pool_of(answers)], np.random.default_rng(0))
        brute = [
            np.mean([expected(BestOf(C), list(some)) for some in combinations(answers, k)])
            for k in range(1, len(answers) + 1)
        ]
        assert curve.estimator == "exact"
        assert curve.accuracy[0] == pytest.approx(brute)
        scores = [math.nan if a.score is None else a.score for a in answers]
        assert curve.accuracy[0] == pytest.approx(best_of_k(scores, [a.value == "1" for a in answers]))

    def test_ties_are_drawn_each_as_often_as_it_was_given(self) -> None:
        answers = [drawn("1", 1.0), drawn("2", 1.0), drawn("2", 1.0), drawn("3", 0.5)]
        assert expected(BestOf(C), answers) == pytest.approx(1 / 3)
        found = Counter(pick(BestOf(C), answers, replace(QUESTION, id=f"q{i}")).value for i in range(600))
        assert found["1"] / 600 == pytest.approx(1 / 3, abs=0.08)
        assert not found["3"]

    @pytest.mark.parametrize("mark", ["no idea", "Score: eleven", "Score: 11", "Score: -1", "", "Score:"])
    def test_t20_a_mark_that_cannot_be_read_is_no_mark(self, mark: str) -> None:
        """Candidate 0 is marked 1 of 10, the other one unreadably: it does not win by 5, nor lose against a 0."""
        with script(lambda call, i: (
            f"Answer: {lane(call)}" if step_of(call) == "answer" else "Score: 1" if lane(call) == 0 else mark
        )) as model:  # fmt: skip
            answer = solve(BestOf(C, n=2), model=model).answer
        assert answer.value == "0"
        assert answer.score == 1.0
        with script(lambda call, i: f"Answer: {lane(call)}" if step_of(call) == "answer" else mark) as model:
            answer = solve(BestOf(C, n=2), model=model).answer
        assert (answer.value, answer.score, answer.usage.calls) == (None, None, 4)
        assert answer.failure is None

    def test_where_every_mark_is_unreadable_the_curve_counts_it_as_wrong(self) -> None:
        curve = BestOf(C).curve([pool_of([drawn("1"), drawn("1")])], np.random.default_rng(0))
        assert list(curve.accuracy[0]) == [0.0, 0.0]

    def test_marks_are_averaged_over_those_that_can_be_read(self) -> None:
        marks = ["Score: 4", "Score: none", "Score: 9"]

        def says(call: Call, i: int) -> str:
            return "Answer: 1" if step_of(call) == "answer" else marks[call.draws[i].lane[-1]]

        with script(says) as model:
            answer = solve(BestOf(C, n=1, by=Judge(n=3)), model=model).answer
        assert answer.score == 6.5
        assert answer.usage.calls == 4

    def test_an_abstention_is_not_marked(self) -> None:
        answer, spent, _ = solve(BestOf(C, n=5), model="sim/beta(2,2)?abstain=1")
        assert (answer.value, spent.calls, answer.abstained) == (None, 5, 5)

    def test_a_judge_that_is_always_right_finds_the_right_one(self) -> None:
        found = solve_all(BestOf(C, n=6), questions(30), "sim/beta(2,2)?judge=1")
        there = [question.gold in answer.ballots for question, answer in zip(questions(30), found, strict=True)]
        assert [
            answer.value == question.gold for question, answer in zip(questions(30), found, strict=True)
        ] == there
        assert 0 < sum(there) < 30


class TestUniversal:
    def says(self, choice: str, values: str = "1223"):
        return lambda call, i: f"Answer: {values[lane(call)]}" if step_of(call) == "answer" else choice

    def shown(self, answer: Answer) -> list[str]:
        """The replies in the order in which they were shown."""
        prompt = next(s for s in answer.samples if s.draw.lane == (0,) and "Choice" in str(s.draw.request.prompt))
        text = prompt.draw.request.prompt.messages[0].content
        return re.findall(r'<reply number="\d+">\nAnswer: (\d)\n</reply>', text)

    @pytest.mark.parametrize("place", [1, 2, 3, 4])
    def test_the_choice_is_the_reply_of_that_number(self, place: int) -> None:
        with script(self.says(f"They agree.\nChoice: {place}")) as model:
            answer = solve(Universal(C, n=4), model=model).answer
        assert answer.value == self.shown(answer)[place - 1]
        assert answer.usage.calls == 5

    @pytest.mark.parametrize("said", ["Choice: 0", "Choice: 5", "Choice: 2.5", "the second", "", "Choice: two",
                                      "Choice: 99999999999", "Choice: -1"])  # fmt: skip
    def test_an_unreadable_choice_is_a_random_candidate_and_the_trace_says_so(self, said: str) -> None:
        with script(self.says(said)) as model:
            answer, spent, _ = solve(Universal(C, n=4), model=model)
            found = Counter(a.value for a in solve_all(Universal(C, n=4), SAME[:80], model))
        assert answer.value == self.shown(answer)[0]
        assert [step.name for step in answer.step.walk()].count("random instead") == 1
        assert answer.usage.calls == spent.calls == 5, "what could not be read was paid for"
        assert found["2"] / 80 == pytest.approx(0.5, abs=0.2), "each as often as it was given"
        assert min(found["1"], found["3"]) > 5

    def test_a_choice_that_was_read_is_not_called_random(self) -> None:
        with script(self.says("Choice: 2")) as model:
            assert "random instead" not in {
                s.name for s in solve(Universal(C, n=4), model=model).answer.step.walk()
            }

    def test_a_call_that_fails_is_a_random_candidate_with_the_reason(self) -> None:
        def says(call: Call, i: int) -> str:
            if step_of(call) != "answer":
                raise ModelFailure("bad request", "too long", retryable=False)
            return "Answer: 7"

        with script(says) as model:
            answer = solve(Universal(C, n=3), model=model).answer
        assert (answer.value, answer.failure) == ("7", None)
        assert "bad request: too long" in {step.failure for step in answer.step.walk()}

    def test_positions_are_shuffled_by_question_not_by_when_they_came(self) -> None:
        """A model that always takes the first reply is a random pick over questions."""
        with script(self.says("Choice: 1")) as model:
            found = Counter(a.value for a in solve_all(Universal(C, n=4), SAME, model))
        assert found["2"] / 200 == pytest.approx(0.5, abs=0.14)
        assert found["1"] / 200 == pytest.approx(0.25, abs=0.12)

    def test_one_readable_candidate_needs_no_call(self) -> None:
        with script(lambda call, i: "Answer: 4" if lane(call) == 2 else "no idea") as model:
            answer, spent, _ = solve(Universal(C, n=5), model=model)
        assert (answer.value, spent.calls, answer.abstained) == ("4", 5, 4)
        answer, spent, _ = solve(Universal(C, n=5), model="sim/beta(2,2)?abstain=1")
        assert (answer.value, spent.calls) == (None, 5)

    def test_a_cut_off_choice_is_no_choice(self) -> None:
        answer = solve(Universal(C, n=4), model="sim/beta(2,2)?truncate=1").answer
        assert answer.value is None


class TestMix:
    def test_parts_take_turns_by_lane(self) -> None:
        answer = solve(parse('vote(mix([cot @ "sim/beta(2,2)", single @ "sim/beta(5,1)"]), n=5)')).answer
        models = [s.draw.request.model for s in answer.samples]
        assert models == ["sim/beta(2,2)", "sim/beta(5,1)"] * 2 + ["sim/beta(2,2)"]

    @pytest.mark.parametrize("text", ["mix([mix([cot, single]), cot])", 'mix([mix([cot, single]) @ "m", cot])'])
    def test_a_mix_in_a_mix_would_skip_a_part_and_is_refused(self, text: str) -> None:
        with pytest.raises(ExpressionError, match="list all parts in one mix"):
            parse(text)

    def test_in_the_replay_the_parts_keep_their_turns(self) -> None:
        answers = [drawn("1", 1.0), drawn("2", 1.0)] * 3
        pool = replace(pool_of(answers), sources=2)
        for how in ("vote", "weighted_vote", "best_of", "adaptive_vote", "early_stop_vote", "cisc"):
            mixed: Pooled = parse(f"{how}(mix([cot, single]), n=6)")  # type: ignore[assignment]
            assert mixed.candidate.sources == 2
            first = mixed.curve([pool], np.random.default_rng(0)).accuracy[0, 0]
            assert first == 1.0, "the first candidate is always one of the first part"
