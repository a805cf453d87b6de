"""Numbers: `1,450,000`, `-10`, `3.0`, `$5`, `12 km`, `1/2`, `\\frac{1}{2}`."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from compound.answers.kind import Kind, negated, undecorated
from compound.core import Question

# A comma groups exactly three digits. "1.450.000", "1,2,3", "10^3", "3:30", "1/2/3" are not one number: no match.
_NUMBER = re.compile(
    r"(?<![\d.,\w/])(?<!/\s)(?<!\d:)(?<!\d[eE][-+])(?P<sign>[-+]\s?)?[$€£]?"
    r"(?:(?P<whole>\d{1,60})\s(?=\d{1,60}\s?/\s?\d))?"
    r"(?P<digits>(?:\d{1,3}(?:,\d{3}){1,20}|\d{1,60})(?:\.\d{1,60})?|\.\d{1,60})(?!\d|[.,:_]\d)"
    r"(?:[eE](?P<exponent>[-+]?\d{1,3})(?!\w|\.\d))?(?![eE][-+]?\d)"
    r"(?:\s?/\s?(?P<denominator>\d{1,60})(?![\d.,]*\d))?(?!\s?/\s?[\d.]|\s?\^|[⁰¹²³⁴-⁹⁻])"
)
_FRACTION = re.compile(
    r"([-+]?)\s{0,2}\\[dt]?frac\s{0,2}\{\s{0,2}(-?)(\d{1,60})\s{0,2}\}\s{0,2}\{\s{0,2}(-?)(\d{1,60})\s{0,2}\}"
)
_TIMES_TEN = re.compile(
    r"(?<=\d)\s?(?:[×x*]|\\times|\\cdot)\s?10\s?(?:\^|\*\*)\s?(?:\{\s?([-+]?\d{1,2})\s?\}|([-+]?\d{1,2})(?!\d))"
)
_EXPONENT = re.compile(r"\^\s?(?:\{[^{}]{0,20}\}|[-+]?\w{1,20})")
_VULGAR = re.compile("[¼-¾⅐-⅞]")
_GROUPED = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_DASHES = str.maketrans(dict.fromkeys("−‐‑–﹣－", "-"))  # a model sets "–10" as it sets "−10"
# What makes a number a part of something: "3 or 4", "(3, 4)", "1 450 000", "17 * 23", "5 × 10³".
_JOIN = r"[ \t$*]*(?:(?:[,;/+×·^-]|\\times|\\cdot|\bor\b|\band\b|\bto\b)[ \t$*]*)?"
_JOINED = re.compile(_JOIN)
_CONTINUED = re.compile(_JOIN + r"[-+$€£]?\s?\.?\d")
_SYMBOLIC = re.compile(r"\\(?:[dt]?frac|sqrt|pi\b)|[√π]|(?<![A-Za-z])pi\b")
_TOO_LARGE = 10**60


def canonical(value: Fraction) -> str:
    """`3`, `-0.5`, or `1/3` where no finite decimal exists."""
    if value.denominator == 1:
        return str(value.numerator)
    rest, places = value.denominator, {2: 0, 5: 0}
    for prime in places:
        while rest % prime == 0:
            rest, places[prime] = rest // prime, places[prime] + 1
    digits = max(places.values())
    if rest != 1 or digits > 60:
        return f"{value.numerator}/{value.denominator}"
    scaled = str(abs(value.numerator) * 10**digits // value.denominator).rjust(digits + 1, "0")
    return f"{'-' if value < 0 else ''}{scaled[:-digits]}.{scaled[-digits:]}"


def _value(match: re.Match[str]) -> str | None:
    # A minus with a space after it is a sign only where nothing stands before it: "- 10", but not "7 - 10".
    sign = match["sign"] or ""
    negative = sign.startswith("-") and (len(sign) == 1 or not match.string[: match.start()].strip())
    value = Fraction(match["digits"].replace(",", "")) * Fraction(10) ** int(match["exponent"] or 0)
    if match["denominator"]:
        if not int(match["denominator"]):
            return None
        value = int(match["whole"] or 0) + value / int(match["denominator"])
    if max(value.numerator, value.denominator) >= _TOO_LARGE:
        return None
    return canonical(-value if negative else value)


def _fraction(match: re.Match[str]) -> str:
    signs = (match[1] + match[2] + match[4]).count("-")
    return f" {'-' * (signs % 2)}{match[3]}/{match[5]} "


def _plain(text: str) -> str:
    """The text with LaTeX and typography turned into plain characters; exponents become a bare `^`."""
    text = text.translate(_DASHES).replace("\\$", "$").replace("{,}", ",").replace("\\,", "").replace("\\!", "")
    text = _VULGAR.sub(lambda m: " " + unicodedata.normalize("NFKC", m[0]).replace("⁄", "/"), text)
    text = _FRACTION.sub(_fraction, _GROUPED.sub("", text))
    return _EXPONENT.sub("^", _TIMES_TEN.sub(lambda m: f"e{m[1] or m[2]}", text))


def numbers(text: str) -> list[str]:
    """Every number in a text, canonical, in order."""
    return [value for m in _NUMBER.finditer(_plain(text)) if (value := _value(m)) is not None]


class Number(Kind):
    """A single number. Equal values are one answer: `3`, `3.0` and `6/2`."""

    name = "number"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        return 'Finish with one line of the form "Answer: N", where N is a single number without units.'

    def read(self, said: str, question: Question) -> str | None:
        """The number after the last equals sign that has one, else the first: "42 (that is 40 + 2)" says 42.

        None where it says several ("3 or 4"), or a calculation that is not carried out ("17 * 23", "\\sqrt{2}").
        """
        said = _plain(said)
        if negated(said) or _SYMBOLIC.search(said):
            return None
        for part in reversed(said.split("=")):
            first = _NUMBER.search(part)
            if first and not _CONTINUED.match(part, first.end()) and (value := _value(first)) is not None:
                return value
        return None

    def guess(self, text: str, question: Question) -> str | None:
        """The last number of the reply."""
        text = _plain(undecorated(text))
        before, last = None, None
        for match in _NUMBER.finditer(text):
            before, last = last, match
        if last is None or _SYMBOLIC.search(text, text.rfind("\n", 0, last.start()) + 1):
            return None
        joined = before and _JOINED.fullmatch(text, before.end(), last.start())
        return None if joined or _CONTINUED.match(text, last.end()) else _value(last)
