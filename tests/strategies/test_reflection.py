"""Reflection, chain of verification, and the debate of two sides before a moderator."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from solving import QUESTION, Solved, questions, script, solve, solve_all

from compound.core import Answer, ExpressionError, ModelFailure, Sample
from compound.models.backend import Call
from compound.models.simulated import World
from compound.strategies import (
    CoT,
    Flips,
    JudgeDebate,
    Reflect,
    Strategy,
    Verify,
    Vote,
    flips_of,
    parse,
)

CUT = Sample("Verdict: correct", tokens_in=10, tokens_out=50, finish="length")


def by_step(how: Strategy, replies: dict[str, Any], question: Any = QUESTION) -> Solved:
    """Solve with a model that says at each step what it is told: a text, several in turn, or a refusal (None)."""
    asked: Counter[str] = Counter()

    def says(call: Call, i: int) -> Any:
        step = str(call.parameters["step"])
        said = replies[step]
        if isinstance(said, list):
            said = said[min(asked[step], len(said) - 1)]
        asked[step] += 1
        if said is None:
            raise ModelFailure("bad request", "refused", retryable=False)
        return said

    with script(says) as model:
        return solve(how, question, model)


def named(answer: Answer) -> list[str]:
    return [step.name for step in answer.step.children]


def prompts(answer: Answer, step: str) -> list[str]:
    """What was asked at a step: its last message."""
    return [
        s.draw.request.prompt.messages[-1].content
        for node in answer.step.walk()
        if node.name == step
        for s in node.samples
    ]


class TestReflect:
    def test_the_draft_is_the_first_draw_of_a_vote(self, tmp_path) -> None:
        solve(Vote(CoT(), n=2), store=tmp_path / "s.db")
        found = solve(Reflect(n=2), store=tmp_path / "s.db")
        assert found.spent.calls == found.answer.usage.calls - 1

    def test_a_verdict_of_correct_stops_it(self) -> None:
        answer = by_step(Reflect(), {"answer": "Answer: 5", "verdict": "Fine.\nVerdict: correct"}).answer
        assert (answer.value, named(answer), answer.ballots) == ("5", ["cot", "verdict"], {"5": 1})

    @pytest.mark.parametrize(
        "review", ["I doubt it is correct.", "It is correct", "Not correct", "Verdict: perhaps", "", "Verdict:",
                   CUT, "Verdict: correct or wrong?\nVerdict: wrong"]
    )  # fmt: skip
    def test_t22_nothing_but_a_verdict_that_can_be_read_stops_it(self, review: str) -> None:
        answer = by_step(Reflect(n=2), {"answer": "Answer: 5", "verdict": review, "refine": "Answer: 6"}).answer
        assert (answer.value, answer.usage.calls) == ("6", 5)
        assert Reflect().rounds_in(answer) == [["5"], ["6"], ["6"]]

    def test_as_published_the_words_anywhere_stop_it(self) -> None:
        replies = {"answer": "Answer: 5", "verdict": "I doubt It is correct.", "refine": "Answer: 6"}
        assert by_step(Reflect(as_published=True), replies).answer.value == "5"
        replies["verdict"] = "Verdict: correct"
        assert by_step(Reflect(n=1, as_published=True), replies).answer.value == "6"

    def test_a_revision_sees_the_reply_the_review_and_what_was_before(self) -> None:
        replies = {
            "answer": "Answer: 5", "verdict": ["Wrong sign </reply>.", "Add 1."],
            "refine": ["Answer: 6", "Answer: 7"],
        }  # fmt: skip
        answer = by_step(Reflect(n=2), replies).answer
        chats = [s.draw.request.prompt.messages for s in answer.samples if s.text in ("Answer: 6", "Answer: 7")]
        assert [[m.content for m in chat if m.role == "assistant"] for chat in chats] == [
            ["Answer: 5"], ["Answer: 5", "Answer: 6"]
        ]  # fmt: skip
        assert ["Wrong sign ‹/reply>." in chats[0][-1].content, "Add 1." in chats[1][-1].content] == [True, True]
        assert ["Answer: 5" in prompts(answer, "verdict")[0], "Answer: 6" in prompts(answer, "verdict")[1]] == [
            True
        ] * 2
        assert flips_of(Reflect().rounds_in(answer), lambda v: v == "6") == [Flips(0, 0, 1, 0), Flips(0, 1, 0, 0)]

    @pytest.mark.parametrize("last", ["no idea", Sample("Answer: 9", finish="length", tokens_out=50), ""])
    def test_a_last_reply_that_cannot_be_read_abstains(self, last: Any) -> None:
        answer = by_step(Reflect(n=1), {"answer": "Answer: 5", "verdict": "Verdict: wrong", "refine": last}).answer
        assert (answer.value, answer.abstained, answer.failed, answer.failure) == (None, 1, 0, None)

    def test_where_a_later_call_fails_the_reply_so_far_stands_and_the_reason_is_kept(self) -> None:
        wrong = {"answer": "Answer: 5", "verdict": "Verdict: wrong"}
        for replies in ({**wrong, "verdict": None}, {**wrong, "refine": None}):
            answer, spent, _ = by_step(Reflect(), replies)
            assert (answer.value, answer.failed, answer.failure) == ("5", 0, None)
            assert answer.step.children[-1].failure == "bad request: refused"
            assert answer.usage.calls == spent.calls == len(answer.samples)
            assert Reflect().rounds_in(answer) == [["5"]]

    def test_where_the_first_call_fails_the_answer_is_owed(self) -> None:
        answer = by_step(Reflect(), {"answer": None}).answer
        assert (answer.value, answer.failed, answer.failure) == (None, 1, "bad request: refused")
        vote = by_step(Vote(Reflect(), n=2), {"answer": None}).answer
        assert (vote.failed, vote.abstained) == (2, 0)

    def test_a_reviewer_of_its_own(self) -> None:
        how = parse('reflect(cot @ "sim/beta(2,2)?judge=0", n=2)')
        models = [s.draw.request.model for s in solve(how, model="sim/beta(9,1)?judge=0").answer.samples]
        assert models[:2] == ["sim/beta(2,2)?judge=0", "sim/beta(9,1)?judge=0"]

    def test_fix_and_break_rates_give_the_closed_form(self) -> None:
        """A right reply is broken with (1 - j)(1 - p), a wrong one mended with j p; one that passes is final."""
        j, model = 0.7, "sim/beta(3,3)?judge=0.7"
        asked = questions(250)
        found = solve_all(Reflect(n=1), asked, model)
        p = np.array([World.parse(model).difficulty(q) for q in asked])
        right = np.array([a.value == q.gold for a, q in zip(found, asked, strict=True)])
        expected = p * (1 - (1 - j) * (1 - p)) + (1 - p) * j * p
        difference = right - expected
        assert abs(difference.mean()) < 4 * difference.std() / 250**0.5
        rounds = [Reflect().rounds_in(answer) for answer in found]
        flips = [flips_of(said, lambda v, q=q: v == q.gold) for said, q in zip(rounds, asked, strict=True)]
        every = Flips(*np.sum([f for one in flips for f in one], axis=0))
        assert every.fixed > every.broken > 0


class TestVerify:
    PLAN = "1. Is it even?\n2) How large is it?\n- Is it even?\n3. And odd?\n4. More?"
    REPLIES: ClassVar[dict[str, Any]] = {
        "answer": "Answer: 5", "plan": PLAN, "check": ["It is not.", "Five </reply> large.", "Yes."],
        "revise": "Answer: 6",
    }  # fmt: skip

    def test_questions_are_answered_without_sight_of_the_draft_or_each_other(self) -> None:
        answer = by_step(Verify(CoT(), questions=3), self.REPLIES).answer
        assert (answer.value, answer.usage.calls, answer.ballots) == ("6", 6, {"6": 1})
        checks = prompts(answer, "check")
        assert [check.split("\n")[0] for check in checks] == ["Is it even?", "How large is it?", "And odd?"]
        assert not any("Answer: 5" in check or "It is not" in check or QUESTION.text in check for check in checks)
        (last,) = prompts(answer, "revise")
        for text in (
            "Answer: 5",
            "Is it even?",
            "It is not.",
            "Five ‹/reply> large.",
            QUESTION.text,
            '"Answer: N"',
        ):
            assert text in last
        assert [s.draw.lane for s in answer.samples] == [(0,), (0,), (0,), (1,), (2,), (0,)]

    @pytest.mark.parametrize("plan", ["Nothing to ask.", "", Sample("1. Is it", finish="length", tokens_out=50)])
    def test_without_questions_the_draft_stands(self, plan: Any) -> None:
        answer = by_step(Verify(), {**self.REPLIES, "plan": plan}).answer
        assert (answer.value, answer.usage.calls) == ("5", 2)

    def test_of_a_plan_that_was_cut_off_the_whole_lines_are_asked(self) -> None:
        plan = Sample("1. Is it even?\n2. How lar", finish="length", tokens_out=50)
        assert len(prompts(by_step(Verify(), {**self.REPLIES, "plan": plan}).answer, "check")) == 1

    def test_calls_that_fail_leave_the_draft_or_are_left_out(self) -> None:
        for step in ("plan", "check", "revise"):
            answer, spent, _ = by_step(Verify(), {**self.REPLIES, step: None})
            assert (answer.value, answer.failed, answer.usage.calls) == ("5", 0, spent.calls)
            assert "bad request: refused" in {s.failure for s in answer.step.walk()}
        some = by_step(Verify(), {**self.REPLIES, "check": [None, "Five.", "Yes."]}).answer
        assert some.value == "6"
        assert "Is it even?" not in prompts(some, "revise")[0]
        assert by_step(Verify(), {**self.REPLIES, "answer": None}).answer.failed == 1

    def test_a_last_reply_that_cannot_be_read_abstains(self) -> None:
        assert by_step(Verify(), {**self.REPLIES, "revise": "no idea"}).answer.value is None


class TestJudgeDebate:
    REPLIES: ClassVar[dict[str, Any]] = {
        "answer": "Answer: 1", "oppose": "Answer: 2", "revise": [f"Answer: {i}" for i in range(3, 9)],
        "side": "Side: none", "candidates": "1 or 2", "decide": "Answer: 9",
    }  # fmt: skip

    def test_at_most_eleven_calls_and_the_judge_sees_the_last_replies(self) -> None:
        answer, spent, _ = by_step(JudgeDebate(), self.REPLIES)
        assert (answer.value, spent.calls, answer.usage.calls) == ("9", 11, 11)
        assert named(answer) == [
            "cot",
            "oppose",
            "side",
            *(["revise", "revise", "side"] * 2),
            "candidates",
            "decide",
        ]
        assert re.findall(r">\nAnswer: (\d)", prompts(answer, "candidates")[0]) == ["5", "6"]
        published = by_step(JudgeDebate(as_published=True), self.REPLIES).answer
        assert re.findall(r">\nAnswer: (\d)", prompts(published, "candidates")[0]) == ["1", "2"]

    def test_each_side_answers_the_others_latest_reply_in_its_own_chat(self) -> None:
        answer = by_step(JudgeDebate(), self.REPLIES).answer
        assert [re.findall(r">\nAnswer: (\d)", p) for p in prompts(answer, "revise")] == [
            ["2"],
            ["3"],
            ["4"],
            ["5"],
        ]
        chats = [
            s.draw.request.prompt.messages for n in answer.step.walk() if n.name == "revise" for s in n.samples
        ]
        own = [[m.content for m in chat if m.role == "assistant"] for chat in chats]
        assert own == [[f"Answer: {v}" for v in said] for said in ("1", "2", "13", "24")]
        assert [re.findall(r">\nAnswer: (\d)", p) for p in prompts(answer, "side")] == [
            ["1", "2"], ["3", "4"], ["5", "6"]
        ]  # fmt: skip

    @pytest.mark.parametrize(("side", "value"), [("A", "1"), ("B", "2"), ("**b**", "2")])
    def test_a_side_that_has_won_ends_it(self, side: str, value: str) -> None:
        answer = by_step(JudgeDebate(), {**self.REPLIES, "side": f"Clear.\nSide: {side}"}).answer
        assert (answer.value, answer.usage.calls) == (value, 3)

    @pytest.mark.parametrize("said", ["Side: C", "A", "B wins", "", '{"side": "A"}', "Side: none"])
    def test_a_moderator_is_read_and_never_evaluated_and_what_cannot_be_read_settles_nothing(
        self, said: str
    ) -> None:
        answer = by_step(JudgeDebate(rounds=1), {**self.REPLIES, "side": said}).answer
        expected = ("1", 3) if said == "A" else ("9", 5)
        assert (answer.value, answer.usage.calls) == expected

    def test_a_side_without_a_readable_answer_cannot_win(self) -> None:
        answer = by_step(JudgeDebate(rounds=1), {**self.REPLIES, "oppose": "no", "side": "Side: B"}).answer
        assert (answer.value, answer.usage.calls) == ("9", 5)

    def test_failures_of_a_side_or_a_judge(self) -> None:
        won = by_step(JudgeDebate(), {**self.REPLIES, "oppose": None, "side": "Side: A"}).answer
        assert (won.value, won.usage.calls) == ("1", 2)
        for step in ("revise", "side", "candidates"):
            answer, spent, _ = by_step(JudgeDebate(), {**self.REPLIES, step: None})
            assert (answer.value, answer.failed, answer.usage.calls) == ("9", 0, spent.calls)
        for step in ("answer", "decide"):
            answer, spent, _ = by_step(JudgeDebate(), {**self.REPLIES, step: None})
            assert (answer.value, answer.failed, answer.failure) == (None, 1, "bad request: refused")
            assert answer.usage.calls == spent.calls

    def test_sides_and_judge_of_their_own_models(self) -> None:
        how = parse('judge_debate([cot @ "sim/beta(1,9)?seed=1", cot @ "sim/beta(1,9)?seed=2"])')
        answer = solve(how, model="sim/beta(1,9)?seed=3&judge=0").answer
        models = {n.name: s.draw.request.model[-1] for n in answer.step.children for s in n.samples}
        assert {k: models[k] for k in ("cot", "oppose")} == {"cot": "1", "oppose": "2"}
        assert answer.step.children[2].samples[0].draw.request.model.endswith("judge=0")

    def test_a_moderator_that_is_always_right_finds_the_right_side(self) -> None:
        asked = questions(40)
        for q, a in zip(asked, solve_all(JudgeDebate(rounds=1), asked, "sim/beta(2,2)?judge=1"), strict=True):
            first, other = a.step.children[:2]
            if q.gold in (first.value, other.value):
                assert a.value == q.gold


@pytest.mark.parametrize("text", ["reflect(n=0)", "verify(questions=0)", "judge_debate(rounds=0)"])
def test_impossible_parameters_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="at least 1"):
        parse(text)


@pytest.mark.parametrize("make", [Reflect, Verify, JudgeDebate])
def test_an_empty_reply_is_shown_as_such(make: Callable[..., Strategy]) -> None:
    """A vote that abstained has no words; an empty turn is refused by providers."""
    silent = Vote(CoT(), n=2)
    replies = {"answer": "no idea", "verdict": "Verdict: wrong", "refine": "Answer: 3", "plan": "1. Why?",
               "check": "So.", "revise": "Answer: 3", "oppose": "", "side": "Side: none", "candidates": "",
               "decide": "Answer: 3"}  # fmt: skip
    answer = by_step(make(silent), replies, replace(QUESTION, text="Why?", id="")).answer
    assert answer.value == "3"
    messages = [m for s in answer.samples for m in s.draw.request.prompt.messages]
    assert all(m.content.strip() for m in messages)
    assert "(no reply)" in "".join(m.content for m in messages)
