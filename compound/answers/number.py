"""Numbers: `1,450,000`, `-10`, `3.0`, `$5`, `12 km`, `1/2`, `\\frac{1}{2}`."""

from __future__ import annotations

import re
from fractions import Fraction

from compound.answers.kind import Kind, undecorated
from compound.core import Question

# A comma groups exactly three digits. "1.450.000" and "1,2,3" are not one number: no match.
_NUMBER = re.compile(
    r"(?<![\d.,\w])(?P<sign>[-+]\s?)?[$€£]?"
    r"(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d{1,60})(?:\.\d{1,60})?|\.\d{1,60})(?!\d|[.,]\d)"
    r"(?:[eE](?P<exponent>[-+]?\d{1,2})(?![\w.]))?"
    r"(?:\s?/\s?(?P<denominator>\d{1,60})(?![\d.,]*\d))?"
)
_FRACTION = re.compile(r"([-+]?)\s*\\[dt]?frac\s*\{\s*(-?\d{1,60})\s*\}\s*\{\s*(\d{1,60})\s*\}")


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


def _value(match: re.Match[str]) -> Fraction | None:
    # A minus with a space after it is a sign only where nothing stands before it: "- 10", but not "7 - 10".
    sign, before = match["sign"] or "", match.string[: match.start()]
    negative = sign.startswith("-") and (len(sign) == 1 or not before.strip())
    value = Fraction(match["digits"].replace(",", "")) * Fraction(10) ** int(match["exponent"] or 0)
    if match["denominator"]:
        if not int(match["denominator"]):
            return None
        value /= int(match["denominator"])
    return -value if negative else value


def numbers(text: str) -> list[str]:
    """Every number in a text, canonical, in order."""
    text = text.replace("−", "-").replace("\\$", "$").replace("{,}", ",").replace("\\,", "")
    text = _FRACTION.sub(lambda m: f"{m[1]}{m[2]}/{m[3]}", text)
    return [canonical(value) for m in _NUMBER.finditer(text) if (value := _value(m)) is not None]


class Number(Kind):
    """A single number. Equal values are one answer: `3`, `3.0` and `6/2`."""

    name = "number"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        return 'Finish with one line of the form "Answer: N", where N is a single number without units.'

    def read(self, said: str, question: Question) -> str | None:
        """The number after the last equals sign, else the first one: "42 (that is 40 + 2)" says 42."""
        found = numbers(said)
        if "=" in said:
            return next(iter(numbers(said.rpartition("=")[2])), None) or (found[-1] if found else None)
        return found[0] if found else None

    def guess(self, text: str, question: Question) -> str | None:
        """The last number of the reply."""
        return next(reversed(numbers(undecorated(text))), None)
