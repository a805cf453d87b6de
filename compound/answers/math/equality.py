"""Whether two values are equal, part by part; the steps are told in the docstring of the package."""

from __future__ import annotations

from collections.abc import Callable

from compound.answers.math.evaluate import numeric, worked_out
from compound.answers.math.scalars import Value, symbols
from compound.answers.math.tidy import ASSIGNED, RELATION
from compound.answers.math.values import value_of

Ask = Callable[[str, str], bool]


def equal(one: str, other: str, ask: Ask) -> bool:
    """Whether two canonical values are equal; `ask` decides about two formulas where arithmetic does not."""
    if one == other:
        return True
    a, b = (value_of(text) for text in sorted((one, other)))
    if not a or not b:
        return False
    if a.shape == "relation" or b.shape == "relation":
        return _related_equal(a, b, ask)
    if a.parts or b.parts:
        if a.shape != b.shape or len(a.parts) != len(b.parts):
            return False
        if a.shape in ("set", "union"):
            return _matched(list(a.parts), list(b.parts), ask)
        return all(equal(x, y, ask) for x, y in zip(a.parts, b.parts, strict=True))
    if "words" in (a.shape, b.shape):
        return False
    return _scalars_equal(a, b, ask)


def _scalars_equal(a: Value, b: Value, ask: Ask) -> bool:
    if a.exact is not None and b.exact is not None:
        return a.exact == b.exact
    if a.formal is not None and a.formal == b.formal:
        return True
    x, y = _approximately(a), _approximately(b)
    if x and y and abs(x[0] - y[0]) > 4 * (x[1] + y[1]):
        return False
    return ask(*sorted((a.text, b.text)))


def _approximately(value: Value) -> tuple[complex, float] | None:
    if value.exact is None:
        return value.numeric
    found: tuple[complex, float] | None = worked_out(numeric, ("n", value.exact))
    return found


def _matched(one: list[str], other: list[str], ask: Ask) -> bool:
    """Whether the members can be paired off; with an equality that is an equivalence any pairing is as good."""
    both = set(one) & set(other)
    rest = [member for member in other if member not in both]
    for member in one:
        if member not in both:
            if (partner := next((name for name in rest if equal(member, name, ask)), None)) is None:
                return False
            rest.remove(partner)
    return True


def _related_equal(a: Value, b: Value, ask: Ask) -> bool:
    """`y=2x` is `2x`; two relations are left to sympy unless side equals side."""
    if a.shape != b.shape:
        relation, plain = (a, b) if a.shape == "relation" else (b, a)
        assigned = relation.text.count("=") == len(relation.parts) - 1 and ASSIGNED.fullmatch(relation.parts[0])
        return bool(assigned) and equal(relation.parts[-1], plain.text, ask)
    if (
        RELATION.findall(a.text) == RELATION.findall(b.text)
        and len(a.parts) == len(b.parts)
        and all(equal(x, y, lambda _p, _q: False) for x, y in zip(a.parts, b.parts, strict=True))
    ):
        return True
    return symbols(a.text) == symbols(b.text) and ask(*sorted((a.text, b.text)))
