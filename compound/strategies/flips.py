"""What further rounds did to answers: kept, broken, fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Flips(NamedTuple):
    """How many agents went from right to right (`kept`), right to wrong (`broken`), and so on, in one round."""

    kept: int
    broken: int
    fixed: int
    wrong: int


def flips_of(rounds: Sequence[Sequence[str | None]], right: Callable[[str], bool]) -> list[Flips]:
    """The flip matrix of each round after the first. An abstention is wrong.

    Args:
        rounds: each agent's value, a row a round: `Strategy.rounds_in` an answer.
        right: whether a value is right.
    """
    graded = [[value is not None and right(value) for value in row] for row in rounds]
    found = []
    for before, after in pairwise(graded):
        count = Counter(zip(before, after, strict=True))
        found.append(Flips(count[True, True], count[True, False], count[False, True], count[False, False]))
    return found
