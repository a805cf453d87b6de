"""From the text of an expression to a tree of calls, lists, sweeps and literals. Nothing is evaluated."""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from compound.core import ExpressionError
from compound.strategies.registry import named

MOST = 10_000  # values of one sweep, and strategies of one expression
_LONGEST, _DEEPEST, _DIGITS = 20_000, 40, 300
_LITERALS = {"None": None, "True": True, "False": False}
_ESCAPE = re.compile(r"\\(?:[\\'\"abfnrtvxuUN0-3]|(.))")  # others mean different things in different Pythons
_INTEGER = re.compile(r"\d+(?:_\d+)*")
_FLOAT = re.compile(r"(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Call:
    """`name(argument, …, field=value, …)`."""

    name: str
    arguments: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class List:
    """`[item, …]`."""

    items: tuple[Any, ...]


@dataclass(frozen=True)
class Sweep:
    """`1..40` or `{1, 2, 4}`."""

    values: Sequence[Any]


@dataclass(frozen=True)
class At:
    """`part @ "model"`."""

    part: Any
    model: str


def read(text: str) -> Any:
    """The tree of an expression: a `Call`, `List`, `Sweep` or `At` of such, or a literal.

    Raises:
        ExpressionError: says where and why it cannot be read.
    """
    return _Parser(text).whole()


class _Token(NamedTuple):
    kind: int
    text: str
    start: int
    end: int


class _Parser:
    """Reads one expression; positions in messages are 1-based columns."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > _LONGEST:
            raise ExpressionError(f"an expression may have {_LONGEST:,} characters, this one has {len(text):,}")
        source, self.model = _split_model(text)
        self.tokens = list(self._tokens(source))
        self.place = 0
        self.depth = 0

    def _tokens(self, source: str) -> Iterator[_Token]:
        if "\n" in source or "\r" in source or "\0" in source:
            raise ExpressionError(f"{source[:80]!r}: an expression is one line")
        skipped = {tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT}
        try:
            for token in tokenize.generate_tokens(io.StringIO(source.strip()).readline):
                if token.type not in skipped:
                    yield _Token(token.type, token.string, token.start[1], token.end[1])
        except tokenize.TokenError:
            raise ExpressionError(f"'{source}' ends too early: a bracket or a quote is not closed") from None
        except (SyntaxError, UnicodeError) as error:
            raise ExpressionError(f"'{source}' cannot be read: {error.args[0]}") from None

    def whole(self) -> Any:
        """The tree of the whole text."""
        tree = self._expression()
        if self.place < len(self.tokens):
            raise self._wrong("the end")
        return At(tree, self.model) if self.model else tree

    def _wrong(self, wanted: str) -> ExpressionError:
        if self.place >= len(self.tokens):
            return ExpressionError(f"'{self.text}' ends where {wanted} should follow")
        token = self.tokens[self.place]
        return ExpressionError(
            f"'{self.text}', column {token.start + 1}: {token.text!r} stands where {wanted} should"
        )

    def _peek(self, text: str) -> bool:
        here = self.tokens[self.place : self.place + 1]
        return bool(here) and here[0].text == text and here[0].kind == tokenize.OP

    def _skip(self, text: str) -> bool:
        found = self._peek(text)
        self.place += found
        return found

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise self._wrong(f"'{text}'")

    def _expression(self) -> Any:
        tree = self._value()
        if not self._skip("@"):
            return tree
        if self.place >= len(self.tokens) or self.tokens[self.place].kind != tokenize.STRING:
            raise self._wrong("a model id in quotes")
        return At(tree, self._string(self.tokens[self.place]))

    def _value(self) -> Any:
        if self.place >= len(self.tokens):
            raise self._wrong("a value")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ExpressionError(f"'{self.text[:80]}…' is nested more than {_DEEPEST} deep")
        try:
            return self._read()
        finally:
            self.depth -= 1

    def _read(self) -> Any:
        token = self.tokens[self.place]
        if token.kind == tokenize.NAME:
            self.place += 1
            return self._name(token.text)
        if token.kind == tokenize.STRING:
            return self._string(token)
        if token.kind == tokenize.NUMBER or token.text == "-":
            return self._number()
        if self._skip("["):
            return List(self._items("]"))
        if self._skip("{"):
            return Sweep(self._items("}"))
        raise self._wrong("a value")

    def _string(self, token: _Token) -> str:
        if token.text[0] not in "'\"":
            raise self._wrong("a plain string")
        if any(escape[1] for escape in _ESCAPE.finditer(token.text)):
            raise self._wrong("a string without unknown escapes")
        try:
            said = str(ast.literal_eval(token.text))
        except (SyntaxError, ValueError):
            raise self._wrong("a string without unknown escapes") from None
        self.place += 1
        return said

    def _items(self, close: str) -> tuple[Any, ...]:
        items = []
        while not self._skip(close):
            items.append(self._expression())
            if not self._peek(close):
                self._expect(",")
        if close == "}" and not items:
            raise ExpressionError(f"'{self.text}': an empty sweep")
        return tuple(items)

    def _name(self, name: str) -> Any:
        if name in _LITERALS:
            return _LITERALS[name]
        named(name)
        if not self._skip("("):
            return Call(name, (), ())
        arguments: list[Any] = []
        keywords: dict[str, Any] = {}
        while not self._skip(")"):
            token = self.tokens[self.place] if self.place < len(self.tokens) else None
            following = self.tokens[self.place + 1 : self.place + 2]
            if token and token.kind == tokenize.NAME and following and following[0].text == "=":
                if token.text in keywords:
                    raise ExpressionError(f"{name} is given '{token.text}' twice")
                self.place += 2
                keywords[token.text] = self._expression()
            elif keywords:
                raise self._wrong("a named parameter")
            else:
                arguments.append(self._expression())
            if not self._peek(")"):
                self._expect(",")
        return Call(name, tuple(arguments), tuple(keywords.items()))

    def _number(self) -> Any:
        sign = -1 if self._skip("-") else 1
        here = self.tokens[self.place : self.place + 2]
        if not here or here[0].kind != tokenize.NUMBER:
            raise self._wrong("a number")
        # "1..40" arrives as the two numbers "1." and ".40" without a space between them.
        if (
            len(here) == 2
            and here[0].text.endswith(".")
            and here[1].text.startswith(".")
            and here[0].end == here[1].start
        ):
            low, high = here[0].text[:-1], here[1].text[1:]
            if sign > 0 and _INTEGER.fullmatch(low) and _INTEGER.fullmatch(high):
                self.place += 2
                return self._range(low, high)
            raise self._wrong("a sweep such as 1..40")
        value = self._literal(here[0].text)
        self.place += 1
        return sign * value

    def _range(self, low: str, high: str) -> Sweep:
        if len(low) > _DIGITS or len(high) > _DIGITS or not int(low) <= int(high) < int(low) + MOST:
            raise ExpressionError(f"'{self.text}': the sweep {low}..{high} is empty or longer than {MOST:,}")
        return Sweep(range(int(low), int(high) + 1))

    def _literal(self, text: str) -> int | float:
        if _INTEGER.fullmatch(text) and len(text) <= _DIGITS:
            return int(text)
        if _FLOAT.fullmatch(text) and math.isfinite(value := float(text)):
            return value
        raise self._wrong("a finite decimal number")


def _split_model(text: str) -> tuple[str, str]:
    """What stands before an `@` outside of brackets and quotes, and the unquoted model id after it."""
    depth, quote, escaped = 0, "", False
    for place, char in enumerate(text):
        if quote:
            if char == quote and not escaped:
                quote = ""
            escaped = char == "\\" and not escaped
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "@" and depth == 0:
            model = text[place + 1 :].strip()
            if not model or model[0] in "'\"":
                return text, ""
            if any(c.isspace() for c in model):
                raise ExpressionError(f"'{model}' after @ is not a model id; quote it if it is one")
            return text[:place], model
    return text, ""
