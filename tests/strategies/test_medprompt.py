"""Medprompt: its own examples, the nearest of them, options in every order, a vote; each stage on its own."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fitting_helpers import WEAK, fit
from solving import QUESTION, questions, script, solve, solve_all

from compound.answers import grade
from compound.core import MissingAbilityError, Question, TaskError
from compound.models.backend import Call
from compound.store.pools import import_samples
from compound.strategies import CoT, FewShot, SelfCoT, Shuffled, Single, Vote, medprompt, parse
from compound.strategies.shuffled import order_of, reordered
from compound.strategies.state import kept

ALL = questions(40)
TRAIN, TEST = ALL[:24], ALL[24:]
COLOURS = Question("Which is the colour of grass?", "choice", "C", choices=("red", "blue", "green", "pink"))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOUND_FITTED", str(tmp_path / "fitted"))


def shown(call: Call) -> str:
    """The last message of a prompt."""
    return str(call.request.prompt.payload()[-1]["content"])


def option(call: Call, wanted: str) -> str:
    """The letter under which an option is shown."""
    found = re.search(rf"\((\w)\) {wanted}$", shown(call), re.MULTILINE)
    assert found
    return found[1]


class TestOrders:
    @pytest.mark.parametrize("options", range(1, 11))
    def test_every_block_of_rows_is_a_latin_square(self, options: int) -> None:
        for square in range(3):
            rows = [order_of(options, square * options + row, "q") for row in range(options)]
            for line in (*rows, *zip(*rows, strict=True)):
                assert sorted(line) == list(range(options))

    @pytest.mark.parametrize("options", [2, 4, 6, 10])
    def test_for_an_even_number_every_option_follows_every_other_once(self, options: int) -> None:
        rows = [order_of(options, row, "q") for row in range(options)]
        after = Counter(pair for row in rows for pair in pairwise(row))
        assert set(after.values()) == {1}
        assert len(after) == options * (options - 1)

    def test_orders_depend_on_the_question_and_on_nothing_else(self) -> None:
        firsts = {order_of(5, 0, f"q{i}") for i in range(40)}
        assert len(firsts) > 20
        assert order_of(5, 3, "q") == order_of(5, 3, "q")
        assert order_of(0, 3, "q") == ()

    def test_the_gold_follows_its_option(self) -> None:
        for row in range(4):
            other = reordered(COLOURS, order_of(4, row, "q"))
            assert other.choices[other.letters.index(other.golds[0])] == "green"
            assert other.id == COLOURS.id
        both = reordered(replace(COLOURS, gold=("A", "C")), (2, 0, 1, 3))
        assert both.golds == ("B", "A")


class TestShuffled:
    def test_the_letter_is_mapped_back_whatever_the_order(self) -> None:
        with script(lambda call, i: f"Answer: {option(call, 'green')}") as model:
            answer, spent, _ = solve(Vote(Shuffled(CoT()), n=8), COLOURS, model)
        assert answer.ballots == {"C": 8}
        assert answer.value == "C"
        assert "in their own order:]\nAnswer: C" in answer.text
        said = {sample.text for sample in answer.samples}
        assert said == {f"Answer: {letter}" for letter in "ABCD"}, "the options were shown in every place"
        assert spent.calls == len(answer.samples) == 8

    @pytest.mark.parametrize("biased", "ABCD")
    def test_a_liking_for_a_place_cancels_out(self, biased: str) -> None:
        """It knows the answer half of the time, else says one letter. Unshuffled the letter wins or is right."""

        def says(call: Call, i: int) -> str:
            return f"Answer: {option(call, 'green') if call.draws[i].lane[0] in (1, 6) else biased}"

        with script(says) as model:
            plain = solve(Vote(CoT(), n=8), COLOURS, model).answer
            mixed = solve(Vote(Shuffled(CoT()), n=8), COLOURS, model).answer
        assert plain.value == biased
        others = [mixed.ballots.get(letter, 0) for letter in "ABD"]
        assert mixed.ballots["C"] > max(others)
        assert max(others) <= 2

    def test_other_kinds_are_asked_as_they_are(self) -> None:
        shuffled, plain = (solve(how, QUESTION, WEAK) for how in (Shuffled(CoT()), CoT()))
        assert shuffled.stored == plain.stored
        assert (shuffled.answer.value, shuffled.answer.text) == (plain.answer.value, plain.answer.text)

    def test_a_simulation_says_the_option_in_the_letters_that_are_shown(self) -> None:
        hard, ways = "sim/beta(1,9)", (CoT(), Shuffled(CoT()))
        greedy = [solve(how, COLOURS, hard, parameters={"temperature": 0}) for how in ways]
        assert greedy[0].answer.value == greedy[1].answer.value
        assert greedy[0].stored != greedy[1].stored

    @pytest.mark.parametrize("model", ["sim/beta(2,4)", "sim/beta(2,4)?rho=0.3"])
    def test_on_a_simulation_a_shuffled_vote_is_worth_what_a_vote_is_worth(self, model: str) -> None:
        asked = [replace(COLOURS, gold="ABCD"[i % 4], id=f"q{i}") for i in range(300)]
        plain, mixed = (
            np.array([grade(a.value, q) for a, q in zip(solve_all(how, asked, model), asked, strict=True)], float)
            for how in (Vote(CoT(), n=5), Vote(Shuffled(CoT()), n=5))
        )
        assert 0.2 < plain.mean() < 0.9
        assert abs(mixed.mean() - plain.mean()) < 3 * (mixed - plain).std() / len(asked) ** 0.5

    def test_a_liking_for_a_place_costs_a_plain_vote_and_no_shuffled_one(self) -> None:
        """It knows the option 4 times in 10, and else says A."""
        asked = [replace(COLOURS, gold="ABCD"[i % 4], id=f"q{i}") for i in range(40)]

        def says(call: Call, i: int) -> str:
            knows = random.Random(f"{call.question.id} {call.draws[i].lane}").random() < 0.4
            return f"Answer: {call.question.gold if knows else 'A'}"

        with script(says) as model:
            plain, mixed = (
                np.mean([grade(a.value, q) for a, q in zip(solve_all(how, asked, model), asked, strict=True)])
                for how in (Vote(CoT(), n=16), Vote(Shuffled(CoT()), n=16))
            )
        assert plain < 0.5
        assert mixed > 0.8

    def test_a_recording_says_letters_of_the_order_that_was_asked_then(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COMPOUND_POOLS", str(tmp_path / "pools"))
        said = [{"text": "Answer: C", "answer": "C"}] * 4
        row = {
            "question_id": "q",
            "question": COLOURS.text,
            "gold": "C",
            "choices": COLOURS.choices,
            "samples": said,
        }
        (tmp_path / "it.jsonl").write_text(json.dumps(row))
        import_samples(tmp_path / "it.jsonl", "it", kind="choice")
        asked = replace(COLOURS, id="q")
        assert solve(Vote(CoT(), n=4), asked, "recorded/it").answer.ballots == {"C": 4}
        for how in (Vote(Shuffled(CoT()), n=4), Shuffled(parse("vote(cot, n=2) @ 'recorded/it'"))):
            with pytest.raises(
                MissingAbilityError, match="another order of them: shuffled needs a model that reads"
            ):
                solve(how, asked, "recorded/it" if isinstance(how, Vote) else WEAK)

    def test_abstentions_stay_abstentions(self) -> None:
        with script(lambda call, i: "Answer: unknown") as model:
            answer = solve(Vote(Shuffled(CoT()), n=3), COLOURS, model).answer
        assert (answer.value, answer.abstained) == (None, 3)


class TestSelfMadeExamples:
    def test_only_right_ones_are_kept(self) -> None:
        found = fit(SelfCoT(), TRAIN)
        (said,) = found.fitted.said
        worked = kept(found.fitted.strategy.state)
        right = [q.id for q in TRAIN if grade(solve(CoT(), q, WEAK).answer.value, q)]
        assert [example["id"] for example in worked] == right
        assert (said["kept"], said["questions"]) == (len(right), 24)
        assert 0 < len(right) < 24
        assert found.fitted.usage.calls == found.spent.calls == 24

    def test_they_are_shown_with_their_reasoning_the_most_similar_last(self) -> None:
        texts = ["How tall is a tree?", "How old is a cat?", "How old is a dog?", "Why?"]
        train = [Question(text, "number", str(i)) for i, text in enumerate(texts)]
        turns: list[dict[str, str]] = []

        def says(call: Call, i: int) -> str:
            turns[:] = call.request.prompt.payload()
            return f"Since {call.question.text}\nAnswer: {call.question.gold}"

        asked = Question("How old is a dog of five?", "number", "5")
        with script(says) as model:
            fit(SelfCoT(2), train, [asked], model)
        assert [turn["content"] for turn in turns[:-1]] == [
            "How old is a cat?", "Since How old is a cat?\nAnswer: 1",
            "How old is a dog?", "Since How old is a dog?\nAnswer: 2",
        ]  # fmt: skip
        assert turns[-1]["content"].startswith(asked.text)
        assert "steps" in turns[-1]["content"]

    @pytest.mark.parametrize("pick", ["knn", "first"])
    def test_t39_a_question_that_was_trained_on_is_not_its_own_example(self, pick: str) -> None:
        prompts: list[str] = []

        def says(call: Call, i: int) -> str:
            prompts.append(str(call.request.prompt.payload()))
            return f"Answer: {call.question.gold}"

        with script(says) as model:
            fit(SelfCoT(24, pick), TRAIN, [*TRAIN, replace(TRAIN[0], id="renamed")], model)  # type: ignore[arg-type]
        for question, prompt in zip([*TRAIN, TRAIN[0]], prompts[24:], strict=True):
            assert prompt.count(f"{question.text}'") + prompt.count(f"{question.text}\\n") == 1

    def test_a_model_that_is_never_right_has_no_examples(self) -> None:
        with (
            script(lambda call, i: "Answer: -1") as model,
            pytest.raises(TaskError, match=r"none of the 24 .*few_shot"),
        ):
            fit(SelfCoT(), TRAIN, model=model)

    def test_fewer_right_ones_than_wanted_are_used_as_they_are(self) -> None:
        def says(call: Call, i: int) -> str:
            return f"Answer: {call.question.gold if call.question == TRAIN[2] else -1}"

        with script(says) as model:
            (answer,) = fit(SelfCoT(5), TRAIN, TEST[:1], model).answers
        assert answer.usage.calls == 1


class TestAblation:
    def test_every_stage_has_its_switch(self) -> None:
        assert medprompt() == Vote(Shuffled(SelfCoT(5)), n=5)
        assert medprompt(shuffle=False) == Vote(SelfCoT(5), n=5)
        assert medprompt(knn=False) == Vote(Shuffled(SelfCoT(5, "first")), n=5)
        assert medprompt(cot=False) == Vote(Shuffled(FewShot(5, pick="knn")), n=5)
        assert medprompt(examples=0, cot=False, shuffle=False, n=1) == Vote(Single(), n=1)
        assert parse("medprompt(n=3, knn=False)") == medprompt(n=3, knn=False)
        assert repr(medprompt()) == "vote(shuffled(self_cot), n=5)"

    @pytest.mark.parametrize("examples", [0, 2])
    @pytest.mark.parametrize("cot", [False, True])
    @pytest.mark.parametrize("shuffle", [False, True])
    def test_each_costs_n_calls_and_the_first_call_of_training_once(self, examples, cot, shuffle) -> None:
        how = medprompt(examples=examples, n=3, cot=cot, shuffle=shuffle)
        then = [replace(question, examples=tuple(TRAIN)) for question in TEST[:3]]
        found = fit(how, TRAIN, then)
        assert found.fitted.usage.calls == found.spent.calls == (24 if examples and cot else 0)
        assert {answer.usage.calls for answer in found.answers} == {3}
        assert parse(repr(found.fitted.strategy)) == found.fitted.strategy

    def test_on_a_simulation_the_vote_is_worth_what_a_vote_is_worth(self) -> None:
        many = questions(100, "How much is {i} and 1?")
        (voted, single) = (
            np.mean(
                [grade(a.value, q) for a, q in zip(fit(medprompt(n=n), TRAIN, many).answers, many, strict=True)]
            )
            for n in (9, 1)
        )
        assert voted > single + 0.02
