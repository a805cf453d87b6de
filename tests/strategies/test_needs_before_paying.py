"""What a model cannot do is said before the first call is paid."""

from __future__ import annotations

import asyncio

import pytest
from solving import QUESTION, script

from compound.core import ExpressionError, MissingAbilityError
from compound.models.backend import Call
from compound.strategies import PTrue, SelfCertainty, parse
from compound.strategies.needs import parts

LACKING = [
    "best_of(cot, n=2, by=p_true)",
    "best_of(cot, n=2, by=expected_judge)",
    "cisc(cot, n=2)",
    "deepconf(cot, n=2)",
    "certainty_vote(cot, n=2)",
    "weighted_vote(cot, n=2)",
    "weighted_vote(cot, n=2, by=recorded_score)",
    "vote(vote(cisc(cot, n=2), n=2), n=2)",
    'vote(mix([cot @ "sim/beta(2,2)", cisc(cot, n=2)]), n=2)',
    'cisc(cot @ "sim/beta(2,2)", n=2)',
    'deepconf(mix([cot @ "sim/beta(2,2)", cot]), n=2)',
]
ENOUGH = [
    "best_of(cot, n=2)",
    "vote(cot, n=2)",
    'cisc(cot, n=2, by=p_true @ "sim/beta(2,2)")',
    'best_of(cot, n=2, by=expected_judge @ "sim/beta(2,2)")',
    'deepconf(cot @ "sim/beta(2,2)", n=2)',
    'weighted_vote(mix([cot @ "sim/beta(2,2)", single @ "sim/beta(2,1)"]), n=2)',
]


def counted() -> tuple[list[str], object]:
    paid: list[str] = []

    def says(call: Call, i: int) -> str:
        paid.append(call.parameters["step"])
        return "Answer: 1" if call.parameters["step"] == "answer" else "Score: 3"

    return paid, says


@pytest.mark.parametrize("text", LACKING)
@pytest.mark.parametrize("form", ["run", "arun"])
def test_a_missing_ability_is_named_and_nothing_is_spent(text: str, form: str) -> None:
    paid, says = counted()
    how = parse(text)
    missing = pytest.raises(MissingAbilityError, match=r"needs (logprobs|alternatives|scores) of script/it: \w+")
    with script(says) as model, missing:  # type: ignore[arg-type]
        if form == "run":
            how.run(QUESTION, model=model)
        else:
            asyncio.run(how.arun(QUESTION, model=model))
    assert paid == []


@pytest.mark.parametrize("text", ENOUGH)
def test_what_another_model_is_asked_for_is_needed_of_that_one_alone(text: str) -> None:
    _, says = counted()
    with script(says) as model:  # type: ignore[arg-type]
        answer = parse(text).run(QUESTION, model=model)
    assert answer.usage.calls >= 2
    assert all(step.failure is None for step in answer.step.walk())


def test_a_score_of_the_candidates_own_tokens_is_bound_to_no_model() -> None:
    with pytest.raises(ExpressionError, match=r"self_certainty asks no model.*bind the candidate"):
        SelfCertainty() @ "sim/beta(2,2)"
    assert repr(PTrue() @ "m") == 'p_true @ "m"'


def test_every_part_is_listed_with_the_models_it_asks_or_reads() -> None:
    how = parse('cisc(mix([cot @ "a", vote(cot, n=2) @ "b", single]), n=3, by=judge @ "j")')
    asked = {(part.name, model) for part, model in parts(how, "m")}
    assert asked == {
        ("cisc", "m"), ("mix", "m"), ("cot", "a"), ("vote", "b"), ("cot", "b"), ("single", "m"), ("judge", "j"),
    }  # fmt: skip
    read = parse('deepconf(best_of(cot @ "a", by=judge @ "j"), n=3)')
    assert ("token_confidence", "a") in {(part.name, model) for part, model in parts(read, "m")}
    assert ("token_confidence", "j") not in {(part.name, model) for part, model in parts(read, "m")}
