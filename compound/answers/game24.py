"""Game of 24: `(10 - 4) * (5 - 1)`, read by a small parser and worked out in exact fractions.

The value is the expression with what does not matter left out: spaces, needless brackets, the order of terms and of
factors. Right is what uses exactly the numbers in the question's metadata (`numbers`) and makes 24.
Not covered: powers, roots, and numbers put together from digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from compound.answers.kind import Kind, undecorated
from compound.core import Question, TaskError

_TARGET = 24
_LONGEST, _DEEPEST = 200, 20
_TOKEN = re.compile(r"\s*(\d{1,6}(?![\d.])|[-+*/()])")
_SIGNS = str.maketrans({"×": "*", "·": "*", "∙": "*", "⋅": "*", "÷": "/", "∕": "/", "[": "(", "]": ")"})
_DASHES = str.maketrans(dict.fromkeys("−–—‐‑", "-"))
_TIMES = re.compile(r"\\(?:times|cdot)(?![A-Za-z])|(?<=[\d)\s])[xX](?=[\d(\s])")
_DIVIDED = re.compile(r"\\div(?![A-Za-z])")
_MARKS = re.compile(r"\\(?:left|right|[()\[\],!])|\$")


@dataclass(frozen=True)
class _Node:
    """A sum of terms (`+`, each with its sign) or a product of factors (`*`, each as factor or divisor)."""

    sign: str
    parts: tuple[tuple[int, Term], ...]


Term = int | _Node


class Game24(Kind):
    """An arithmetic expression of given numbers."""

    name = "game24"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        return 'Finish with one line of the form "Answer: E", where E is one expression such as (1 + 2 + 3) * 4.'

    def read(self, said: str, question: Question) -> str | None:
        """The expression; `E = 24` and `24 = E` are read too, a chain of steps is not. A lone number is none."""
        sides = [_expression(side) for side in said.split("=")] if len(said) <= _LONGEST else []
        if not sides or len(sides) > 2 or None in sides:
            return None
        expressions = [side for side in sides if isinstance(side, _Node)]
        return _written(expressions[0]) if len(expressions) == 1 else None

    def guess(self, text: str, question: Question) -> str | None:
        """A last line that is an expression."""
        lines = [line for line in text.splitlines() if line.strip()]
        return self.read(lines[-1], question) if lines else None

    def grade(self, value: str, question: Question) -> bool:
        """Whether the expression uses each of the numbers once and makes 24: whichever it is, it is right."""
        numbers = question.metadata.get("numbers")
        if not numbers:
            raise TaskError(f"question {question.id}: kind '{self.name}' needs its numbers (metadata: numbers)")
        tree = _expression(value)
        if tree is None or sorted(map(int, re.findall(r"\d+", value))) != sorted(map(int, numbers)):
            return False
        return _worked_out(tree) == _TARGET


def _expression(said: str) -> Term | None:
    """The tree of an expression, or None where the text is not one, from its first to its last character."""
    said = _TIMES.sub("*", _DIVIDED.sub("/", said)).translate(_SIGNS).translate(_DASHES)
    said = undecorated(_MARKS.sub("", said)).rstrip(".").strip()
    tokens, at = [], 0
    while at < len(said):
        if (match := _TOKEN.match(said, at)) is None:
            return None
        tokens.append(match[1])
        at = match.end()
    try:
        parser = _Parser(tokens)
        tree = parser.sum(0)
        return tree if not parser.tokens else None
    except (IndexError, ValueError):
        return None


class _Parser:
    """Recursive descent: sums of products of numbers and brackets. IndexError: the text ends too soon."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    def sum(self, depth: int) -> Term:
        if depth > _DEEPEST:
            raise ValueError("too many brackets")
        negative = self._next_is("-")
        parts = [(-1 if negative else 1, self._product(depth))]
        while (plus := self._next_is("+")) or self._next_is("-"):
            parts.append((1 if plus else -1, self._product(depth)))
        return _joined("+", parts)

    def _next_is(self, token: str) -> bool:
        """Whether the next token is this one; then it is taken."""
        if self.tokens[-1:] != [token]:
            return False
        self.tokens.pop()
        return True

    def _product(self, depth: int) -> Term:
        parts = [(1, self._factor(depth))]
        while (times := self._next_is("*")) or self._next_is("/"):
            parts.append((1 if times else -1, self._factor(depth)))
            if not times and not _worked_out(parts[-1][1]):
                raise ValueError("division by zero")
        return _joined("*", parts)

    def _factor(self, depth: int) -> Term:
        if self._next_is("("):
            inner = self.sum(depth + 1)
            if not self._next_is(")"):
                raise ValueError("a bracket stays open")
            return inner
        if self._next_is("-"):
            return _joined("+", [(-1, int(self.tokens.pop()))])
        return int(self.tokens.pop())


def _joined(sign: str, parts: list[tuple[int, Term]]) -> Term:
    """One node for nested sums, or nested products: `a - (b - c)` is `a + c - b`."""
    flat: list[tuple[int, Term]] = []
    for outer, part in parts:
        if isinstance(part, _Node) and part.sign == sign:
            flat += [(outer * inner, term) for inner, term in part.parts]
        else:
            flat.append((outer, part))
    if len(flat) == 1 and flat[0][0] == 1:
        return flat[0][1]
    return _Node(sign, tuple(sorted(flat, key=lambda part: (-part[0], _order(part[1])))))


def _order(term: Term) -> tuple[bool, int, str]:
    return (isinstance(term, _Node), term if isinstance(term, int) else 0, _written(term))


def _written(term: Term) -> str:
    if isinstance(term, int):
        return str(term)
    signs = {1: "+", -1: "-"} if term.sign == "+" else {1: "*", -1: "/"}
    text = ""
    for sign, part in term.parts:
        bracketed = isinstance(part, _Node) and term.sign == "*"
        text += signs[sign] + (f"({_written(part)})" if bracketed else _written(part))
    return text.removeprefix("+").removeprefix("*")


def _worked_out(term: Term) -> Fraction:
    if isinstance(term, int):
        return Fraction(term)
    if term.sign == "+":
        return sum((sign * _worked_out(part) for sign, part in term.parts), Fraction(0))
    product = Fraction(1)
    for sign, part in term.parts:
        product = product * _worked_out(part) if sign == 1 else product / _worked_out(part)
    return product
