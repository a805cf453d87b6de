"""Decomposition: simpler questions first."""

from __future__ import annotations

from typing import Any

import pytest
from solving import QUESTION, solve
from test_reflection import by_step, prompts

from compound.core import ExpressionError, Sample
from compound.strategies import Decompose, Vote, parse

PLAN = "Here they are:\n1. How many {parts}?\n2. **And then?**\n3. Why?\n4. What else?\n5. One more?"
REPLIES: dict[str, Any] = {"plan": PLAN, "part": ["Two.", "Then four.", "So.", "None."], "final": "Answer: 8"}


def test_each_part_sees_those_before_and_the_whole_sees_all() -> None:
    answer, spent, _ = by_step(Decompose(questions=3), REPLIES)
    assert (answer.value, spent.calls, answer.usage.calls, answer.ballots) == ("8", 5, 5, {"8": 1})
    parts = prompts(answer, "part")
    assert [part.split("no more: ")[1] for part in parts] == ["How many {parts}?", "And then?", "Why?"]
    assert ["Two." in part for part in parts] == [False, True, True]
    assert ["Then four." in part for part in parts] == [False, False, True]
    (last,) = prompts(answer, "final")
    for text in (QUESTION.text, "How many {parts}?\nTwo.", "And then?\nThen four.", "Why?\nSo.", '"Answer: N"'):
        assert text in last
    assert answer.usage.seconds == 5.0, "one after the other"


def test_no_more_parts_than_allowed_however_long_the_list() -> None:
    many = "\n".join(f"{i}. Question {i}?" for i in range(1, 90))
    assert by_step(Decompose(), {**REPLIES, "plan": many}).answer.usage.calls == 6


@pytest.mark.parametrize("plan", ["", "No idea.", "- ", Sample("1. Cut", finish="length", tokens_out=50), None])
def test_without_a_list_the_question_is_asked_as_it_is(plan: Any) -> None:
    answer, spent, _ = by_step(Decompose(), {**REPLIES, "plan": plan})
    assert (answer.value, answer.failed) == ("8", 0)
    assert answer.usage.calls == spent.calls == (1 if plan is None else 2)


def test_parts_that_fail_or_are_cut_off_are_left_out() -> None:
    cut = Sample("Then four and", finish="length", tokens_out=50)
    answer = by_step(Decompose(questions=3), {**REPLIES, "part": [None, cut, "So."]}).answer
    (last,) = prompts(answer, "final")
    assert answer.value == "8"
    assert ["How many" in last, "four" in last, "Why?\nSo." in last] == [False, False, True]


def test_a_whole_that_fails_is_owed_and_one_that_cannot_be_read_abstains() -> None:
    owed = by_step(Decompose(), {**REPLIES, "final": None})
    assert (owed.answer.value, owed.answer.failed, owed.answer.usage.calls) == (None, 1, owed.spent.calls)
    assert by_step(Vote(Decompose(), n=2), {**REPLIES, "final": None}).answer.failed == 2
    mute = by_step(Decompose(), {**REPLIES, "final": "no idea"}).answer
    assert (mute.value, mute.abstained, mute.failed) == (None, 1, 0)


def test_its_parameter_its_expression_and_its_model() -> None:
    with pytest.raises(ExpressionError, match="at least 1"):
        parse("decompose(questions=0)")
    assert repr(parse('decompose(questions=2) @ "m"')) == 'decompose(questions=2) @ "m"'
    answer = solve(parse("decompose(questions=2)")).answer
    assert [s.name for s in answer.step.children] == ["plan", "part", "part", "final"]
