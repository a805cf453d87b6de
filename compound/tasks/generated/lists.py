"""Lists of words, months and names, where a small model has its favourites by position.

Q: Which word comes first in the alphabet: river, candle or tiger?
A: candle
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from compound.core import Question

WORDS = (
    "apple bottle butter candle carpet castle chair chicken cloud corner cotton desert dinner doctor dragon "
    "engine farmer finger flower forest garden glass guitar hammer horse house island jacket kitchen ladder "
    "lemon letter market mirror monkey mountain music needle orange paper pencil piano planet pocket potato "
    "queen rabbit river school shadow silver spider stone summer table temple ticket tiger tunnel umbrella "
    "valley village wagon water window winter yellow zebra"
).split()
MONTHS = "January February March April May June July August September October November December".split()
NAMES = "Amy Ann Ben Bob Dan Eve Joe Kim Liz Max Meg Roy Sam Sue Ted Tom".split()
THINGS = "apple bottle candle chair flower glass guitar hammer jacket ladder lemon letter mirror ticket".split()
_DRAWS = 600


def count_words(rng: random.Random) -> Iterator[Question]:
    """`How many words are in this list: tiger, lemon, house?`"""
    for _ in range(_DRAWS):
        n = rng.randint(2, 10)
        listed = ", ".join(rng.sample(WORDS, n))
        yield Question(f"How many words are in this list: {listed}?", kind="number", gold=str(n))


def last_word(rng: random.Random) -> Iterator[Question]:
    """`What is the last word in this list: tiger, lemon, house, river?`"""
    for _ in range(_DRAWS):
        chosen = rng.sample(WORDS, 4)
        yield Question(f"What is the last word in this list: {', '.join(chosen)}?", gold=chosen[3])


def third_word(rng: random.Random) -> Iterator[Question]:
    """`What is the third word in this list: tiger, lemon, house, river, table?`"""
    for _ in range(_DRAWS):
        chosen = rng.sample(WORDS, 5)
        yield Question(f"What is the third word in this list: {', '.join(chosen)}?", gold=chosen[2])


def alphabet(rng: random.Random) -> Iterator[Question]:
    """`Which word comes first in the alphabet: river, candle or tiger?`"""
    for _ in range(_DRAWS):
        a, b, c = rng.sample(WORDS, 3)
        yield Question(f"Which word comes first in the alphabet: {a}, {b} or {c}?", gold=min(a, b, c))


def months(rng: random.Random) -> Iterator[Question]:
    """`Which month comes first in the year: May, March or October?`"""
    for _ in range(_DRAWS):
        a, b, c = rng.sample(MONTHS, 3)
        earliest = min(a, b, c, key=MONTHS.index)
        yield Question(f"Which month comes first in the year: {a}, {b} or {c}?", gold=earliest)


def taken(rng: random.Random) -> Iterator[Question]:
    """`Tom takes the lemon from Ann. Who had the lemon before?`: Ann."""
    for _ in range(_DRAWS):
        now, before = rng.sample(NAMES, 2)
        thing = rng.choice(THINGS)
        yield Question(f"{now} takes the {thing} from {before}. Who had the {thing} before?", gold=before)
