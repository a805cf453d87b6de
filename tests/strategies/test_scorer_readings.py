"""What scorers read out of replies, odd and hostile ones included."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solving import QUESTION, script, solve

from compound.core import Confidence, ExpressionError, ModelFailure, Sample
from compound.models.backend import Call
from compound.strategies import (
    BestOf,
    CoT,
    ExpectedJudge,
    Judge,
    PTrue,
    RecordedScore,
    SelfCertainty,
    SequenceProbability,
    TokenConfidence,
    Verbal,
    Verdict,
    parse,
)
from compound.strategies.scorers.asking import after, chances, stated_number, stated_word
from compound.strategies.scorers.judge import LETTERS, expected_letter
from compound.strategies.scorers.p_true import _read as read_p_true

C = CoT()
LABELS = ["score", "Score:", "**Score**: ", "verdict: ", "CONFIDENCE=", "choice :", "better:"]
PIECES = [
    "1",
    "10",
    "-3",
    "8/10",
    "correct",
    "wrong",
    "incorrect",
    "A",
    "b",
    "1e9",
    "٣",
    "½",
    "\n",
    " ",
    "**",
    "nan",
]
ODD = st.one_of(st.text(max_size=80), st.lists(st.sampled_from([*LABELS, *PIECES])).map("".join))
FEW = settings(max_examples=120, deadline=None, derandomize=True)


def scored(by: object, reply: str | Sample) -> float | None:
    """The score that a scorer gives a candidate when it is told this."""

    def says(call: Call, i: int) -> str | Sample:
        return "Answer: 1" if call.parameters["step"] == "answer" else reply

    with script(says) as model:
        return solve(BestOf(C, n=1, by=by), model=model).answer.score  # type: ignore[arg-type]


def tokens(*places: dict[str, float], text: str = "…") -> Sample:
    """A completion whose first tokens have these probabilities, the most probable first."""
    rows = tuple(
        tuple((t, math.log(p)) for t, p in sorted(place.items(), key=lambda item: -item[1])) for place in places
    )
    return Sample(text, logprob=-1.0, confidence=Confidence(len(places), rows, top=20))


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Score: 7", 7.0),
            ("score = 7.5.", 7.5),
            ("**Score:** 7", 7.0),
            ("Score: **7**/10", 7.0),
            ("Score: 7/10", 7.0),
            ("Score:\n7", 7.0),
            ("7", 7.0),
            (" 7. ", 7.0),
            ("Score: 3. No, wait.\nScore: 8", 8.0),
            ("Score: 10, since 3 of 4 steps hold", 10.0),
            ("Score: 0", 0.0),
            ("Score: 11", None),
            ("Score: -1", None),
            ("Score: 1,000", None),
            ("Score: 8.5.2", None),
            ("Score: 80%", None),
            ("Score: seven", None),
            ("Score: 3\nI take that back.\nScore: unclear", None),
            ("7 or 8", None),
            ("underscore: 7", None),
            ("It deserves a 7", None),
            ("Score: nan", None),
            ("Score: inf", None),
            ("", None),
        ],
    )
    def test_t20_the_last_stated_mark_is_read_or_none(self, text: str, found: float | None) -> None:
        assert stated_number(text, "score", 0, 10) == found

    @FEW
    @given(ODD, st.sampled_from(["score", "confidence", "choice"]))
    def test_no_text_raises_and_nothing_is_out_of_range(self, text: str, label: str) -> None:
        found = stated_number(text, label, 0, 10)
        assert found is None or 0 <= found <= 10

    @pytest.mark.parametrize("by", [Judge(), Judge(n=2), Verbal(), Verdict()])
    def test_a_reply_that_was_cut_off_says_nothing(self, by) -> None:
        for text in ("Score: 9", "Confidence: 90", "Verdict: correct"):
            assert scored(by, Sample(text, finish="length")) is None

    def test_a_confidence_is_a_share(self) -> None:
        assert scored(Verbal(), "Confidence: 85%") == 0.85
        assert scored(Verbal(), "Confidence: 100") == 1.0
        assert scored(Verbal(), "Confidence: 101") is None


class TestWords:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Verdict: correct", "correct"),
            ("verdict = **Wrong**.", "wrong"),
            ("Correct.", "correct"),
            ("'wrong'", "wrong"),
            ("Verdict: wrong\nOn reflection:\nVerdict: correct", "correct"),
            ("Verdict: incorrect", None),
            ("Verdict: correct\nWait.\nVerdict: incorrect", None),
            ("Verdict: not correct", None),
            ("Verdict: correctly derived", None),
            ("I doubt it is correct", None),
            ("", None),
        ],
    )
    def test_t22_a_verdict_is_what_is_stated_not_a_word_that_occurs(self, text: str, found: str | None) -> None:
        assert stated_word(text, "verdict", ("correct", "wrong")) == found

    @FEW
    @given(ODD)
    def test_no_text_raises(self, text: str) -> None:
        assert stated_word(text, "verdict", ("correct", "wrong")) in {None, "correct", "wrong"}
        assert stated_word(text, "better", ("a", "b")) in {None, "a", "b"}

    def test_hostile_text_does_not_take_long(self) -> None:
        for text in (
            "score" + " " * 300_000,
            "score:" * 60_000,
            "\n" * 300_000,
            "8" + " " * 300_000 + "x",
            "9" * 300_000,
        ):
            assert stated_number(text, "score", 0, 10) is None
            assert stated_word(text, "score", ("correct",)) is None
            assert after(text, "verdict") is None


class TestTokens:
    def test_the_expected_letter_is_the_mean_over_its_alternatives(self) -> None:
        assert expected_letter(tokens({"T": 1.0})) == 1.0
        assert expected_letter(tokens({"A": 1.0})) == 0.0
        assert expected_letter(tokens({"T": 0.5, "A": 0.5})) == pytest.approx(0.5)
        assert expected_letter(tokens({"K": 0.6, " k": 0.2, "B": 0.1, "Z": 0.1})) == pytest.approx(
            (0.8 * LETTERS.index("K") + 0.1) / 0.9 / 19
        )

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(
        st.dictionaries(st.sampled_from([*LETTERS, *" abt", "Z", "The", "\n"]), st.floats(1e-6, 1.0), min_size=1)
    )
    def test_it_lies_within_zero_and_one(self, weights: dict[str, float]) -> None:
        total = sum(weights.values())
        found = expected_letter(tokens({t: w / total for t, w in weights.items()}))
        assert found is None or 0 <= found <= 1

    def test_p_true_is_the_share_of_correct(self) -> None:
        assert read_p_true(tokens({"correct": 0.6, "wrong": 0.2, "maybe": 0.2})) == pytest.approx(0.75)
        assert read_p_true(tokens({" Correct": 0.3, "cor": 0.3, "w": 0.4})) == pytest.approx(0.6)
        assert read_p_true(tokens({"wrong": 1.0})) == 0.0

    def test_punctuation_before_the_word_is_passed_over(self) -> None:
        assert read_p_true(tokens({"**": 0.9, "wrong": 0.1}, {"correct": 0.8, "wrong": 0.2})) == pytest.approx(0.8)
        assert read_p_true(tokens({"\n": 1.0}, {'"': 1.0}, {'"correct': 1.0})) == 1.0

    @pytest.mark.parametrize(
        "places",
        [
            ({"In": 1.0}, {"correct": 1.0}),
            ({"It": 1.0}, {" is": 1.0}, {" not": 1.0}, {" correct": 1.0}),
            ({"maybe": 0.6, "correct": 0.4},),
            ({"": 1.0},),
            (),
        ],
    )
    def test_a_word_that_comes_after_another_one_is_not_the_verdict(
        self, places: tuple[dict[str, float], ...]
    ) -> None:
        assert read_p_true(tokens(*places)) is None

    def test_without_probabilities_there_is_no_score(self) -> None:
        bare = Sample("Answer: 1", tokens_out=3)
        for by in (SequenceProbability(), SelfCertainty(), TokenConfidence()):
            assert by.read(bare) is None
            assert by.read(replace(bare, confidence=Confidence(0))) is None
        assert chances(bare, LETTERS) == {}
        assert expected_letter(bare) is None
        assert read_p_true(bare) is None

    def test_the_scores_are_those_of_the_papers(self) -> None:
        sample = Sample("x", tokens_out=9, logprob=-2.0, confidence=Confidence(4, (), 5.0, 4.0, 3.0, 2.0, 20))
        assert SequenceProbability().read(sample) == pytest.approx(math.exp(-0.5))
        assert SelfCertainty().read(sample) == pytest.approx(5.0 - math.log(20))
        found = [TokenConfidence(s).read(sample) for s in ("mean", "tail", "bottom", "least")]
        assert found == [5.0, 4.0, 3.0, 2.0]
        assert SequenceProbability().read(replace(sample, confidence=None)) == pytest.approx(math.exp(-2 / 9))

    @pytest.mark.parametrize("by", [SequenceProbability(), SelfCertainty(), TokenConfidence(), RecordedScore()])
    def test_a_candidate_of_several_calls_has_no_score_of_its_tokens(self, by) -> None:
        answer, spent, _ = solve(BestOf(parse("vote(cot, n=2)"), n=2, by=by))  # type: ignore[arg-type]
        assert (answer.value, answer.score, spent.calls) == (None, None, 4)

    def test_simulated_judgements_of_tokens_are_right_as_often_as_declared(self) -> None:
        """Both readings of a judgement's token come out at the declared probability of the judge."""
        for by in (ExpectedJudge(), PTrue()):
            scores: dict[bool, list[float]] = {True: [], False: []}
            for step in solve(BestOf(C, n=40, by=by), model="sim/beta(2,2)?judge=0.8").answer.step.children:
                value = float(step.children[0].value or "nan")
                scores[step.value == QUESTION.gold].append(value)
            assert scores[True]
            assert scores[False]
            assert np.mean(scores[True]) > np.mean(scores[False]) + 0.2, by


class TestPartOfTheMarksMissing:
    def test_marks_that_came_are_kept_and_counted_where_others_failed(self) -> None:
        def says(call: Call, i: int) -> str:
            if call.parameters["step"] == "judge" and call.draws[i].lane[-1] == 1:
                raise ModelFailure("bad request", "refused", retryable=False)
            return "Answer: 1" if call.parameters["step"] == "answer" else f"Score: {call.draws[i].lane[-1]}"

        with script(says) as model:
            answer, spent, stored = solve(BestOf(C, n=1, by=Judge(n=5)), model=model)
            alone = solve(BestOf(C, n=2, by=Judge()), model=model).answer
        assert answer.score == (0 + 2 + 3 + 4) / 4
        assert answer.usage.calls == spent.calls == len(stored) == 5
        assert "bad request: refused" in {step.failure for step in answer.step.walk()}
        assert (alone.value, alone.score) == ("1", 0.0)
        assert [step.failure for step in alone.step.walk() if step.name == "judge"].count(
            "bad request: refused"
        ) == 1


@pytest.mark.parametrize("make", [lambda: Judge(n=0), lambda: Judge(scale=0), lambda: Judge(prompt="mark it")])
def test_a_judge_that_cannot_judge_is_refused(make) -> None:
    with pytest.raises(ExpressionError, match="judge: "):
        make()


def test_a_prompt_of_ones_own_is_filled_in() -> None:
    by = Judge(prompt="{question} | {candidate} | of {scale}", scale=5)
    with script(lambda call, i: "Answer: 1" if call.parameters["step"] == "answer" else "Score: 5") as model:
        answer = solve(BestOf(C, n=1, by=by), model=model).answer
    assert answer.samples[-1].draw.request.prompt.messages[0].content == f"{QUESTION.text} | Answer: 1 | of 5"
    assert answer.score == 5.0
