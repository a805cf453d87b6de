"""Sums that a small model gets right now and then.

Q: What is 34 + 58?
A: 92
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from compound.core import Question

_DRAWS = 600
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def _number(text: str, gold: int) -> Question:
    return Question(text, kind="number", gold=str(gold))


def add1(rng: random.Random) -> Iterator[Question]:
    """`What is 6 + 8?`"""
    for a in range(10):
        for b in range(10):
            yield _number(f"What is {a} + {b}?", a + b)


def add2(rng: random.Random) -> Iterator[Question]:
    """`What is 34 + 58?`"""
    for _ in range(_DRAWS):
        a, b = rng.randint(10, 99), rng.randint(10, 99)
        yield _number(f"What is {a} + {b}?", a + b)


def add21(rng: random.Random) -> Iterator[Question]:
    """`What is 34 + 8?`"""
    for _ in range(_DRAWS):
        a, b = rng.randint(10, 99), rng.randint(1, 9)
        yield _number(f"What is {a} + {b}?", a + b)


def sub1(rng: random.Random) -> Iterator[Question]:
    """`What is 14 - 8?`"""
    for difference in range(10):
        for b in range(1, 10):
            yield _number(f"What is {difference + b} - {b}?", difference)


def mul1(rng: random.Random) -> Iterator[Question]:
    """`What is 6 * 8?`"""
    for a in range(2, 13):
        for b in range(2, 13):
            yield _number(f"What is {a} * {b}?", a * b)


def spelled(rng: random.Random) -> Iterator[Question]:
    """`Write forty-two as a number.`"""
    for n in range(100):
        yield _number(f"Write {number_word(n)} as a number.", n)


def smallest(rng: random.Random) -> Iterator[Question]:
    """`Which number is the smallest: 57, 31 or 84?`"""
    for _ in range(_DRAWS):
        a, b, c = rng.sample(range(10, 100), 3)
        yield _number(f"Which number is the smallest: {a}, {b} or {c}?", min(a, b, c))


def number_word(n: int) -> str:
    """A number below a hundred in words: 42 is `forty-two`."""
    if n < 20:
        return _UNITS[n]
    ten, unit = _TENS[n // 10 - 2], n % 10
    return f"{ten}-{_UNITS[unit]}" if unit else ten
