"""How many completions a strategy asks for at most, from its cost formula."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

from compound.experiment.pools import Arm
from compound.strategies import Cascade, Scorer, Strategy
from compound.strategies.bound import Bound, BoundScorer
from compound.strategies.fitted import unfitted
from compound.strategies.part import Part
from compound.strategies.pooled import Pooled

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


def most_calls(part: Part, **given: float) -> float:
    """Completions that a part takes at most to answer one question, or to score one candidate.

    Args:
        part: a strategy or a scorer; `Part.cost` is its formula.
        given: parameters to put other values in the place of.

    Returns:
        A whole number; infinity where the formula is none (a program of another library).
    """
    if isinstance(part, Bound | BoundScorer):
        return most_calls(part.part, **given)
    inner = [most_calls(one) for one in part.inner() if isinstance(one, Strategy)]
    scoring = sum(most_calls(one) for one in _scorers(part))
    if isinstance(part, Cascade):  # stages differ, so its formula is a sentence
        return sum(inner) + (len(part.stages) - 1) * scoring
    # A routed vote has a direct answer beside its candidate: c is the candidate's.
    candidate = getattr(part, "candidate", None)
    c = most_calls(candidate) if isinstance(candidate, Part) else max(inner, default=1)
    try:
        formula = ast.parse(part.cost.removeprefix("<=").strip(), mode="eval").body
    except SyntaxError:
        return math.inf
    return _value(formula, part, {"c": c, "s": scoring, **given})


def fixed(part: Part) -> bool:
    """Whether a part always takes as many completions as `most_calls` says, if no call fails.

    A candidate without an answer is not scored, so no scorer that asks is fixed.
    """
    if isinstance(part, Bound | BoundScorer):
        return fixed(part.part)
    inner = [one for one in part.inner() if isinstance(one, Strategy)]
    return (
        not part.cost.startswith("<=")
        and not any(most_calls(one) for one in _scorers(part))
        and len({most_calls(one) for one in inner}) <= 1
        and all(map(fixed, inner))
        and math.isfinite(most_calls(part))
    )


def arm_calls(arm: Arm, *, replicates: int, greedy: bool) -> float:
    """Completions that the runner asks for at most on one question, those that arms share included."""
    one = most_calls(arm.candidate)
    baseline = one if greedy else 0
    selector = arm.selector
    if selector is None:
        return replicates * most_calls(arm.solver) + baseline
    picking = 0 if arm.free else sum(most_calls(selector, n=k) - k * one for k in arm.ks)
    return pool_calls(arm, arm.draws) + replicates * picking + baseline


def pool_calls(arm: Arm, draws: int) -> float:
    """Completions that a pool of so many candidates takes at most; without a pool those of one answer."""
    selector = arm.selector
    if selector is None:
        return most_calls(arm.solver)
    scoring = most_calls(selector.scorer) if selector.scorer else 0
    return draws * (most_calls(selector.candidate) + scoring)


def arm_fixed(arm: Arm) -> bool:
    """Whether `arm_calls` is exact: of a free selector the whole pool is drawn, however early it would stop."""
    selector = arm.selector
    if selector is None or not arm.free:
        return fixed(arm.solver)
    return fixed(selector.candidate) and not (selector.scorer and most_calls(selector.scorer))


def fitting_calls(strategy: Strategy) -> float:
    """Completions that fitting takes at most on one training question: every part inside is tried."""
    return sum(max(most_calls(one), sum(most_calls(inner) for inner in one.inner())) for one in unfitted(strategy))


def _scorers(part: Part) -> list[Scorer]:
    if isinstance(part, Pooled):
        return [part.scorer] if part.scorer else []
    return [one for one in part.inner() if isinstance(one, Scorer)]


def _value(node: ast.expr, part: Part, known: Mapping[str, float]) -> float:
    match node:
        case ast.BinOp(left, op, right):
            return _OPERATORS[type(op)](_value(left, part, known), _value(right, part, known))
        case ast.Constant(value):
            return float(value)  # type: ignore[arg-type]
        case ast.Name(name):
            return known[name] if name in known else float(getattr(part, name))
    raise ValueError(f"{part.name}: the cost formula '{part.cost}' has more than names, numbers, +, - and *")
