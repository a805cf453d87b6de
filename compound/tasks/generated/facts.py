"""Facts that a small model half knows.

Q: What is the chemical symbol for iron?
A: Fe
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from compound.core import Question
from compound.tasks.generated.tables import (
    CAPITALS,
    CATEGORIES,
    CONTINENTS,
    ELEMENTS,
    entries,
)


def _golds(value: str) -> str | tuple[str, ...]:
    spellings = tuple(value.split("|"))
    return spellings if len(spellings) > 1 else spellings[0]


def capitals(rng: random.Random) -> Iterator[Question]:
    """`What is the capital of Norway?`"""
    for country, capital in entries(CAPITALS):
        yield Question(f"What is the capital of {country}?", gold=_golds(capital))


def continents(rng: random.Random) -> Iterator[Question]:
    """`On which continent is Kenya?`"""
    for continent, countries in entries(CONTINENTS):
        for country in countries.split(", "):
            yield Question(f"On which continent is {country}?", gold=continent)


def symbols(rng: random.Random) -> Iterator[Question]:
    """`What is the chemical symbol for iron?`"""
    for element, symbol in entries(ELEMENTS):
        yield Question(f"What is the chemical symbol for {element}?", gold=_golds(symbol))


def categories(rng: random.Random) -> Iterator[Question]:
    """`What kind of thing is a salmon?`"""
    for category, members in entries(CATEGORIES):
        for member in members.split(", "):
            article = "an" if member[0] in "aeio" else "a"
            yield Question(f"What kind of thing is {article} {member}?", gold=_golds(category))
