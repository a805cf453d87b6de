"""Sorting into lettered kinds: the options stand in one order, so examples say what a letter means.

Q: What does this ask for: "Who found the ladder?"
(A) a person
(B) a place
(C) a time
(D) a number
A: A
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from compound.core import Question
from compound.core.question import LETTERS
from compound.tasks.generated.lists import THINGS

_ASKED = {
    "a person": ("Who found the {}?", "Whose {} is this?", "Who wants to buy the {}?", "Which boy drew the {}?"),
    "a place": ("Where is the {}?", "Where was the {} found?", "In which town is the {}?", "Where can I buy a {}?"),
    "a time": ("When was the {} found?", "In which year was the {} made?", "How long ago did the {} break?",
               "On which day can I buy a {}?"),
    "a number": ("How many people saw the {}?", "How much is the {}?", "How old is the {}?",
                 "What does the {} weigh?"),
}  # fmt: skip
_SAID = {
    "praise": "lovely perfect charming superb splendid wonderful excellent delightful",
    "blame": "awful useless ugly broken horrible dreadful dirty terrible",
    "neither": "round small wooden square yellow heavy new narrow",
}
_FRAMES = (
    "The {} is {}.", "What a {1} {0} she has.", "I think the {} looks {}.", "He showed us the {1} {0}.",
    "Once more the {} was {}.",
)  # fmt: skip


def asked_for(rng: random.Random) -> Iterator[Question]:
    """`What does this ask for: "Who found the ladder?"`: a person, a place, a time, a number."""
    for kind, frames in _ASKED.items():
        for frame in frames:
            for thing in THINGS:
                yield _question(f'What does this ask for: "{frame.format(thing)}"', kind, tuple(_ASKED))


def praise(rng: random.Random) -> Iterator[Question]:
    """`Is this praise, blame or neither: "The ladder is lovely."`"""
    for kind, words in _SAID.items():
        for word in words.split():
            for frame in _FRAMES:
                said = frame.format(rng.choice(THINGS), word)
                yield _question(f'Is this praise, blame or neither: "{said}"', kind, tuple(_SAID))


def _question(text: str, right: str, kinds: tuple[str, ...]) -> Question:
    return Question(text, "choice", LETTERS[kinds.index(right)], kinds)
