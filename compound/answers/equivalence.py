"""Grouping where equality is a test and not a string: union-find, so that the order of candidates never matters.

Tests of equality are not transitive (a timeout, a simplification that fails), so classes are the transitive
closure over all pairs. Which pairs are tested follows from the set of values alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Protocol


class Grouping(Protocol):
    """What groups equivalent values: an answer kind."""

    def classes(self, values: Sequence[str]) -> list[str]:
        """For each value the representative of its class."""
        ...


def representative(values: Sequence[str]) -> str:
    """The value that stands for a class: the shortest, then the first by code point."""
    return min(values, key=lambda value: (len(value), value))


def closure(values: Sequence[str], equal: Callable[[str, str], bool]) -> list[str]:
    """For each value the representative of its class under the transitive closure of a symmetric test.

    Pairs that are joined already are not tested. At most n (n - 1) / 2 tests of n distinct values.
    """
    distinct = sorted(set(values), key=lambda value: (len(value), value))
    parent = {value: value for value in distinct}

    def root(value: str) -> str:
        while parent[value] != value:
            parent[value] = value = parent[parent[value]]
        return value

    for one, other in combinations(distinct, 2):
        if (first := root(one)) != (second := root(other)) and equal(one, other):
            kept = representative((first, second))
            parent[second if kept == first else first] = kept
    return [root(value) for value in values]


def mixed_groups(kind: Grouping, values: Sequence[str | None], right: Mapping[str, bool]) -> int:
    """How many classes hold a value that was graded right and one that was graded wrong.

    Each is a question whose grouping and grading disagree: by closure, a cap, a timeout, or a grader with a
    tolerance. Abstentions (None) belong to no class.

    Args:
        kind: whose `classes` groups.
        values: the parsed answers to one question.
        right: whether each distinct value is right.
    """
    known = [value for value in values if value is not None]
    verdicts: dict[str, set[bool]] = {}
    for value, name in zip(known, kind.classes(known), strict=True):
        verdicts.setdefault(name, set()).add(right[value])
    return sum(len(found) == 2 for found in verdicts.values())
