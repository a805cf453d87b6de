"""What a tree is worth: exactly, modulo a prime, and as a number with a bound of its rounding error.

Each evaluator raises `Opaque` for what it cannot work out; `worked_out` makes None of that.
"""

from __future__ import annotations

import cmath
import hashlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from compound.answers.math.formula import Opaque, Tree

_PRIME = 2**127 - 1


def exact(tree: Tree) -> Fraction:
    """The value of a formula of rational numbers."""
    if tree[0] == "n":
        value: Fraction = tree[1]
        return value
    if tree[0] == "s":
        raise Opaque
    one, other = exact(tree[1]), exact(tree[2])
    if tree[0] == "+":
        return _small(one + other)
    if tree[0] == "*":
        return _small(one * other)
    if tree[0] == "/":
        if not other:
            raise Opaque
        return _small(one / other)
    bits = max(one.numerator.bit_length(), one.denominator.bit_length())
    if other.denominator != 1 or abs(other) * bits > 1000 or (not one and other <= 0):
        raise Opaque
    return one ** int(other)


def _small(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > 2000:
        raise Opaque
    return value


def _random(*key: object) -> int:
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=16).digest(), "big") % _PRIME


def formal(tree: Tree) -> int:
    """The formula modulo a prime, a random number in place of each symbol and each power that is no whole one."""
    if tree[0] == "n":
        value: Fraction = tree[1]
        return value.numerator * pow(value.denominator, -1, _PRIME) % _PRIME
    if tree[0] == "s":
        return _random(tree[1])
    one = formal(tree[1])
    if tree[0] == "^":
        try:
            exponent = exact(tree[2])
        except Opaque:
            return _random("power", one, formal(tree[2]))
        if exponent.denominator != 1:
            return _random("power", one, formal(("n", exponent)))
        if abs(exponent) > 10**6 or (not one and exponent <= 0):
            raise Opaque
        return pow(one, int(exponent), _PRIME)
    other = formal(tree[2])
    if tree[0] == "/":
        if not other:
            raise Opaque
        return one * pow(other, -1, _PRIME) % _PRIME
    return (one + other if tree[0] == "+" else one * other) % _PRIME


_UNIT = 2.0**-50
_NUMBERS = {"\\pi": complex(cmath.pi), "e": complex(cmath.e), "i": 1j}


def numeric(tree: Tree) -> tuple[complex, float]:
    """A value of the formula, with symbols as numbers between 1 and 2, and a bound of its rounding error."""
    if tree[0] == "n":
        value = complex(float(tree[1]))
        return value, abs(value) * _UNIT
    if tree[0] == "s":
        value = _NUMBERS.get(tree[1], complex(1 + _random("value", tree[1]) / _PRIME))
        return value, abs(value) * _UNIT
    (a, da), (b, db) = numeric(tree[1]), numeric(tree[2])
    if tree[0] == "+":
        return a + b, da + db + abs(a + b) * _UNIT
    if tree[0] == "*":
        return a * b, abs(a) * db + abs(b) * da + da * db + abs(a * b) * _UNIT
    if tree[0] == "/":
        if abs(b) <= 2 * db:
            raise Opaque
        return a / b, (da + abs(a / b) * db) / (abs(b) - db) + abs(a / b) * _UNIT
    whole = b.imag == 0 and b.real == int(b.real) and db < 0.1 and tree[2][0] in ("n", "*")
    if abs(a) <= 2 * da or (a.real < 0 and abs(a.imag) <= da and not whole):
        raise Opaque  # near zero, or near the cut of the root
    value = a ** int(b.real) if whole else a**b
    relative = abs(b) * da / abs(a) + abs(cmath.log(a)) * (0 if whole else db) + (abs(b) + 4) * _UNIT
    if relative > 0.01:
        raise Opaque
    return value, 2 * abs(value) * relative


def worked_out(work: Callable[[Tree], Any], tree: Tree) -> Any:
    """What an evaluator makes of a tree, or None."""
    try:
        return work(tree)
    except (Opaque, ArithmeticError, ValueError):
        return None
