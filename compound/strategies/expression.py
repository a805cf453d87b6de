"""The expression language: `vote(cot, n=16) @ openai/gpt-4o-mini`.

    expression  value [@ "model"]             at the top level the model may stand unquoted, to the end
    value       None  True  False  number  string  [value, …]  name  name(value, …, field=value, …)
    sweep       1..40  {1, 2, 4}              `expand` gives every combination, `parse` refuses them

Parsing evaluates nothing: names are looked up among the registered strategies, and everything else is a literal.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import math
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import product
from typing import Any, NamedTuple

from compound.core import ExpressionError, nearest
from compound.strategies.base import Strategy
from compound.strategies.bound import Bound
from compound.strategies.registry import named

_LONGEST, _DEEPEST, _MOST, _DIGITS = 20_000, 40, 10_000, 300
_LITERALS = {"None": None, "True": True, "False": False}
_LONE = re.compile("[\ud800-\udfff]")  # halves of a character, which no file can hold
_ESCAPE = re.compile(r"\\(?:[\\'\"abfnrtvxuUN0-3]|(.))")  # others mean different things in different Pythons
_INTEGER = re.compile(r"\d+(?:_\d+)*")
_FLOAT = re.compile(r"(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class _Call:
    name: str
    arguments: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class _List:
    items: tuple[Any, ...]


@dataclass(frozen=True)
class _Sweep:
    values: Sequence[Any]


@dataclass(frozen=True)
class _At:
    part: Any
    model: str


def parse(text: str) -> Strategy:
    """The strategy that an expression names.

    Raises:
        ExpressionError: says where and why it cannot be read, lists what there is, suggests the nearest.
    """
    tree = _Parser(text).whole()
    if _has_sweep(tree):
        raise ExpressionError(f"'{text}' is a sweep over several strategies; one is needed here")
    return _strategy(next(_built(tree)), text)


def expand(text: str) -> list[Strategy]:
    """Every strategy of a sweep, in order; a single one for an expression without sweeps.

    Raises:
        ExpressionError: as `parse`; or there are more than 10,000.
    """
    tree = _Parser(text).whole()
    if _count(tree) > _MOST:
        raise ExpressionError(f"'{text}' names more than {_MOST:,} strategies")
    return [_strategy(one, text) for one in _built(tree)]


def write(value: Any, *, full: bool = False) -> str:
    """The expression of a strategy or a value; `full` writes the fields that have their default too."""
    if isinstance(value, Bound):
        return f"{write(value.strategy, full=full)} @ {write(value.model)}"
    if isinstance(value, Strategy):
        return _written(value, full)
    if isinstance(value, tuple | list):
        return f"[{', '.join(write(item, full=full) for item in value)}]"
    if isinstance(value, str):
        return _LONE.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(value, ensure_ascii=False))
    return repr(value)


def _written(value: Strategy, full: bool) -> str:
    arguments = []
    for place, field in enumerate(fields(value)):
        given = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if given == default and type(given) is type(default) and not full:
            continue
        first = place == 0 and isinstance(given, Strategy | tuple)
        arguments.append(("" if first else f"{field.name}=") + write(given, full=full))
    return f"{value.name}({', '.join(arguments)})" if arguments else value.name


def _strategy(value: Any, text: str) -> Strategy:
    if not isinstance(value, Strategy):
        raise ExpressionError(f"'{text}' is a value, not a strategy; one looks like vote(cot, n=8)")
    return value


def _has_sweep(node: Any) -> bool:
    match node:
        case _Sweep():
            return True
        case _Call():
            return any(map(_has_sweep, [*node.arguments, *(value for _, value in node.named)]))
        case _List():
            return any(map(_has_sweep, node.items))
        case _At():
            return _has_sweep(node.part)
    return False


def _count(node: Any) -> int:
    """How many values a tree stands for."""
    match node:
        case _Sweep():
            return len(node.values) if isinstance(node.values, range) else sum(map(_count, node.values))
        case _Call():
            return math.prod(map(_count, [*node.arguments, *(value for _, value in node.named)]))
        case _List():
            return math.prod(map(_count, node.items))
        case _At():
            return _count(node.part)
    return 1


def _built(node: Any) -> Iterator[Any]:
    """Every value that a tree stands for."""
    match node:
        case _Sweep():
            for value in node.values:
                yield from _built(value)
        case _List():
            yield from (list(items) for items in _products(node.items))
        case _At():
            yield from (Bound(_strategy(part, "what stands before @"), node.model) for part in _built(node.part))
        case _Call():
            names = [name for name, _ in node.named]
            for values in _products([*node.arguments, *(value for _, value in node.named)]):
                count = len(node.arguments)
                yield _called(node.name, values[:count], dict(zip(names, values[count:], strict=True)))
        case _:
            yield node


def _products(nodes: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    return product(*(list(_built(node)) for node in nodes))


def _called(name: str, arguments: Sequence[Any], given: dict[str, Any]) -> Strategy:
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
        return _At(tree, self.model) if self.model else tree

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
        return _At(tree, self._string(self.tokens[self.place]))

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
            return _List(self._items("]"))
        if self._skip("{"):
            return _Sweep(self._items("}"))
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
            return _Call(name, (), ())
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
        return _Call(name, tuple(arguments), tuple(keywords.items()))

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

    def _range(self, low: str, high: str) -> _Sweep:
        if len(low) > _DIGITS or len(high) > _DIGITS or not int(low) <= int(high) < int(low) + _MOST:
            raise ExpressionError(f"'{self.text}': the sweep {low}..{high} is empty or longer than {_MOST:,}")
        return _Sweep(range(int(low), int(high) + 1))

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
