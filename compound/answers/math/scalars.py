"""Values, and how a single formula becomes one: read by the parser, evaluated, written in one spelling."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from compound.answers.math.evaluate import exact, formal, numeric, worked_out
from compound.answers.math.formula import DEEPEST, Formula, Opaque
from compound.answers.math.tidy import TEXT, TOKEN
from compound.answers.number import canonical

_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}(?![A-Za-z{])")
_PLAIN_WORDS = re.compile(
    r"(?<!\S)(?:is|it|of|to|so|we|by|at|be|in|if|the|for|and|are|not|was|has|but|all|can|its)(?!\S)"
)
_APART = re.compile(r"(?<![_\d])(?<!\\frac )(?<!\\frac)\d+ \d")  # "1 450 000" is no number, and not 1450000


class Value(NamedTuple):
    """A canonical string and how it is read.

    Attributes:
        text: the canonical string.
        shape: `number`, `formula`, `words`, `relation`, `opaque`, or with parts: a bracket pair (`(]`), `set`,
            `union`, `matrix 2x1`.
        parts: the canonical strings of the parts.
        exact: the value of a rational number.
        formal: the formula modulo a prime.
        numeric: its numerical value with the bound of its error.
    """

    text: str
    shape: str
    parts: tuple[str, ...] = ()
    exact: Fraction | None = None
    formal: int | None = None
    numeric: tuple[complex, float] | None = None


def _plainly(text: str) -> str:
    """The tokens in one spelling: arguments in braces, no space that does not matter."""
    plain, rest = _spelled(TOKEN.findall(text)[::-1], 0)
    if rest:
        raise Opaque
    return plain


def _spelled(tokens: list[str], depth: int) -> tuple[str, list[str]]:
    """The tokens (the next one last) up to a closing brace, and those after it."""
    if depth > DEEPEST:
        raise Opaque
    out = ""

    def argument(digits: bool) -> str:
        piece = tokens.pop() if tokens else "}"
        if piece == "}":
            raise Opaque
        if piece == "{":
            inner, _ = _spelled(tokens, depth + 1)
            if not tokens:
                raise Opaque
            tokens.pop()
            return f"{{{inner}}}"
        if piece in ("\\frac", "\\sqrt"):
            inside = [argument(True) for _ in range(1 + (piece == "\\frac"))]
            return "{" + piece + "".join(inside) + "}"
        if digits and piece.isdigit() and len(piece) > 1:
            tokens.append(piece[1:])
            piece = piece[0]
        return f"{{{piece}}}"

    while tokens and tokens[-1] != "}":
        piece = tokens.pop()
        if piece == "{":
            tokens.append(piece)
            out += argument(False)
            continue
        glued = piece[0].isalpha() and re.search(r"\\[A-Za-z]+$", out)
        out += " " if glued or (out[-1:].isdigit() and piece[0] in ".0123456789") else ""
        out += piece
        if piece == "\\frac":
            out += argument(True) + argument(True)
        elif piece == "\\sqrt":
            if tokens and tokens[-1] == "[" and "]" in tokens:
                while tokens[-1] != "]":
                    out += tokens.pop()
                out += tokens.pop()
            out += argument(True)
        elif piece in ("^", "_") and tokens and tokens[-1] == "-" and len(tokens) > 1:
            tokens.pop()
            power = argument(False)
            out += "{-" + power[1:]
        elif piece in ("^", "_") and tokens and tokens[-1] != "(":
            out += argument(False)
    return out, tokens


def symbols(text: str) -> set[str]:
    """The letters that stand for something unknown."""
    return set(re.findall(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])", re.sub(r"\\[A-Za-z]+", "", text))) - {"e", "i"}


def scalar(text: str) -> Value | None:
    """The value of one formula; None for prose and for what is no formula at all."""
    if text.count("{") != text.count("}") or not any(char.isalnum() for char in text):
        return None
    bare = re.sub(r"\\[A-Za-z]+", " ", TEXT.sub(" ", text))
    if _PROSE.search(bare) or _PLAIN_WORDS.search(bare) or _APART.search(text):
        return None
    plain = _plainly(text)
    try:
        tree = Formula(plain).whole()
    except Opaque:
        return Value(plain, "opaque") if plain.isprintable() else None
    rational = worked_out(exact, tree)
    if rational is not None:
        size = max(abs(rational.numerator), rational.denominator)
        text = canonical(rational) if size < 10**60 else plain
        return Value(text, "number", exact=rational)
    return Value(plain, "formula", formal=worked_out(formal, tree), numeric=worked_out(numeric, tree))
