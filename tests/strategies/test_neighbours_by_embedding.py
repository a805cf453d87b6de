"""Nearest examples and routers by the vectors of an embedding model: what is shown, learnt, and billed."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fitting_helpers import STRONG, WEAK, fit
from solving import questions, script, solve

from compound.core import ConfigError, ExpressionError, MissingAbilityError, Question
from compound.experiment import Experiment, run
from compound.experiment.cost import Prices, cost_of
from compound.models.backend import Call
from compound.models.budget import Price
from compound.models.session import Session, wait_for
from compound.strategies import FewShot, Route, SelfCoT, Vote, parse
from compound.strategies.nearest import Index
from compound.strategies.router import Router, held_out_chances
from compound.strategies.state import folder

EMBED = "sim/beta(1,1)?price=10/10"
FRUIT = ["red apple", "red cherry", "green pear", "blue plum", "red apple pie", "yellow lemon", "green apple tree"]
TRAIN = questions(24)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOUND_FITTED", str(tmp_path / "fitted"))


def fruit(text: str) -> Question:
    shown = tuple(Question(f"{name}?", "number", str(i)) for i, name in enumerate(FRUIT))
    return Question(text, "number", "1", examples=shown)


def vectors_of(texts: list[str]) -> np.ndarray:
    """Raw vectors, straight from the model."""

    async def found() -> np.ndarray:
        async with Session() as session:
            samples = (await session.lm(WEAK, TRAIN[0]).embed(texts, EMBED)).samples
            return np.array([np.frombuffer(sample.vector or b"", "<f4") for sample in samples], dtype=float)

    return wait_for(found())


def nearest_by_hand(text: str, count: int) -> list[str]:
    """The most similar last, one cosine at a time."""
    own, *others = vectors_of([text, *(f"{name}?" for name in FRUIT)])
    cosine = {
        name: float(own @ v) / float(np.linalg.norm(own) * np.linalg.norm(v))
        for name, v in zip(FRUIT, others, strict=True)
    }
    order = sorted(FRUIT, key=lambda name: (-round(cosine[name], 9), name))
    return [f"{name}?" for name in order if f"{name}?" != text][:count][::-1]


def asked_in(call: Call) -> list[str]:
    """The questions of the worked examples in a prompt."""
    *turns, _ = call.request.prompt.payload()
    return [turn["content"].split("\n")[0] for turn in turns if turn["role"] == "user"]


class TestFewShot:
    @pytest.mark.parametrize("text", ["Which red apple?", "A green tree", "red apple?", "lemon pie and plum"])
    def test_the_examples_are_those_with_the_highest_cosine(self, text: str) -> None:
        prompts: list[list[str]] = []

        def says(call: Call, i: int) -> str:
            prompts.append(asked_in(call))
            return "Answer: 1"

        with script(says) as model:
            solve(FewShot(3, pick="knn", embedding=EMBED), fruit(text), model)
        assert prompts == [nearest_by_hand(text, 3)]

    def test_candidates_share_one_embedding_and_its_bill(self, tmp_path: Path) -> None:
        how, store = Vote(FewShot(3, pick="knn", embedding=EMBED), n=9), tmp_path / "s.db"
        answer, spent, stored = solve(how, fruit("Which red apple?"), WEAK, store)
        assert answer.usage.calls == spent.calls == 9
        assert len(stored) == 9 + 1 + len(FRUIT)
        (own,) = {s.draw: s for s in answer.samples if s.vector is not None}.values()
        completions = [s.usage for s in answer.samples if s.vector is None]
        assert answer.usage.tokens_in == pytest.approx(sum(u.tokens_in for u in completions) + own.tokens_in)
        assert answer.usage.usd == pytest.approx(sum(u.usd or 0 for u in completions) + (own.usd or 0))
        index = sum(len(f"{name}?") // 4 + 1 for name in FRUIT)
        assert spent.tokens_in == pytest.approx(answer.usage.tokens_in + index), "the index is the run's alone"
        second, more, _ = solve(how, fruit("A green tree"), WEAK, store)
        assert more.tokens_in == pytest.approx(second.usage.tokens_in), "and is bought once"
        assert solve(how, fruit("A green tree"), WEAK, store).spent.tokens == 0

    def test_what_k_candidates_cost_has_one_embedding_in_it(self) -> None:
        how = FewShot(3, pick="knn", embedding=EMBED)
        answer = solve(Vote(how, n=6), fruit("Which red apple?"), WEAK).answer

        async def candidates():
            async with Session() as session:
                lm = session.lm(WEAK, fruit("Which red apple?"))
                return await Vote(how, n=6).draw(lm.question, lm, range(6))

        drawn = wait_for(candidates())
        prices = Prices({EMBED: Price(10e-6, 10e-6), WEAK: Price(1e-6, 2e-6)})
        own = next(s for s in answer.samples if s.vector is not None).tokens_in
        prompt = next(s for s in answer.samples if s.vector is None).tokens_in
        reply = np.mean([s.tokens_out for s in answer.samples if s.vector is None])
        cost, k = cost_of(drawn, 2, prices), np.arange(1, 7)
        np.testing.assert_allclose(cost.calls, k)
        np.testing.assert_allclose(cost.tokens, own + prompt * np.ceil(k / 2) + reply * k)
        np.testing.assert_allclose(cost.usd, own * 10e-6 + prompt * np.ceil(k / 2) * 1e-6 + reply * k * 2e-6)


class TestSelfCoT:
    def test_fitting_has_the_vectors_on_its_bill_and_answering_buys_its_own(self, tmp_path: Path) -> None:
        found = fit(SelfCoT(3, embedding=EMBED), TRAIN)
        assert found.fitted.usage.tokens_in == pytest.approx(found.spent.tokens_in)
        assert found.fitted.usage.usd == pytest.approx(found.spent.usd)
        plain = fit(SelfCoT(3), TRAIN)
        words = sum(len(question.text) // 4 + 1 for question in TRAIN)
        assert found.spent.tokens_in - plain.spent.tokens_in == pytest.approx(words)
        assert found.fitted.strategy.state == plain.fitted.strategy.state
        whole = parse(repr(found.fitted.strategy))
        assert whole == found.fitted.strategy
        answer = solve(whole, Question("What is 3 + 1, then?", "number", "4"), WEAK).answer
        assert [step.name for step in answer.step.walk()] == ["self_cot", "embedding"]

    @pytest.mark.parametrize("text", ["self_cot(embedding={})", "route([cot, single], embedding={})"])
    def test_a_model_that_makes_none_is_refused_before_anything_is_paid(self, text: str) -> None:
        paid: list[str] = []

        def says(call: Call, i: int) -> str:
            paid.append("paid")
            return f"Answer: {call.question.gold}"

        how = parse(text.format('"local/smollm2-135m"'))
        with script(says) as model, pytest.raises(MissingAbilityError, match="makes no embeddings"):
            fit(how, TRAIN, model=model)
        assert not paid


@pytest.mark.parametrize(
    "text",
    [
        'few_shot(pick="knn", embedding="local/smollm2-135m")',
        'vote(few_shot(pick="knn", embedding="recorded/mine"), n=3)',
        'cascade([vote(cot, n=2), few_shot(pick="knn", embedding="local/smollm2-135m")], threshold=2)',
    ],
)
def test_running_one_alone_says_so_first(text: str) -> None:
    paid: list[str] = []

    def says(call: Call, i: int) -> str:
        paid.append("paid")
        return "Answer: 1"

    with script(says) as model, pytest.raises(MissingAbilityError, match="makes no embeddings"):
        parse(text).run(fruit("red?"), model=model)
    assert not paid


@pytest.mark.parametrize("name", ["few_shot", "self_cot"])
def test_an_embedding_without_a_use_is_refused(name: str) -> None:
    with pytest.raises(ExpressionError, match=rf"{name}: embedding is what pick=knn compares by"):
        parse(f'{name}(pick="first", embedding="openai/text-embedding-3-small")')


def test_the_expression_holds_the_id() -> None:
    text = 'route([cot, single], by="logistic", embedding="openai/text-embedding-3-small")'
    assert repr(parse(text)).replace("'", '"') == text


def shown_words(text: str) -> bool:
    return bool(re.search("add|sum|plus", text.lower()))


class TestRoute:
    WORDS = ("Add up the sum of {i}.", "Recite verses from poem {i}.")

    def some(self, count: int, start: int = 0) -> list[Question]:
        return [Question(self.WORDS[i % 2].format(i=i), "number", str(i)) for i in range(start, start + count)]

    @pytest.mark.parametrize("by", ["knn", "logistic"])
    def test_it_learns_and_its_state_needs_no_store(self, by: str) -> None:
        def says(call: Call, i: int) -> str:
            return f"Answer: {call.question.gold if shown_words(call.question.text) else -1}"

        how = Route((parse("cot"), parse("cot") @ STRONG), by=by, k=7, embedding=EMBED, per_usd=50.0)
        with script(says) as model:
            found = fit(how, self.some(40), self.some(16, 100), model)
            assert found.fitted.usage.usd == pytest.approx(found.spent.usd)
            asked = [shown_words(q.text) for q in self.some(16, 100)]
            steps = [[s.name for s in answer.step.walk()] for answer in found.answers]
            assert {tuple(names[:2]) for names in steps} == {("route", "embedding")}
            strong = [any(s.draw.request.model == STRONG for s in answer.samples) for answer in found.answers]
            assert strong == [not cheap for cheap in asked]
            pasted = parse(repr(found.fitted.strategy))
            answer, spent, stored = solve(pasted, self.some(1, 100)[0], model)
        assert answer.value == found.answers[0].value
        assert (spent.calls, len(stored)) == (1, 2), "one completion, one embedding"
        assert answer.usage.usd == pytest.approx(spent.usd)
        with script(says) as model:
            assert fit(how, self.some(40), model=model).fitted.strategy == found.fitted.strategy

    def test_what_it_learnt_by_one_embedding_is_no_use_to_another(self) -> None:
        with script(lambda call, i: "Answer: 1") as model:
            whole = fit(Route((parse("cot"), parse("single")), embedding=EMBED), TRAIN, model=model).fitted.strategy
            for other in (None, "sim/beta(1,1)"):
                with pytest.raises(
                    ConfigError, match=r"route learnt by sim/beta\(1,1\)\?price=10/10, and embedding"
                ):
                    solve(replace(whole, embedding=other), TRAIN[0], model)
            words = fit(Route((parse("cot"), parse("single"))), TRAIN, model=model).fitted.strategy
            with pytest.raises(ConfigError, match="route learnt by TF-IDF, and embedding is sim"):
                solve(replace(words, embedding=EMBED), TRAIN[0], model)

    def test_the_state_holds_the_vectors_as_float32(self) -> None:
        with script(lambda call, i: "Answer: 1") as model:
            whole = fit(Route((parse("cot"), parse("single")), embedding=EMBED), TRAIN, model=model).fitted.strategy
        kept = json.loads((folder() / f"{whole.state}.json").read_text())
        held = np.frombuffer(base64.b64decode(kept["vectors"]), "<f4").reshape(len(TRAIN), -1)
        np.testing.assert_array_equal(held, vectors_of(kept["texts"]).astype("<f4"))


class TestRouterOnVectors:
    def test_neighbours_by_hand(self) -> None:
        vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-1.0, 0.0]])
        right = np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=float)
        router = Router(["a", "b", "c", "d"], right, "knn", 2, vectors)
        asked = np.array([[1.0, 0.0], [-0.6, 0.8]])
        np.testing.assert_allclose(
            router.chances(["x", "y"], asked), [[(2 + 0.75) / 3, 0.5 / 3], [(1 + 0.75) / 3, (2 + 0.5) / 3]]
        )

    @pytest.mark.parametrize("by", ["knn", "logistic"])
    def test_chances_are_held_out(self, by: str) -> None:
        rng = np.random.default_rng(0)
        vectors = np.eye(100)
        right = (rng.random((100, 1)) < 0.5).astype(float)
        texts = [f"q{i}" for i in range(100)]
        held = held_out_chances(texts, right, by, 1, vectors)[:, 0]
        seen = Router(texts, right, by, 1, vectors).chances(texts, vectors)[:, 0]
        agreed = [np.mean((chance > right.mean()) == right[:, 0]) for chance in (held, seen)]
        assert agreed[0] < 0.65
        assert agreed[1] > 0.95

    @pytest.mark.parametrize("by", ["knn", "logistic"])
    def test_each_held_out_question_is_judged_by_its_own_vector(self, by: str) -> None:
        right = (np.random.default_rng(1).random((60, 1)) < 0.5).astype(float)
        vectors = np.hstack([right, 1 - right])  # says it all
        held = held_out_chances([f"q{i}" for i in range(60)], right, by, 5, vectors)
        np.testing.assert_array_equal(held > 0.5, right > 0.5)

    def test_equally_similar_ones_come_alphabetically_in_any_block(self) -> None:
        texts = ["b", "c", "a"]
        index = Index(texts, np.array([[1.0, 0.0]] * 3))
        orders = list(index.ranked(["x"] * 600, np.tile([[0.5, 0.5]], (600, 1))))
        assert [order.tolist() for order in orders] == [[2, 0, 1]] * 600


def test_a_run_again_buys_nothing_and_counts_completions_alone(tmp_path: Path) -> None:
    experiment = Experiment.model_validate(
        {
            "name": "a", "model": WEAK, "tasks": ["add1"], "questions": 4, "greedy": False,
            "strategies": [f'vote(few_shot(pick="knn", embedding="{EMBED}"), n=3)'],
        }
    )  # fmt: skip
    first, second = (asyncio.run(run(experiment, results=tmp_path)).facts for _ in range(2))
    assert (first["draws"], first["spent"]["completions"]) == (12, 12)
    assert first["spent"]["usd"] > 0
    assert second["draws"] == 12
    assert second["spent"]["usd"] == second["spent"]["tokens_in"] == second["spent"]["completions"] == 0
