"""What a simulated model replies to steps other than `answer`: as right as declared, and repeatable."""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from compound.core import Chat, ModelError, Question, Sample
from compound.models.session import Session, wait_for
from compound.models.simulated import World

QUESTION = Question("What is 1 + 1?", "number", "2")
PROMPT = Chat.user("Judge.")
N = 800


def ask(
    step: str,
    shown: tuple[str | None, ...] = (),
    *,
    model: str = "sim/beta(2,2)",
    question: Question = QUESTION,
    n: int = N,
    **parameters: object,
) -> list[Sample]:
    async def asked() -> list[Sample]:
        async with Session() as session:
            lm = session.lm(model, question, parameters=parameters)
            return await lm.sample(PROMPT, n=n, step=step, shown=shown)

    return wait_for(asked())


def said(samples: list[Sample], form: str) -> list[str]:
    matches = [re.fullmatch(form + ": (.*)", sample.text) for sample in samples]
    assert all(matches)
    return [match[1] for match in matches if match]


def near(share: float, n: int = N) -> object:
    return pytest.approx(share, abs=4 * (0.25 / n) ** 0.5)


@pytest.mark.parametrize(("value", "right"), [("2", True), ("3", False), (None, False)])
@pytest.mark.parametrize(
    ("step", "form", "high", "least"), [("judge", "Score", 10, 6), ("confidence", "Confidence", 100, 51)]
)
def test_numbers_are_high_for_what_is_held_for_right(
    step: str, form: str, high: int, least: int, value: str | None, right: bool
) -> None:
    numbers = np.array([int(each) for each in said(ask(step, (value,)), form)])
    assert (numbers >= least).mean() == near(0.75 if right else 0.25)
    assert set(numbers) <= set(range(high + 1))
    if step == "judge":
        counts = Counter(numbers.tolist())
        assert [counts[s] / N for s in range(6, 11)] == [near((0.75 if right else 0.25) / 5)] * 5
        assert [counts[s] / N for s in range(6)] == [near((0.25 if right else 0.75) / 6)] * 6


@pytest.mark.parametrize(("value", "share"), [("2", 0.75), ("3", 0.25)])
def test_a_letter_is_late_for_what_is_held_for_right(value: str, share: float) -> None:
    drawn = ask("letter", (value,), logprobs=True, top_logprobs=20)
    assert np.mean([sample.text in "KLMNOPQRST" for sample in drawn]) == near(share)
    (place,) = drawn[0].confidence.alternatives if drawn[0].confidence else ()
    assert math.fsum(math.exp(p) for letter, p in place if letter >= "K") == pytest.approx(share)
    assert len(place) == 20


@pytest.mark.parametrize("judge", [0.0, 0.3, 0.9, 1.0])
def test_a_verdict_is_right_as_often_as_declared(judge: float) -> None:
    model = f"sim/beta(2,2)?judge={judge}"
    assert np.mean([v == "correct" for v in said(ask("verdict", ("2",), model=model), "Verdict")]) == near(judge)
    assert np.mean([v == "wrong" for v in said(ask("verdict", ("7",), model=model), "Verdict")]) == near(judge)


@pytest.mark.parametrize(
    ("shown", "first"), [(("2", "3"), 0.75), (("3", "2"), 0.25), (("2", "2"), 0.5), ((None, "9"), 0.5)]
)
def test_a_comparison_prefers_the_right_one(shown: tuple[str | None, ...], first: float) -> None:
    assert np.mean([v == "A" for v in said(ask("compare", shown), "Better")]) == near(first)


@pytest.mark.parametrize(
    ("shown", "shares"),
    [
        (("3", "2", "4", "5"), [1 / 16, 13 / 16, 1 / 16, 1 / 16]),
        (("2", "3", "2"), [0.375 + 1 / 12, 1 / 12, 0.375 + 1 / 12]),
        (("3", "4", None), [1 / 3] * 3),
        (("7",), [1.0]),
    ],
)
def test_a_choice_is_a_right_one_if_there_is_any(shown: tuple[str | None, ...], shares: list[float]) -> None:
    counts = Counter(said(ask("choose", shown), "Choice"))
    assert [counts[str(i)] / N for i in range(1, len(shown) + 1)] == [near(share) for share in shares]
    assert sum(counts.values()) == N


def test_a_ranking_is_drawn_without_replacement() -> None:
    model = "sim/beta(2,2)?wrong=3"
    answers, weights = World.parse(model).answers(QUESTION)
    counts = Counter(tuple(r.split("; ")) for r in said(ask("rank", model=model), "Ranking"))
    p = dict(zip(answers, weights, strict=True))
    every = list(permutations(answers, 3))
    for a, b, c in every:
        assert counts[a, b, c] / N == near(p[a] * p[b] / (1 - p[a]) * p[c] / (1 - p[a] - p[b]))
    assert sum(counts[order] for order in every) == N
    few = Question("Which?", "choice", "B", ("x", "y"))
    assert {frozenset(r.split("; ")) for r in said(ask("rank", question=few, n=20), "Ranking")} == {frozenset("AB")}


def test_values_are_right_as_their_kind_grades_them() -> None:
    several = Question("Which?", "choice", ("A", "B"), ("x", "y", "z"))
    for value, share in (("A", 1.0), ("B", 1.0), ("C", 0.0)):
        verdicts = said(ask("verdict", (value,), model="sim/beta(2,2)?judge=1", question=several, n=50), "Verdict")
        assert np.mean([v == "correct" for v in verdicts]) == share


def test_other_steps_are_answers() -> None:
    for step in ("answer", "revise", "summary"):
        assert all(s.text.startswith("Answer: ") for s in ask(step, n=10))
        assert all(s.text.startswith("Answer: ") for s in ask(step, ("2", "3"), n=10))


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ("judge", ()),
        ("judge", ("1", "2")),
        ("verdict", ()),
        ("confidence", ()),
        ("compare", ("2",)),
        ("choose", ()),
    ],
)
def test_a_judgement_of_nothing_is_refused_with_the_way_out(step: str, shown: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match=rf"step '{step}' on {len(shown)} shown.*shown=\["):
        ask(step, shown, n=1)


def test_some_judgements_cannot_be_read_where_some_answers_cannot() -> None:
    for step, shown in (("judge", ("2",)), ("compare", ("2", "3")), ("choose", ("2",)), ("rank", ())):
        mute = [s.text == "…" for s in ask(step, shown, model="sim/beta(2,2)?abstain=0.2")]
        assert np.mean(mute) == near(0.2)


def test_at_temperature_0_the_same_prompt_has_the_same_judgement_and_it_may_be_wrong() -> None:
    verdicts = []
    for i in range(200):
        question = Question(f"What is {i} + 1?", "number", str(i + 1))
        (verdict,) = set(said(ask("verdict", (str(i + 1),), question=question, n=4, temperature=0), "Verdict"))
        verdicts.append(verdict == "correct")
    assert np.mean(verdicts) == near(0.75, 200)
    answers, weights = World.parse("sim/beta(2,2)").answers(QUESTION)
    best = [answers[i] for i in np.argsort(weights)[::-1][:3]]
    assert {s.text for s in ask("rank", n=5, temperature=0)} == {"Ranking: " + "; ".join(best)}


def test_a_judgement_follows_from_its_draw_alone() -> None:
    async def asked() -> None:
        async with Session() as one, Session() as other:
            first = await one.lm("sim/beta(2,2)", QUESTION).sample(PROMPT, n=40, step="judge", shown=["2"])
            lm = other.lm("sim/beta(2,2)", QUESTION)
            await lm.sample(PROMPT, n=7, step="judge", shown=["3"])
            again = await asyncio.gather(
                *(lm.fork(i).sample(PROMPT, step="judge", shown=("2",)) for i in reversed(range(40)))
            )
            assert [s.text for s in first] == [s.text for s in reversed(again)]
            assert [s.draw for s in first] == [s.draw for s in reversed(again)]

    wait_for(asked())


def test_only_a_simulated_model_is_told_what_is_shown() -> None:
    (told,) = ask("judge", ("2",), n=1)
    assert told.draw is not None
    assert dict(told.draw.request.parameters)["shown"] == ["2"]
    (untold,) = ask("answer", n=1)
    assert untold.draw is not None
    assert dict(untold.draw.request.parameters) == {
        "max_tokens": 1024, "question": QUESTION.id, "step": "answer"
    }  # fmt: skip


def test_answers_are_what_they_have_always_been() -> None:
    model = "sim/0.6*beta(6,2)+0.4*beta(2,6)?rho=0.3&abstain=0.2&truncate=0.1"
    drawn = ask("answer", model=model, n=8)
    assert [(s.text.removeprefix("Answer: "), s.tokens_out, round(s.seconds, 6)) for s in drawn] == [
        ("2", 44, 0.873135), ("2", 25, 1.03553), ("2", 160, 1.183869), ("6", 3, 0.996809),
        ("2", 47, 1.539207), ("2", 21, 0.679509), ("6", 148, 1.813535), ("4", 96, 1.56967),
    ]  # fmt: skip


def test_the_log_probability_is_that_of_the_answer() -> None:
    answers, weights = World.parse("sim/beta(2,2)").answers(QUESTION)
    p = {f"Answer: {a}": w for a, w in zip(answers, weights, strict=True)}
    likely = sorted(((a, math.log(w)) for a, w in zip(answers, weights, strict=True)), key=lambda x: -x[1])
    for sample in ask("answer", n=50, logprobs=True, top_logprobs=3):
        assert sample.logprob == pytest.approx(math.log(p[sample.text]))
        assert sample.confidence is not None
        assert sample.confidence.tokens == 1
        assert sample.confidence.top == 3
        (place,) = sample.confidence.alternatives
        assert [token for token, _ in place] == [token for token, _ in likely[:3]]
        assert [q for _, q in place] == pytest.approx([q for _, q in likely[:3]])
    (bare,) = ask("answer", n=1, logprobs=True)
    assert bare.confidence is not None
    assert (bare.confidence.alternatives, bare.confidence.mean, bare.confidence.top) == ((), None, 0)
    (without,) = ask("answer", n=1)
    assert (without.logprob, without.confidence) == (None, None)


def test_a_verdict_comes_with_the_probabilities_of_both_words() -> None:
    for value, p in (("2", 0.9), ("5", 0.1)):
        model = "sim/beta(2,2)?judge=0.9"
        for sample in ask("verdict", (value,), model=model, n=20, logprobs=True, top_logprobs=20):
            assert sample.confidence is not None
            (place,) = sample.confidence.alternatives
            assert dict(place) == pytest.approx({"correct": math.log(p), "wrong": math.log(1 - p)})
            assert sample.logprob == dict(place)[sample.text.removeprefix("Verdict: ")]
    (certain,) = ask("verdict", ("2",), model="sim/beta(2,2)?judge=1", n=1, logprobs=True, top_logprobs=5)
    assert certain.confidence is not None
    assert certain.confidence.alternatives == ((("correct", 0.0),),)


@pytest.mark.parametrize("judge", [0.5, 0.75, 0.95])
def test_the_trace_of_a_right_answer_is_the_more_confident_one_as_often_as_declared(judge: float) -> None:
    drawn = ask("answer", model=f"sim/beta(50,50)?judge={judge}", logprobs=True, top_logprobs=5)
    right = [s.confidence.mean for s in drawn if s.text == "Answer: 2" and s.confidence]
    wrong = [s.confidence.mean for s in drawn if s.text != "Answer: 2" and s.confidence]
    assert len(right) + len(wrong) == N
    above = np.mean(np.array(right)[:, None] > np.array(wrong)[None, :])
    assert above == near(judge, min(len(right), len(wrong)))


def test_unreadable_and_cut_replies_have_log_probabilities_too() -> None:
    drawn = ask("answer", model="sim/beta(2,2)?abstain=0.3&truncate=0.3", n=50, logprobs=True, top_logprobs=2)
    assert {s.text for s in drawn} >= {"…", "I cannot"}
    assert all(s.logprob is not None and s.logprob < 0 for s in drawn)


@pytest.mark.parametrize("option", ["judge=1.5", "judge=-0.1", "judge=nan"])
def test_a_judge_that_is_no_probability_is_refused(option: str) -> None:
    with pytest.raises(ModelError, match=r"judge=.* is out of range"):
        World.parse(f"sim/beta(2,2)?{option}")
