"""The expression language: `vote(cot, n=16) @ openai/gpt-4o-mini`.

    expression  value [@ "model"]             at the top level the model may stand unquoted, to the end
    value       None  True  False  number  string  [value, …]  name  name(value, …, field=value, …)
    sweep       1..40  {1, 2, 4}              `expand` gives every combination, `parse` refuses them

Parsing evaluates nothing: names are looked up among the registered strategies, and everything else is a literal.
"""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from itertools import product
from typing import Any

from compound.core import ExpressionError, nearest
from compound.strategies.base import Strategy
from compound.strategies.bound import Bound, BoundScorer
from compound.strategies.grammar import MOST, At, Call, List, Sweep, read
from compound.strategies.part import Part
from compound.strategies.registry import named
from compound.strategies.scorer import Scorer

_LONE = re.compile("[\ud800-\udfff]")  # halves of a character, which no file can hold


def parse(text: str) -> Strategy:
    """The strategy that an expression names.

    Raises:
        ExpressionError: says where and why it cannot be read, lists what there is, suggests the nearest.
    """
    tree = read(text)
    if _has_sweep(tree):
        raise ExpressionError(f"'{text}' is a sweep over several strategies; one is needed here")
    return _strategy(next(_built(tree)), text)


def expand(text: str) -> list[Strategy]:
    """Every strategy of a sweep, in order; a single one for an expression without sweeps.

    Raises:
        ExpressionError: as `parse`; or there are more than 10,000.
    """
    tree = read(text)
    if _count(tree) > MOST:
        raise ExpressionError(f"'{text}' names more than {MOST:,} strategies")
    return [_strategy(one, text) for one in _built(tree)]


def write(value: Any, *, full: bool = False) -> str:
    """The expression of a strategy or a value; `full` writes the fields that have their default too."""
    if isinstance(value, Bound | BoundScorer):
        return f"{write(value.part, full=full)} @ {write(value.model)}"
    if isinstance(value, Part):
        return _written(value, full)
    if isinstance(value, tuple | list):
        return f"[{', '.join(write(item, full=full) for item in value)}]"
    if isinstance(value, str):
        return _LONE.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(value, ensure_ascii=False))
    return repr(value)


def _written(value: Part, full: bool) -> str:
    arguments = []
    for place, field in enumerate(fields(value)):
        given = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if given == default and type(given) is type(default) and not full:
            continue
        first = place == 0 and isinstance(given, Part | tuple)
        arguments.append(("" if first else f"{field.name}=") + write(given, full=full))
    return f"{value.name}({', '.join(arguments)})" if arguments else value.name


def _strategy(value: Any, text: str) -> Strategy:
    if isinstance(value, Scorer):
        raise ExpressionError(f"'{text}' is a scorer, not a strategy: best_of(cot, n=8, by={value!r}) uses it")
    if not isinstance(value, Strategy):
        raise ExpressionError(f"'{text}' is a value, not a strategy; one looks like vote(cot, n=8)")
    return value


def _at(part: Any, model: str) -> Part:
    if isinstance(part, Strategy | Scorer):
        return part @ model
    raise ExpressionError(f"{part!r} stands before @: only a strategy or a scorer asks a model")


def _has_sweep(node: Any) -> bool:
    match node:
        case Sweep():
            return True
        case Call():
            return any(map(_has_sweep, [*node.arguments, *(value for _, value in node.named)]))
        case List():
            return any(map(_has_sweep, node.items))
        case At():
            return _has_sweep(node.part)
    return False


def _count(node: Any) -> int:
    """How many values a tree stands for."""
    match node:
        case Sweep():
            return len(node.values) if isinstance(node.values, range) else sum(map(_count, node.values))
        case Call():
            return math.prod(map(_count, [*node.arguments, *(value for _, value in node.named)]))
        case List():
            return math.prod(map(_count, node.items))
        case At():
            return _count(node.part)
    return 1


def _built(node: Any) -> Iterator[Any]:
    """Every value that a tree stands for."""
    match node:
        case Sweep():
            for value in node.values:
                yield from _built(value)
        case List():
            yield from (list(items) for items in _products(node.items))
        case At():
            yield from (_at(part, node.model) for part in _built(node.part))
        case Call():
            names = [name for name, _ in node.named]
            for values in _products([*node.arguments, *(value for _, value in node.named)]):
                count = len(node.arguments)
                yield _called(node.name, values[:count], dict(zip(names, values[count:], strict=True)))
        case _:
            yield node


def _products(nodes: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    return product(*(list(_built(node)) for node in nodes))


def _called(name: str, arguments: Sequence[Any], given: dict[str, Any]) -> Part:
    make = named(name)
    parameters = inspect.signature(make).parameters
    for unknown in given.keys() - parameters.keys():
        raise ExpressionError(f"{name} has no parameter '{unknown}': {nearest(unknown, parameters)}")
    if len(arguments) > len(parameters):
        raise ExpressionError(f"{name} takes at most {len(parameters)} values: {', '.join(parameters)}")
    for twice in [p for p in list(parameters)[: len(arguments)] if p in given]:
        raise ExpressionError(f"{name} is given '{twice}' twice")
    try:
        return make(*arguments, **given)
    except TypeError:
        missing = [
            p.name
            for place, p in enumerate(parameters.values())
            if p.default is p.empty and place >= len(arguments) and p.name not in given
        ]
        if not missing:
            raise
        raise ExpressionError(f"{name} needs {', '.join(missing)}: for example {name}(cot, n=8)") from None
