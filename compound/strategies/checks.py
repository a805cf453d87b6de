"""Checking a part's parameters against the types of its fields."""

from __future__ import annotations

import math
import types
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from compound.core import ExpressionError

if TYPE_CHECKING:
    from compound.strategies.part import Part


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def check_types(part: Part) -> None:
    """Compare every field of a part with its annotation.

    Raises:
        ExpressionError: names the part, the parameter, what it takes and what it got.
    """
    hints = _hints(type(part))
    for parameter in fields(part):
        value, wanted = getattr(part, parameter.name), hints[parameter.name]
        if not _fits(value, wanted):
            raise ExpressionError(f"{part.name}: {parameter.name} takes {_called(wanted)}, not {value!r}")


def _fits(value: Any, wanted: Any) -> bool:
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return value in inner
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, inner[0]) for item in value)
    if wanted is float:
        return _fits(value, int) or (isinstance(value, float) and math.isfinite(value))
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted)


def _called(wanted: Any) -> str:
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        return " or ".join(_called(one) for one in inner)
    if origin is Literal:
        return " or ".join(repr(one) for one in inner)
    if origin is tuple:
        return f"a list of {_called(inner[0])}"
    if wanted is type(None):
        return "None"
    names = {int: "a whole number", float: "a number", str: "a string", bool: "True or False"}
    return names.get(wanted) or f"a {wanted.__name__.lower()}"
