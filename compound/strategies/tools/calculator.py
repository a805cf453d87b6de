"""Exact arithmetic. An expression is read by our own parser of numbers and operators: nothing is evaluated."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction

from compound.answers.number import canonical
from compound.strategies.part import strategy
from compound.strategies.tool import Tool

_LONGEST, _BITS, _DEEPEST = 500, 4096, 60  # characters of an expression, bits of any number in it, its nesting
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "$": "", "€": "", "£": ""})
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_OPERATORS: dict[type, Callable[[Fraction, Fraction], Fraction | int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


@strategy("calculator")
class Calculator(Tool):
    """Works out numbers with + - * / // % ** and brackets, exactly."""

    @property
    def purpose(self) -> str:
        """See `Tool.purpose`."""
        return "takes one arithmetic expression of numbers, + - * / // % ** and brackets; gives its value"

    async def use(self, given: str) -> str:
        """See `Tool.use`."""
        return shown(calculated(given))


def calculated(expression: str) -> Fraction:
    """The exact value of an arithmetic expression.

    Raises:
        ValueError: it is no arithmetic, or a number in it is too large.
        ZeroDivisionError: it divides by zero.
    """
    text = _THOUSANDS.sub("", expression.translate(_SIGNS)).strip().rstrip("= ")
    if not text or len(text) > _LONGEST:
        raise ValueError(f"an expression has 1 to {_LONGEST} characters, this one {len(text)}")
    try:
        return _value(ast.parse(text, mode="eval").body, _DEEPEST)
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"this is no arithmetic expression: {expression.strip()[:80]!r}") from None


def shown(value: Fraction) -> str:
    """The value as the answer kinds write it, with its decimals where it has no finite ones."""
    exact = canonical(value)
    return f"{exact} (about {float(value):.10g})" if "/" in exact and value.denominator < 1 << 900 else exact


def _value(node: ast.expr, depth: int) -> Fraction:
    if depth == 0:
        raise ValueError(f"brackets are nested at most {_DEEPEST} deep")
    match node:
        case ast.Constant(int() | float() as number) if not isinstance(number, bool):
            return _small(Fraction(repr(number)))
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand, depth - 1)
        case ast.UnaryOp(ast.UAdd(), operand):
            return _value(operand, depth - 1)
        case ast.BinOp(left, ast.Pow(), right):
            return _power(_value(left, depth - 1), _value(right, depth - 1))
        case ast.BinOp(left, how, right) if type(how) in _OPERATORS:
            return _small(Fraction(_OPERATORS[type(how)](_value(left, depth - 1), _value(right, depth - 1))))
    raise ValueError("only numbers, + - * / // % ** and brackets can be worked out here")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1:
        raise ValueError("an exponent must be a whole number here")
    if abs(exponent) * size > _BITS:
        raise ValueError("this power is too large to be written out")
    return Fraction(base ** int(exponent))


def _small(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _BITS:
        raise ValueError("a number here is too large to be written out")
    return value
