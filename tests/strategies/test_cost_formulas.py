"""What a strategy says it costs is what the meter counts."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from solving import QUESTION, questions, script, solve

from compound.models.backend import Call
from compound.strategies import REGISTRY, Part, Scorer, Strategy, parse, reward
from compound.strategies.scorers.reward import REWARDS

OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
}  # fmt: skip
# A strategy that is asked in another way has its cost among its own tests.
TRIED = (
    "adaptive_vote best_of certainty_vote cisc cot deepconf early_stop_vote economic_vote expected_judge few_shot "
    "filter_vote judge mix p_true ranked_vote ranking recorded_score reward self_certainty sequence_probability "
    "single token_confidence tournament universal verbal verdict vote weighted_vote"
).split()
PARTS = {name: REGISTRY[name] for name in TRIED}
STRATEGIES = sorted(name for name, make in PARTS.items() if issubclass(make, Strategy))  # type: ignore[arg-type]
SCORERS = sorted(name for name, make in PARTS.items() if issubclass(make, Scorer))  # type: ignore[arg-type]
# Each registered name with parameters that are worth trying; the others are tried as they are.
VARIANTS = {
    "vote": ["vote(cot, n=1)", "vote(cot, n=7)", "vote(vote(cot, n=2), n=3)"],
    "mix": ["mix([cot, single])", "mix([vote(cot, n=3), vote(single, n=3)])"],
    "few_shot": ["few_shot(examples=2)"],
    "adaptive_vote": ["adaptive_vote(cot, n=1)", "adaptive_vote(cot, n=3)", "adaptive_vote(cot, n=12)"],
    "early_stop_vote": ["early_stop_vote(cot, n=8)", "early_stop_vote(vote(cot, n=2), n=7, window=2)"],
    "economic_vote": ["economic_vote(cot, n=9, price=0)", "economic_vote(cot, n=9, price=2)"],
    "universal": ["universal(cot, n=1)", "universal(cot, n=6)"],
    "tournament": [
        f'tournament({c}, n={n}, comparisons={k}, form="{form}")'
        for c, n, k in [("cot", 1, 2), ("cot", 2, 2), ("cot", 3, 4), ("cot", 8, 6), ("vote(cot, n=2)", 5, 2)]
        for form in ("knockout", "pivot")
    ],
    "judge": ["judge", "judge(n=3)", "judge(n=5, scale=5)"],
    "token_confidence": [f'token_confidence(statistic="{s}")' for s in ("mean", "tail", "bottom", "least")],
    "reward": ['reward("one")'],
    "ranking": ["ranking", "ranking(most=2)"],
    "ranked_vote": ["ranked_vote", "ranked_vote(ranking(most=2), n=4)"],
}


@pytest.fixture(autouse=True)
def _one() -> Any:
    reward("one")(lambda question, answer: 1.0)
    yield
    del REWARDS["one"]


def worth(formula: str, names: dict[str, int]) -> int:
    """The value of a sum of products; nothing else is a formula."""

    def of(node: ast.expr) -> int:
        match node:
            case ast.BinOp(left, how, right):
                return OPERATORS[type(how)](of(left), of(right))
            case ast.Name(name):
                return names[name]
            case ast.Constant(int(value)):
                return value
        raise AssertionError(f"{formula!r} is no formula: {ast.dump(node)}")

    return of(ast.parse(formula, mode="eval").body)


def cost(part: Part) -> tuple[bool, int]:
    """Whether the formula says "at most", and what it comes to."""
    names = {f.name: v for f in fields(part) if type(v := getattr(part, f.name)) is int}
    for letter, inner in [
        ("c", getattr(part, "candidate", None) or next(iter(getattr(part, "parts", ())), None)),
        ("s", getattr(part, "scorer", None)),
    ]:
        if inner is not None:
            names[letter] = cost(inner)[1]
    return part.cost.startswith("<="), worth(part.cost.removeprefix("<=").strip(), names)


def test_each_variant_is_one_of_them() -> None:
    assert VARIANTS.keys() <= PARTS.keys()
    assert len(STRATEGIES) + len(SCORERS) == len(TRIED)


WHOLE = [
    text
    for name in STRATEGIES
    for text in VARIANTS.get(
        name, [name if not getattr(PARTS[name], "select", None) else f"{name}(cot, n={n})" for n in (1, 5)]
    )
]
SCORED = [text for name in SCORERS for text in VARIANTS.get(name, [name])]


@pytest.mark.parametrize("text", dict.fromkeys(WHOLE))
def test_a_strategy_costs_what_its_formula_says(text: str) -> None:
    part = parse(text)
    most, formula = cost(part)
    found = set()
    for question in questions(6):
        shown = replace(question, examples=(QUESTION,) * 4)
        found.add(solve(part, shown).spent.calls)
    assert (max(found) <= formula) if most else found == {formula}


@pytest.mark.parametrize("text", SCORED)
@pytest.mark.parametrize("candidate", ["cot", "vote(cot, n=2)"])
def test_a_scorer_costs_what_its_formula_says(text: str, candidate: str) -> None:
    part = parse(f"best_of({candidate}, n=3, by={text})")
    most, formula = cost(part)
    assert not most
    assert formula == 3 * (cost(part.candidate)[1] + cost(part.scorer)[1])
    assert solve(part).spent.calls == formula


def test_at_most_is_reached() -> None:
    """Where every candidate says something else, and the judgements go round, nothing is saved."""

    def says(call: Call, i: int) -> str:
        named = {"compare": "Better: A", "choose": "Choice: 1"}
        return named.get(call.parameters["step"], f"Answer: {call.draws[i].lane[0]}")

    with script(says) as model:
        for text in (
            "adaptive_vote(cot, n=9)",
            "early_stop_vote(cot, n=9)",
            "economic_vote(cot, n=9, price=0)",
            "universal(cot)",
        ):
            part = parse(text)
            assert solve(part, model=model).spent.calls == cost(part)[1]
        knockout = parse("tournament(cot, n=8, comparisons=4)")
        assert solve(knockout, model=model).spent.calls == 8 + 4 * 7
        for n in range(2, 9):
            pivot = parse(f'tournament(cot, n={n}, form="pivot")')
            matches = solve(pivot, model=model).spent.calls - n
            assert matches <= cost(pivot)[1] - n == 2 * (n + 2 * (n - 2) + 1)


def test_the_evaluator_takes_formulas_only() -> None:
    assert worth("n * (c + s) - 1", {"n": 3, "c": 2, "s": 1}) == 8
    for text in ("__import__('os')", "n.real", "n ** 9", "'a'"):
        with pytest.raises((AssertionError, KeyError)):
            worth(text, {"n": 1})
