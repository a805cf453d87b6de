"""From text to a value: words, one formula, or a structure that is read part by part.

Collections, tuples, intervals, unions, matrices and relations are here; what has no parts is in `scalars`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from compound.answers.math.formula import LONGEST, Opaque
from compound.answers.math.scalars import Value, scalar, symbols
from compound.answers.math.tidy import ASSIGNED, PLAIN_WORD, RELATION, TEXT, TRAILING, pieces, tidy, wrapped

KEPT = 65_536  # results
_MOST_PARTS = 40
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_WORDS = re.compile(r"[^\W\d_][^\W\d_' .-]*(?:[ '.-]{1,2}[^\W\d_]+){0,5}")
_LETTER = re.compile(r"\(?\s*([A-Za-z])\s*\)\.?|([A-Z])\.")
_NO_ANSWER = re.compile(
    r"(?:unknown|n/?a|not sure|unclear|idk|i do(?:n['’]t| not) know.*|i ?(?:am|['’]m) .*|i can.*|sorry.*)", re.I
)
_AND = re.compile(r"\s*\\text\s*\{\s*,?\s*(?:and|or)\s*,?\s*\}\s*|(?<=[\d)}\]$ ])\s*,?\s*\b(?:and|or)\b\s+")


@lru_cache(maxsize=KEPT)
def value_of(text: str) -> Value | None:
    """The value that a piece of text is, or None: prose, nothing, or too long. Never raises."""
    if not text or len(text) > LONGEST or not text.isprintable() or _NO_ANSWER.fullmatch(TEXT.sub(r"\1", text)):
        return None
    try:
        value = _value(tidy(text), 0)
    except (Opaque, RecursionError):
        return None
    return value if value and len(value.text) <= LONGEST else None


def _value(text: str, depth: int) -> Value | None:
    if depth > 6 or not text:
        return None
    letter = _LETTER.fullmatch(TEXT.sub(r"\1", text).strip())
    if letter:
        return scalar((letter[1] or letter[2]) if len(text) > 1 else text)
    if words := _words(text):
        return words
    text = _AND.sub(", ", PLAIN_WORD.sub(lambda m: f"\\{m[1].replace('infinity', 'infty')} ", text))
    while len(rest := TRAILING.sub("", text).strip()) < len(text) and rest:
        text = rest
    text = TEXT.sub(lambda m: f" {m[1]} " if len(m[1].strip()) < 2 else m[0], text).strip()
    if len(parts := pieces(_ungrouped(text), ",")) > 1:
        return _collected(parts, depth, keep=True)
    text = parts[0]
    if len(parts := pieces(text, "\\cup")) > 1:
        if (read := _each(parts, depth)) is None:
            return None
        names = tuple(sorted({part.text for part in read}))
        return Value("\\cup".join(names), "union", names)
    if RELATION.search(text) and (related := _related(text, depth)):
        return related
    if enclosed := wrapped(text):
        opening, inside, closing = enclosed
        if (opening, closing) == ("\\{", "\\}"):
            return _collected(pieces(inside, ","), depth)
        parts = pieces(inside, ",")
        if len(parts) > 1 and opening in "([" and closing in ")]":
            if (read := _each(parts, depth)) is None:
                return None
            inner = ",".join(part.text for part in read)
            return Value(f"{opening}{inner}{closing}", opening + closing, tuple(part.text for part in read))
        if (opening, closing) in (("(", ")"), ("{", "}")):
            return _value(inside, depth + 1)
    if text.startswith("\\begin{pmatrix}") and text.endswith("\\end{pmatrix}") and text.count("\\begin") == 1:
        return _matrix(text[len("\\begin{pmatrix}") : -len("\\end{pmatrix}")], depth)
    if text.count("\\pm") == 1:
        both = [text.replace("\\pm", sign).strip().removeprefix("+") for sign in "+-"]
        return _collected(both, depth)
    return scalar(text)


def _ungrouped(text: str) -> str:
    """Commas that group digits taken out, except within brackets, where they part."""
    out, depth, place = [], 0, 0
    for match in re.finditer(r"\\?[(\[]|[)\]]|\\[{}]|" + _THOUSANDS.pattern, text):
        piece = match[0]
        if piece[-1] in "([" or piece == "\\{":
            depth += 1
        elif piece in (")", "]", "\\}"):
            depth -= 1
        elif depth == 0:
            out += [text[place : match.start()], piece.replace(",", "")]
            place = match.end()
    return "".join([*out, text[place:]])


def _words(text: str) -> Value | None:
    plain = " ".join(TEXT.sub(r"\1", text).split()).strip("\"'` .")
    if not _WORDS.fullmatch(plain) or _NO_ANSWER.fullmatch(plain) or PLAIN_WORD.search(plain):
        return None
    in_words = any(len(word) > 2 for word in re.split(r"[ '.-]", plain)) or (len(plain) > 1 and "\\text" in text)
    return Value(plain.casefold(), "words") if in_words or plain.casefold() == "no" else None


def _each(parts: Sequence[str], depth: int) -> list[Value] | None:
    if len(parts) > _MOST_PARTS:
        return None
    read = [_value(part, depth + 1) for part in parts]
    return None if None in read else [part for part in read if part]


def _collected(parts: list[str], depth: int, *, keep: bool = False) -> Value | None:
    """A set: order and repetition do not count. Assignments to different letters stay assignments."""
    named = [part.split("=")[0].strip() for part in parts if part.count("=") == 1]
    if keep and len(named) == len(parts) and len(set(named)) == len(named) and all(map(ASSIGNED.match, named)):
        pairs = [_value(part.split("=")[1], depth + 1) for part in parts]
        if None in pairs:
            return None
        names = tuple(sorted(f"{name}={pair.text}" for name, pair in zip(named, pairs, strict=True) if pair))
        values = tuple(name.partition("=")[2] for name in names)
        return Value(",".join(names), f"assigned {sorted(named)}", values)
    if (read := _each(parts, depth)) is None:
        return None
    members = {name for part in read for name in (part.parts if part.shape == "set" else (part.text,))}
    names = tuple(sorted(members))
    if len(read) > len(names) == 1:  # "3/4 or 0.75"
        return _value(names[0], depth + 1)
    return Value(f"\\{{{','.join(names)}\\}}", "set", names)


def _matrix(inside: str, depth: int) -> Value | None:
    rows = [pieces(row, "&") for row in re.split(r"\\\\(?:\[[^\]]*\])?", inside.strip().removesuffix("\\\\"))]
    read = _each([cell for row in rows for cell in row], depth)
    if read is None or len({len(row) for row in rows}) != 1:
        return None
    cells, width = tuple(part.text for part in read), len(rows[0])
    lines = ["&".join(cells[start : start + width]) for start in range(0, len(cells), width)]
    return Value("\\begin{pmatrix}" + "\\\\".join(lines) + "\\end{pmatrix}", f"matrix {len(rows)}x{width}", cells)


def _related(text: str, depth: int) -> Value | None:
    """`x=5` is 5, `x\\in[-2,7]` is the interval; other relations stay, each side in one spelling."""
    signs = RELATION.findall(text)
    sides = [side.strip() for side in RELATION.split(text)]
    if not all(sides):
        return None if len(sides) == 2 and not any(sides) else scalar(text)
    if len(pieces(text, signs[0])) == 1:  # within brackets
        return None
    if signs == ["\\in"] and ASSIGNED.fullmatch(sides[0]):
        return _value(sides[1], depth + 1)
    read = _each(sides, depth)
    if read is None:
        return None
    if set(signs) == {"="}:
        # A chain of calculations says its last member; an assignment of something without symbols is that thing.
        named = ASSIGNED.fullmatch(sides[0])
        if (named or len(sides) > 2 or read[0].exact is not None) and not symbols(read[-1].text):
            return read[-1]
        if len(sides) > 2 and not named:
            return read[-1]
    if between := _between([part.text for part in read], signs):
        return _value(between, depth + 1)
    text = "".join(a.text + b + " " * b[1:].isalpha() for a, b in zip(read, [*signs, ""], strict=True))
    return Value(text, "relation", tuple(part.text for part in read))


_TURNED = {">": "<", "\\ge": "\\le"}


def _between(sides: list[str], signs: list[str]) -> str | None:
    """Bounds of a single symbol as an interval: `-2\\le x\\le 7` is `[-2,7]`, `x>2` is `(2,\\infty)`."""
    if set(signs) <= set(_TURNED):
        sides, signs = sides[::-1], [_TURNED[sign] for sign in signs[::-1]]
    named = [place for place, side in enumerate(sides) if symbols(side)]
    if not set(signs) <= set(_TURNED.values()) or len(named) != 1 or not re.fullmatch("[A-Za-z]", sides[named[0]]):
        return None
    if len(sides) == 3 and named == [1]:
        return f"{'[('[signs[0] == '<']}{sides[0]},{sides[2]}{'])'[signs[1] == '<']}"
    if len(sides) != 2:
        return None
    sharp = signs[0] == "<"
    return f"(-\\infty,{sides[1]}{'])'[sharp]}" if named == [0] else f"{'[('[sharp]}{sides[0]},\\infty)"
