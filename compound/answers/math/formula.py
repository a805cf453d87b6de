"""From tidy LaTeX to a tree: the parser of one scalar formula.

A tree is `("n", fraction)`, `("s", symbol)`, or an operator (`+`, `*`, `/`, `^`) with two trees.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from compound.answers.math.tidy import TOKEN

LONGEST, DEEPEST = 400, 24

Tree = tuple[Any, ...]


class Opaque(Exception):  # noqa: N818 - an outcome, never seen outside
    """A formula that is not understood here, or too large to be worked out."""


class Formula:
    """A recursive-descent parser of one scalar formula. Raises `Opaque` for whatever is not plainly arithmetic."""

    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)
        self.place = self.depth = 0
        if len(self.tokens) > LONGEST:
            raise Opaque

    def whole(self) -> Tree:
        """The tree of the whole text."""
        tree = self.sum()
        if self.place < len(self.tokens):
            raise Opaque
        return tree

    def peek(self, ahead: int = 0) -> str:
        """A token to come, or nothing."""
        return self.tokens[self.place + ahead] if self.place + ahead < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        """The next token, which must be there."""
        piece = self.peek()
        if not piece or (expected and piece != expected):
            raise Opaque
        self.place += 1
        return piece

    def sum(self) -> Tree:
        """Terms with signs between them."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Opaque
        sign = self.take() if self.peek() in ("+", "-") else "+"
        tree = self.product()
        if sign == "-":
            tree = ("*", ("n", Fraction(-1)), tree)
        while self.peek() in ("+", "-"):
            sign = self.take()
            term = self.product()
            tree = ("+", tree, term if sign == "+" else ("*", ("n", Fraction(-1)), term))
        self.depth -= 1
        return tree

    def product(self) -> Tree:
        """Factors, with or without a sign between them."""
        tree, divided = self.power(), False
        while True:
            if self.peek() in ("\\cdot", "/"):
                divided = self.take() == "/"
                negative = self.peek() == "-" and bool(self.take())
                factor = self.power()
                factor = ("*", ("n", Fraction(-1)), factor) if negative else factor
                tree = ("/" if divided else "*", tree, factor)
            elif self.peek() and (self.peek()[0] in "({\\" or self.peek().isalnum()) and self.peek() != "\\}":
                # "1/2x" is read in two ways, "2 3" in none.
                if divided or self.peek()[0].isdigit():
                    raise Opaque
                tree = ("*", tree, self.power())
            else:
                return tree

    def power(self) -> Tree:
        """An atom, with its factorial or exponent."""
        tree = self.atom()
        if self.peek() == "!":
            self.take()
            if tree[0] != "n" or tree[1].denominator != 1 or not 0 <= tree[1] <= 30:
                raise Opaque
            product = 1
            for factor in range(2, int(tree[1]) + 1):
                product *= factor
            tree = ("n", Fraction(product))
        if self.peek() == "^":
            self.take()
            negative = self.peek() == "-" and bool(self.take())
            exponent = self.atom()
            tree = ("^", tree, ("*", ("n", Fraction(-1)), exponent) if negative else exponent)
        if self.peek() in ("^", "!", "_"):
            raise Opaque
        return tree

    def atom(self) -> Tree:
        """A number, a symbol, a group, a fraction or a root."""
        piece = self.take()
        if piece[0].isdigit() or piece[0] == ".":
            if not piece.isascii() or len(piece) > 80 or piece == ".":
                raise Opaque
            if self.peek() == "_":
                return ("s", piece + self.subscript())
            whole = ("n", Fraction(piece))
            # A mixed number: 1\frac{4}{5}.
            if piece.isdigit() and self.peek() == "\\frac":
                mark = self.place
                fraction = self.atom()
                if fraction[0] == "/" and all(side[0] == "n" and side[1].denominator == 1 for side in fraction[1:]):
                    return ("+", whole, fraction)
                self.place = mark
            return whole
        if piece in ("(", "{"):
            tree = self.sum()
            self.take(")" if piece == "(" else "}")
            return tree
        if piece == "\\frac":
            return ("/", self.argument(), self.argument())
        if piece == "\\sqrt":
            index: Tree = ("n", Fraction(2))
            if self.peek() == "[":
                self.take()
                index = self.sum()
                self.take("]")
            return ("^", self.argument(), ("/", ("n", Fraction(1)), index))
        if piece in ("\\pi", "\\theta", "\\alpha", "\\beta", "\\phi", "\\omega", "\\lambda") or (
            len(piece) == 1 and piece.isascii() and piece.isalpha()
        ):
            if piece in "fgh" and self.peek() == "(":
                raise Opaque
            return ("s", piece + (self.subscript() if self.peek() == "_" else ""))
        raise Opaque

    def argument(self) -> Tree:
        """What \\frac and \\sqrt take: a group, or one digit, letter or command."""
        piece = self.peek()
        if piece[:1].isdigit() and len(piece) > 1:
            self.tokens[self.place] = piece[1:]
            return ("n", Fraction(piece[0]))
        self.depth += 1
        if self.depth > DEEPEST:
            raise Opaque
        tree = self.atom()
        self.depth -= 1
        return tree

    def subscript(self) -> str:
        """A subscript, as part of a name."""
        self.take("_")
        if self.peek() != "{":
            return f"_{{{self.take()}}}"
        start = self.place
        while self.take() != "}":
            pass
        return "_" + "".join(self.tokens[start : self.place])
