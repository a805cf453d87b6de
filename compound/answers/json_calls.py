"""Tool calls in JSON: `{"name": "search", "arguments": {"q": "weather"}}`, to vote on what to call.

Where a call may stand: a fenced block, a bare object or array in the text, OpenAI's layouts
(`{"tool_calls": [{"function": {"name": …, "arguments": "…"}}]}`, with the arguments as an object or as JSON in a
string). The last stated value that is a call, or an array of calls, wins. A reply without one abstains.

The question's metadata says what counts: `{"match": "name" | "arguments" | "name_and_arguments",
"exclude": [...]}`; `exclude` names arguments that never count (timestamps), at any depth.

A value is canonical JSON: sorted keys, no spaces, numbers by value: 1, 1.0 and 1e0 are one number, 1 and "1" and
true are not; nothing is rounded. NaN and infinity are no JSON, and so no call.
Of a key that comes twice the last value counts, as in Python, JavaScript and most servers. The order of an array
counts; so does the order of several calls.
Not covered: calls in XML or in Python syntax; schemas (a default that is left out is not the default stated).
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from compound.answers.kind import Kind
from compound.core import Question, TaskError

MODES = ("name", "arguments", "name_and_arguments")
_LONGEST = 250_000  # characters of a reply that are looked at, from the last
_LONGEST_CALL = 100_000  # characters of one call
_MOST_TRIES = 50  # texts that are read as JSON, from the last
_DEEPEST = 60
_ZEROS = 400  # a number with a larger exponent is written with one

# A string ends with its line, else a stray quote would swallow the text; only then may it span lines. A string
# that does not end matches too: to try again from each quote would be quadratic.
_MARK = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|[{}\[\]]')
_SPANNING = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]]', re.DOTALL)
_OPENING = re.compile(r"[{\[]")
_PARTS = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?")
_CLOSING = {"{": "}", "[": "]"}


class _Number(str):
    """A number in canonical spelling, written without quotes."""

    __slots__ = ()


class Calls(Kind):
    """A tool call, or several; the value is canonical JSON of what counts."""

    name = "json"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        return 'Finish with the tool call as JSON: {"name": "…", "arguments": {…}}.'

    def parse(self, text: str, question: Question, *, truncated: bool = False) -> str | None:
        """The last call that a reply states. A truncated reply counts if it does not end inside brackets."""
        mode, excluded = _matching(question)
        for mark in (_MARK, _SPANNING):
            for piece in _outermost(text[-_LONGEST:], mark, truncated=truncated)[:_MOST_TRIES]:
                if calls := _calls(_decoded(piece), 0):
                    kept = [_kept(call, mode, excluded) for call in calls]
                    return _written(kept[0] if len(kept) == 1 else kept)
        return None

    def read(self, said: str, question: Question) -> str | None:
        """The canonical value of the last call in a text, or None."""
        return self.parse(said, question)

    def guess(self, text: str, question: Question) -> str | None:
        """A reply without a call abstains."""
        return None


def _matching(question: Question) -> tuple[str, frozenset[str]]:
    mode, excluded = question.metadata.get("match", "name_and_arguments"), question.metadata.get("exclude", ())
    if mode not in MODES:
        raise TaskError(f"question {question.id}: match {mode!r} is none of {', '.join(MODES)}")
    if isinstance(excluded, str):
        excluded = (excluded,)
    if not isinstance(excluded, list | tuple | set | frozenset) or not all(isinstance(x, str) for x in excluded):
        raise TaskError(f"question {question.id}: exclude {excluded!r} is no list of argument names")
    return cast(str, mode), frozenset(excluded)


def _outermost(text: str, mark: re.Pattern[str], *, truncated: bool) -> list[str]:
    """The outermost bracketed pieces of a text, the last one first; one pass, whatever the nesting.

    Quotes count inside brackets only: an inch sign in prose opens nothing. A truncated text that ends inside
    brackets has no pieces: what it would have stated is not known.
    """
    opened: list[tuple[str, int]] = []
    pieces: list[tuple[int, int]] = []
    place = 0
    while found := (mark if opened else _OPENING).search(text, place):
        piece, place = found[0], found.end()
        if piece in "{[":
            opened.append((piece, found.start()))
        elif piece[0] != '"':
            bracket, start = opened.pop()
            if _CLOSING[bracket] == piece:
                while pieces and pieces[-1][0] > start:
                    pieces.pop()  # inside this one
                pieces.append((start, place))
            else:
                opened.clear()  # brackets that do not match are no JSON
    if truncated and opened:
        return []
    return [text[start:end] for start, end in reversed(pieces) if end - start <= _LONGEST_CALL]


def _decoded(piece: str) -> Any:
    """The JSON in a piece of text, its numbers canonical; None where it is none, or nested too deep."""
    depth = deepest = 0
    for mark in _SPANNING.finditer(piece):
        depth += (mark[0] in "{[") - (mark[0] in "}]")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        return None
    try:
        return json.loads(piece, parse_int=_number, parse_float=_number, parse_constant=_refused, strict=False)
    except (ValueError, RecursionError):
        return None


def _refused(constant: str) -> Any:
    raise ValueError(constant)


def _number(text: str) -> _Number:
    """`1`, `1.0` and `1e0` in one spelling, by their digits: nothing is rounded."""
    match = _PARTS.fullmatch(text)
    if not match:  # an exponent of ten digits
        return _Number(text)
    sign, whole, decimals, power = match[1], match[2], match[3] or "", int(match[4] or 0)
    digits = (whole + decimals).lstrip("0")
    significant = digits.rstrip("0")
    exponent = power - len(decimals) + len(digits) - len(significant)
    if not significant:
        return _Number("0")
    if 0 <= exponent <= _ZEROS:
        return _Number(f"{sign}{significant}{'0' * exponent}")
    if -_ZEROS <= exponent < 0:
        padded = significant.rjust(1 - exponent, "0")
        return _Number(f"{sign}{padded[:exponent]}.{padded[exponent:]}")
    return _Number(f"{sign}{significant}e{exponent}")


def _calls(found: Any, depth: int) -> list[tuple[str, Any]]:
    """The calls (name, arguments) in a decoded piece; empty where it is something else."""
    if depth > 4:
        return []
    if isinstance(found, list):
        each = [_calls(part, depth + 1) for part in found]
        return [call for calls in each for call in calls] if each and all(each) else []
    if not isinstance(found, dict):
        return []
    for wrapper in ("tool_calls", "tool_call", "function_call", "function"):
        if isinstance(inner := found.get(wrapper), dict | list):
            return _calls(inner, depth + 1)
    name = found.get("name", found.get("function"))
    if not isinstance(name, str) or isinstance(name, _Number) or not name.strip():
        return []
    arguments = found.get("arguments", found.get("parameters", found.get("input", {})))
    if isinstance(arguments, str) and not isinstance(arguments, _Number):
        decoded = _decoded(arguments) if arguments.strip() else {}
        if decoded is None:
            return []  # the server would refuse it too
        arguments = decoded
    arguments = {} if arguments is None else arguments
    return [(name.strip(), arguments)] if isinstance(arguments, dict) else []


def _kept(call: tuple[str, Any], mode: str, excluded: frozenset[str]) -> Any:
    name, arguments = call
    if mode == "name":
        return {"name": name}
    arguments = _without(arguments, excluded)
    return {"arguments": arguments} if mode == "arguments" else {"arguments": arguments, "name": name}


def _without(found: Any, excluded: frozenset[str]) -> Any:
    if isinstance(found, dict):
        return {key: _without(value, excluded) for key, value in found.items() if key not in excluded}
    return [_without(part, excluded) for part in found] if isinstance(found, list) else found


def _written(found: Any) -> str:
    """Canonical JSON; pure ASCII, so no half of a surrogate pair gets out."""
    if isinstance(found, _Number):
        return str(found)
    if isinstance(found, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_written(found[key])}" for key in sorted(found)) + "}"
    if isinstance(found, list):
        return "[" + ",".join(map(_written, found)) + "]"
    return json.dumps(found)
