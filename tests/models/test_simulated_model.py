"""The simulated model draws from what its id declares, and the same draw is always the same sample."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from itertools import permutations
from statistics import NormalDist

import numpy as np
import pytest

from compound.answers import parse
from compound.core import Chat, ModelError, Question, Sample
from compound.models.session import Session, wait_for
from compound.models.simulated import World

QUESTIONS = [Question(f"What is {i} + 1?", "number", str(i + 1)) for i in range(600)]


def pools(model: str, questions: list[Question], n: int, **lm: object) -> list[list[Sample]]:
    async def ask() -> list[list[Sample]]:
        async with Session() as session:
            asked = (session.lm(model, q, **lm).sample(Chat.user(q.text), n=n) for q in questions)
            return await asyncio.gather(*asked)

    return wait_for(ask())


def right(model: str, questions: list[Question], n: int, **lm: object) -> np.ndarray:
    drawn = pools(model, questions, n, **lm)
    return np.array([[parse(s, q) == q.gold for s in samples] for q, samples in zip(questions, drawn, strict=True)])


def tolerance(values: np.ndarray) -> float:
    """Four standard errors of a mean over questions."""
    return float(4 * values.std(ddof=1) / len(values) ** 0.5)


_PROGRAM = """
from compound.core import Chat, Question
from compound.models.session import Session, wait_for
async def ask():
    async with Session() as session:
        q = Question("What is 1 + 1?", "number", "2")
        lm = session.lm("sim/beta(2,2)?rho=0.3&abstain=0.1&price=1/2", q, parameters={"max_tokens": 50})
        drawn = await lm.sample(Chat.user(q.text), n=40)
        return [(s.text, s.tokens_out, s.seconds, s.usd, s.finish) for s in drawn]
print(wait_for(ask()))
"""


def test_it_repeats_bit_for_bit_in_another_process() -> None:
    runs = {
        subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert runs.pop().count("Answer") > 20


def test_a_draw_does_not_depend_on_the_batch_it_is_in() -> None:
    async def ask(sizes: list[int]) -> list[tuple[str, int, float]]:
        async with Session() as session:
            q = QUESTIONS[3]
            for n in sizes:
                samples = await session.lm("sim/beta(2,2)?rho=0.3", q).sample(Chat.user(q.text), n=n)
            return [(s.text, s.tokens_out, s.seconds) for s in samples]

    assert wait_for(ask([70])) == wait_for(ask([1, 2, 33, 70])) == wait_for(ask([69, 70]))


@pytest.mark.parametrize(
    ("mixture", "mean"), [("beta(2,2)", 0.5), ("beta(6,2)", 0.75), ("0.3*beta(6,2)+0.7*beta(1,4)", 0.365)]
)
def test_accuracy_is_the_mean_of_the_declared_distribution(mixture: str, mean: float) -> None:
    rates = right(f"sim/{mixture}", QUESTIONS, 8).mean(axis=1)
    assert rates.mean() == pytest.approx(mean, abs=tolerance(rates))


def test_difficulties_spread_as_the_mixture_says() -> None:
    world = World.parse("sim/0.5*beta(80,20)+0.5*beta(20,80)")
    p = np.array([world.difficulty(q) for q in QUESTIONS])
    assert np.mean(p > 0.5) == pytest.approx(0.5, abs=4 * 0.5 / len(p) ** 0.5)
    assert p[p > 0.5].mean() == pytest.approx(0.8, abs=0.01)
    assert p[p > 0.5].std() == pytest.approx((0.8 * 0.2 / 101) ** 0.5, abs=0.01)


def test_a_draw_is_right_as_often_as_its_question_says() -> None:
    model, q = "sim/beta(2,2)", QUESTIONS[5]
    p, n = World.parse(model).difficulty(q), 3000
    assert right(model, [q], n).mean() == pytest.approx(p, abs=4 * (p * (1 - p) / n) ** 0.5)


@pytest.mark.parametrize("rho", [0.0, 0.25, 0.6])
def test_pairs_of_draws_are_correlated_as_declared(rho: float) -> None:
    # Beta(500, 500): p is nearly 1/2 for all questions, so what correlates two draws is rho alone.
    drawn = right(f"sim/beta(500,500)?rho={rho}", QUESTIONS, 6).astype(float) - 0.5
    pairs = np.array([(row.sum() ** 2 - (row**2).sum()) / 30 for row in drawn]) / 0.25
    assert pairs.mean() == pytest.approx(rho, abs=tolerance(pairs) + 1 / 1000)


def test_rho_changes_no_accuracy() -> None:
    rates = right("sim/beta(3,2)?rho=0.5", QUESTIONS, 4).mean(axis=1)
    assert rates.mean() == pytest.approx(0.6, abs=tolerance(rates))


def test_replicates_are_independent_even_where_draws_repeat_each_other() -> None:
    first = right("sim/beta(500,500)?rho=1", QUESTIONS, 2)
    second = right("sim/beta(500,500)?rho=1", QUESTIONS, 2, replicate=1)
    assert (first[:, 0] == first[:, 1]).all()
    assert np.corrcoef(first[:, 0], second[:, 0])[0, 1] == pytest.approx(0, abs=4 / len(first) ** 0.5)


def test_the_declared_share_abstains_and_is_cut_off() -> None:
    drawn = [s for pool in pools("sim/beta(2,2)?abstain=0.2&truncate=0.1", QUESTIONS[:200], 20) for s in pool]
    cut = np.mean([s.truncated for s in drawn])
    mute = np.mean([s.text == "…" for s in drawn])
    far = NormalDist().inv_cdf(0.9999) * 0.5 / len(drawn) ** 0.5
    assert cut == pytest.approx(0.1, abs=far)
    assert mute == pytest.approx(0.2 * 0.9, abs=far)
    assert all(s.tokens_out == 1024 for s in drawn if s.truncated)
    assert all(parse(s, QUESTIONS[0]) is None for s in drawn if s.truncated or s.text == "…")


def test_temperature_0_gives_the_most_probable_answer() -> None:
    model = "sim/beta(2,2)"
    for q, pool in zip(QUESTIONS, pools(model, QUESTIONS[:50], 6, parameters={"temperature": 0}), strict=False):
        answers, weights = World.parse(model).answers(q)
        assert {s.text for s in pool} == {f"Answer: {answers[int(np.argmax(weights))]}"}


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        (Question("Which?", "choice", "B", ("x", "y", "z")), {"A", "C"}),
        (Question("How many?", "number", "7"), {"8", "9", "10", "11"}),
        (Question("Who?", "text", "Ada"), {"wrong 1", "wrong 2", "wrong 3", "wrong 4"}),
        (Question("Which?", "choice", ("A", "B"), ("x", "y")), set()),
    ],
)
def test_wrong_answers_are_wrong_and_of_the_right_kind(question: Question, wrong: set[str]) -> None:
    answers, weights = World.parse("sim/beta(2,2)").answers(question)
    assert answers[0] == question.golds[0]
    assert set(answers[1:]) == wrong
    assert all(weight > 0 for weight in weights)
    assert sum(weights) == pytest.approx(1) if wrong else weights


def test_an_option_keeps_its_share_in_whatever_place_it_stands() -> None:
    world = World.parse("sim/beta(1,9)?wrong=2")
    shares = []
    for order in permutations("wxyz"):
        answers, weights = world.answers(
            Question("Which?", "choice", "ABCD"[order.index("y")], tuple(order), id="q")
        )
        shares.append({order["ABCD".index(letter)]: w for letter, w in zip(answers, weights, strict=True)})
    assert set(shares[0]) == {"y", "w", "x"}
    assert shares == [shares[0]] * 24


def test_tokens_dollars_and_seconds_are_as_declared() -> None:
    model = "sim/beta(2,2)?tokens=30&seconds=2&price=1/4"
    drawn = [s for pool in pools(model, QUESTIONS[:100], 20, parameters={"max_tokens": 1000}) for s in pool]
    assert np.mean([s.tokens_out for s in drawn]) == pytest.approx(30, abs=4 * 30 / len(drawn) ** 0.5)
    assert np.median([s.seconds for s in drawn]) == pytest.approx(2, rel=0.1)
    for s in drawn:
        assert s.usd == pytest.approx((s.tokens_in / s.batch + 4 * s.tokens_out) / 1e6)
        assert not s.estimated


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("sim/", "does not declare"),
        ("sim/beta", "does not declare"),
        ("sim/beta(2)", "does not declare"),
        ("sim/beta(2,-1)", "does not declare"),
        ("sim/0.5*beta(2,2)", "add up to 1"),
        ("sim/beta(0,1)", "positive"),
        ("sim/beta(2,2)?rho", "rho= is not a number"),
        ("sim/beta(2,2)?rho=2", "out of range"),
        ("sim/beta(2,2)?rho=nan", "out of range"),
        ("sim/beta(2,2)?abstain=-0.1", "out of range"),
        ("sim/beta(2,2)?seconds=inf", "out of range"),
        ("sim/beta(2,2)?price=-1/2", "out of range"),
        ("sim/beta(2,2)?price=nan", "out of range"),
        ("sim/beta(2,2)?price=x", "not a number"),
        ("sim/beta(2,2)?wrong=1.5", "not a number"),
        ("sim/beta(2,2)?colour=red", "unknown option 'colour'"),
        ("sim/beta(2,2)?parts=1", "unknown option 'parts'"),
        ("sim/beta(2, 2)", "not a model id"),
        ("", "not a model id"),
        (" sim/beta(2,2)", "not a model id"),
    ],
)
def test_an_id_that_cannot_be_read_is_a_clear_error(model: str, said: str) -> None:
    with pytest.raises(ModelError) as raised:
        Session().client(model)
    assert said in str(raised.value)
    assert f"'{model}'" in str(raised.value)


def test_a_question_without_a_known_answer_is_refused() -> None:
    with pytest.raises(ModelError, match="right answer is known"):
        pools("sim/beta(2,2)", [Question("Why?")], 1)
