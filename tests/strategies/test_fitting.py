"""Fitting: only what must be learnt, only from questions that are not judged, and into the expression."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from fitting_helpers import STRONG, WEAK, fit
from solving import QUESTION, questions, script, solve

from compound.core import (
    BudgetExhaustedError,
    ConfigError,
    Drawn,
    Event,
    ExpressionError,
    ModelFailure,
    Question,
    TaskError,
)
from compound.experiment import Experiment, run
from compound.experiment.fitting import QUESTIONS, training
from compound.models.backend import Call
from compound.strategies import FewShot, Fitted, Routed, parse, write
from compound.strategies.state import keep, kept
from compound.tasks import Task

ALL = questions(60)
TRAIN, TEST = ALL[:30], ALL[30:]
LEARNERS = [
    "routed(cot, n=4)",
    "routed(vote(cot, n=2), n=3)",
    "vote(routed(cot, n=2), n=3)",
    f'cascade([vote(cot, n=3), cot @ "{STRONG}"])',
    f'cascade([vote(cot, n=3), cot @ "{STRONG}"], budget=0.001)',
    f'cascade([cot, vote(cot, n=2), cot @ "{STRONG}"], by=judge)',
    f'cascade([vote(cot, n=2), routed(cot, n=3), cot @ "{STRONG}"])',
    f'route([cot, cot @ "{STRONG}"], k=5)',
    f'route([cot, cot @ "{STRONG}"], by="logistic", budget=0.002)',
    f'route([routed(cot, n=2), cot @ "{STRONG}"])',
    "medprompt(n=2)",
    'vote(self_cot(examples=2, pick="first"), n=2)',
    f'vote(mix([self_cot @ "{STRONG}", cot]), n=2)',
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOUND_FITTED", str(tmp_path / "fitted"))


@pytest.mark.parametrize("text", LEARNERS)
def test_what_was_learnt_is_in_the_expression(text: str) -> None:
    how = parse(text)
    found = fit(how, TRAIN, TEST[:3])
    whole = found.fitted.strategy
    assert whole != how
    assert parse(repr(whole)) == parse(write(whole, full=True)) == whole
    ids = "\n".join(sorted(question.id for question in TRAIN))
    assert found.fitted.split == sha256(ids.encode()).hexdigest()[:16]
    assert found.fitted.split in repr(whole)
    assert json.loads(json.dumps(found.fitted.said)) == list(found.fitted.said)
    assert all(said["strategy"] in repr(whole) for said in found.fitted.said)
    again = fit(whole, TEST, TEST[:3])
    assert again.fitted == Fitted(whole), "what is fitted has nothing to learn, and is not fitted on anything else"
    assert [a.value for a in again.answers] == [a.value for a in found.answers]


# Examples are kept in the order of the split.
@pytest.mark.parametrize(
    "text", [text for text in LEARNERS if not {"self_cot", "medprompt"} & set(re.findall(r"\w+", text))]
)
def test_nothing_depends_on_the_order_of_the_training_questions(text: str) -> None:
    assert fit(parse(text), TRAIN).fitted.strategy == fit(parse(text), TRAIN[::-1]).fitted.strategy


@pytest.mark.parametrize("text", LEARNERS)
def test_unfitted_it_says_so_before_the_first_call(text: str) -> None:
    asked: list[str] = []

    def says(call: Call, i: int) -> str:
        asked.append(call.parameters["step"])
        return "Answer: 1"

    how = parse(text)
    with script(says) as model:
        for attempt in (
            lambda: how.run(QUESTION, model=model),
            lambda: asyncio.run(how.arun(QUESTION, model=model)),
        ):
            with pytest.raises(
                ExpressionError, match=r"has not learnt .*: an experiment fits it .*fit\(train, ask\)"
            ):
                attempt()
    assert asked == []


@pytest.mark.parametrize(
    "text", ["cot", "vote(cot, n=2)", "routed(cot, threshold=0.5)", "few_shot", "medprompt(cot=False)"]
)
def test_without_anything_to_learn_nothing_is_asked(text: str) -> None:
    found = fit(parse(text), [])
    assert found.fitted == Fitted(parse(text))
    assert found.spent.calls == 0


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("routed(cot, n=4)", 5),
        (f'cascade([vote(cot, n=3), cot @ "{STRONG}"])', 4),
        (f'cascade([cot, vote(cot, n=2), cot @ "{STRONG}"], by=judge)', 1 + 1 + 2 + 1 + 1),
        (f'route([cot, cot @ "{STRONG}"])', 2),
        ("medprompt", 1),
    ],
)
def test_the_ledger_is_what_the_meter_counts(text: str, calls: int) -> None:
    found = fit(parse(text), TRAIN)
    usage, spent = found.fitted.usage, found.spent
    assert usage.calls == spent.calls == calls * len(TRAIN)
    assert (usage.usd, usage.tokens_in, usage.tokens_out) == (
        pytest.approx(spent.usd), pytest.approx(spent.tokens_in), spent.tokens_out,
    )  # fmt: skip
    assert usage.usd


def test_parts_are_fitted_inside_out_each_on_its_own_model() -> None:
    inner = Routed(parse("cot"), n=2)
    found = fit(parse(f'cascade([vote({inner!r} @ "{STRONG}", n=3), cot])'), TRAIN)
    first, last = found.fitted.said
    assert first["strategy"] == repr(fit(inner, TRAIN, model=STRONG).fitted.strategy)
    assert first["strategy"] in last["strategy"]


def test_there_must_be_questions_with_answers() -> None:
    for train in ([], [Question("Who knows?", "number")]):
        with pytest.raises(TaskError, match="whose answers are known"):
            fit(Routed(parse("cot")), train)


def test_a_question_with_a_failed_call_is_left_out_and_counted() -> None:
    def says(call: Call, i: int) -> str:
        if call.question.id in {q.id for q in TRAIN[:4]} and call.draws[i].lane[0] == 0:
            raise ModelFailure("bad request", "refused for the test", retryable=False)
        return f"Answer: {call.question.gold}"

    with script(says) as model:
        for text in ("routed(cot, n=2)", "cascade([vote(cot, n=2), single])", "route([vote(cot, n=2), single])"):
            (said,) = fit(parse(text), TRAIN, model=model).fitted.said
            assert (said["questions"], said["left_out"]) == (26, 4)
            with pytest.raises(TaskError, match="failed on each of the 4 training questions"):
                fit(parse(text), TRAIN[:4], model=model)


class TestState:
    def test_a_missing_file_says_how_to_get_it_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = fit(parse("self_cot(examples=1)"), TRAIN).fitted.strategy
        assert solve(whole, TEST[0], WEAK).spent.calls == 1
        monkeypatch.setenv("COMPOUND_FITTED", str(tmp_path / "elsewhere"))
        with pytest.raises(
            ConfigError, match=r"elsewhere/[0-9a-f]{16}\.json: fit again .* or copy the file.*COMPOUND_FITTED"
        ):
            solve(whole, TEST[0], WEAK)

    def test_another_content_under_the_name_is_refused(self, tmp_path: Path) -> None:
        name = keep([{"id": "1"}])
        path = tmp_path / "fitted" / f"{name}.json"
        path.write_text('[{"id": "2"}]')
        with pytest.raises(ConfigError, match="not what was fitted, by its hash"):
            kept(name)
        assert keep([{"id": "1"}]) == name
        assert kept(name) == [{"id": "1"}]

    def test_a_name_is_a_hash_and_no_path(self) -> None:
        for name in ("../../etc/passwd", "", "12345678", "ABCDEF0123456789"):
            with pytest.raises(ConfigError, match="16 hexadecimal digits"):
                kept(name)


class TestNearestExamples:
    def shown(self, how: FewShot, question: Question) -> list[str]:
        seen: list[str] = []

        def says(call: Call, i: int) -> str:
            seen[:] = [m["content"] for m in call.request.prompt.payload() if m["role"] == "user"]
            return "Answer: 1"

        with script(says) as model:
            solve(how, question, model)
        return seen[:-1]

    def test_the_most_similar_ones_come_last_and_the_question_itself_never(self) -> None:
        texts = [
            "How many legs has a horse?",
            "How many legs has a spider?",
            "What is the capital of France?",
            "2 + 2 = ?",
        ]
        pool = tuple(Question(text, "number", "4") for text in texts)
        question = replace(Question("How many legs has a spider with a broken one?", "number", "7"), examples=pool)
        assert self.shown(FewShot(2, pick="knn"), question) == texts[:2]
        assert self.shown(FewShot(2), question) == texts[:2]
        for pick in ("first", "knn"):
            assert pool[0].text not in self.shown(FewShot(3, pick=pick), replace(pool[0], examples=pool))
            renamed = Question(pool[0].text, "number", "4", id="another", examples=pool)
            assert pool[0].text not in self.shown(FewShot(3, pick=pick), renamed)

    def test_ties_do_not_depend_on_the_order_of_the_examples(self) -> None:
        pool = tuple(Question(f"word{i} again", "number", str(i)) for i in range(8))
        question = Question("nothing alike", "number", "1")
        for order in (pool, pool[::-1], pool[3:] + pool[:3]):
            assert self.shown(FewShot(3, pick="knn"), replace(question, examples=order)) == [
                "word2 again", "word1 again", "word0 again",
            ]  # fmt: skip

    def test_all_questions_of_a_task_share_one_tuple_of_all_training_questions(self) -> None:
        task = Task("t", {"train": tuple(TRAIN), "test": tuple(TEST)})
        first, *rest = task.questions()
        assert first.examples == tuple(TRAIN)
        assert all(question.examples is first.examples for question in rest)

    def test_texts_without_a_word_are_all_alike(self) -> None:
        pool = tuple(Question(" " * i, "number", "1") for i in range(1, 4))
        assert len(self.shown(FewShot(2, pick="knn"), Question("one", "number", "1", examples=pool))) == 2


class Watch:
    bought = 0

    def notify(self, event: Event) -> None:
        if isinstance(event, Drawn) and event.bought:
            self.bought += event.samples


def experiment(**changes: object) -> Experiment:
    settings = {
        "name": "try", "model": WEAK, "tasks": ["add2"], "questions": 12, "greedy": False,
        "strategies": ["routed(cot, n=4)", f'cascade([vote(cot, n=4), cot @ "{STRONG}"])'],
    }  # fmt: skip
    return Experiment.model_validate({**settings, **changes})


class TestRunner:
    def test_it_fits_on_train_and_says_what_that_took(self, tmp_path: Path) -> None:
        watch, again = Watch(), Watch()
        found = asyncio.run(run(experiment(tasks=["add2", "opposites"]), results=tmp_path, observer=watch))
        facts = json.loads((tmp_path / "try" / "run.json").read_text())["fitted"]
        strategies = list(dict.fromkeys(row["strategy"] for row in found.rows))
        assert [(f["task"], f["strategy"]) for f in facts] == [
            (t, s) for t in ("add2", "opposites") for s in strategies
        ]
        for fact in facts:
            whole = parse(fact["fitted"])
            assert whole.fitted == fact["split"]
            assert whole.threshold is not None
            assert fact["usage"]["calls"] == 8 * 5
            assert fact["per_question"]["calls"] == pytest.approx(8 * 5 / 12)
            assert fact["per_question"]["usd"] * 12 == pytest.approx(fact["usage"]["usd"])
        pooled = {row["strategy"] for row in found.rows if row["task"] == "pooled"}
        assert pooled == {fact["strategy"] for fact in facts}, "tasks are pooled whatever each has learnt"
        same = asyncio.run(run(experiment(tasks=["add2", "opposites"]), results=tmp_path, observer=again))
        assert again.bought == 0 < watch.bought
        assert same.rows == found.rows
        assert same.facts["fitted"] == found.facts["fitted"]

    def test_fitting_is_no_part_of_the_cost_of_answering(self, tmp_path: Path) -> None:
        found = asyncio.run(run(experiment(strategies=["routed(cot, n=4)"]), results=tmp_path))
        (fact,) = found.facts["fitted"]
        pasted = asyncio.run(run(experiment(strategies=[fact["fitted"]], name="pasted"), results=tmp_path))
        assert pasted.facts["fitted"] == []
        numbers = ("k", "line", "accuracy", "low", "high", "calls", "tokens", "usd", "seconds")
        assert [[row[n] for n in numbers] for row in pasted.rows] == [
            [row[n] for n in numbers] for row in found.rows
        ]

    @pytest.mark.parametrize("how", ["id", "content"])
    def test_t39_a_planted_leak_is_refused_before_anything_is_bought(
        self, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        twin = TEST[3] if how == "id" else replace(TEST[3], id="another")
        leaky = Task("leaky", {"train": (*TRAIN, twin), "test": tuple(TEST)})
        monkeypatch.setattr(Experiment, "loaded", lambda self: [leaky])
        watch = Watch()
        with pytest.raises(
            TaskError, match=rf"question {twin.id} .* is in 'train' and among those that are judged"
        ):
            asyncio.run(run(experiment(), results=tmp_path, observer=watch))
        assert watch.bought == 0
        fine = asyncio.run(run(experiment(strategies=["vote(cot, n=2)"]), results=tmp_path, observer=watch))
        assert fine.facts["fitted"] == [], "only those who fit look at the split"

    def test_a_task_without_a_train_split_says_so(self) -> None:
        with pytest.raises(TaskError, match="'train' split to fit strategies on: set some aside"):
            training(Task("bare", {"test": tuple(TEST)}))

    def test_a_large_split_is_cut(self) -> None:
        many = tuple(questions(QUESTIONS + 40, "How much is {i} + 1?"))
        assert [q.id for q in training(Task("t", {"train": many, "test": tuple(TEST)}))] == [
            q.id for q in many[:QUESTIONS]
        ]

    def test_screening_asks_nothing_that_must_be_fitted_first(self, tmp_path: Path) -> None:
        config = experiment(
            strategies=["medprompt(n=2)"], screen={"questions": 5, "samples": 2, "low": 0, "high": 1}
        )
        found = asyncio.run(run(config, results=tmp_path))
        assert found.screened["add2"][1]
        assert [fact["task"] for fact in found.facts["fitted"]] == ["add2"]

    def test_a_budget_that_ends_while_fitting_stops_cleanly(self, tmp_path: Path) -> None:
        config = experiment(budget={"tokens": 3000}, parameters={"max_tokens": 60})
        with pytest.raises(BudgetExhaustedError, match="nothing is complete yet"):
            asyncio.run(run(config, results=tmp_path))
