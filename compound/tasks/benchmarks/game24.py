"""Game of 24: make 24 of four numbers. Yao et al. 2023 (2305.10601) report on the ranks 901 to 1,000 of 1,362.

{"Rank": "901", "Puzzles": "4 5 6 10", "AMT (s)": "…", "Solved rate": "…"}

The data have no solutions: the gold is one that we find, and every expression that makes 24 is right.
The puzzles of the other ranks are the worked examples and those to screen on.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source

Tree = Fraction | tuple["Tree", str, "Tree"]

_FIRST, _LAST = 901, 1000
_ASKED = "Use each of the numbers {numbers} exactly once, with +, -, *, / and brackets, to make 24."


def _row(row: Row) -> Question:
    numbers = sorted(map(int, row["Puzzles"].split()))
    found = solution(tuple(numbers)) if len(numbers) == 4 else None
    if found is None:
        raise ValueError(f"no four numbers that make 24: {row['Puzzles']!r}")
    text = _ASKED.replace("{numbers}", " ".join(map(str, numbers)))
    return Question(text, "game24", found, metadata={"numbers": numbers})


def solution(numbers: tuple[int, ...]) -> str | None:
    """An expression of all the numbers that makes 24, or None: every pair is joined in every way."""
    tree = _solved(tuple(sorted(map(Fraction, numbers))))
    return None if tree is None else _written(tree).removeprefix("(").removesuffix(")")


@lru_cache(maxsize=65_536)
def _solved(numbers: tuple[Fraction, ...]) -> Tree | None:
    if len(numbers) == 1:
        return numbers[0] if numbers[0] == 24 else None
    for i, j in combinations(range(len(numbers)), 2):
        rest = [number for k, number in enumerate(numbers) if k not in (i, j)]
        for value, node in _joined(numbers[i], numbers[j]):
            if (tree := _solved(tuple(sorted([*rest, value])))) is not None:
                return _replaced(tree, value, node)
    return None


def _joined(a: Fraction, b: Fraction) -> Iterator[tuple[Fraction, Tree]]:
    yield a + b, (a, "+", b)
    yield a * b, (a, "*", b)
    for left, right in ((a, b), (b, a)):
        yield left - right, (left, "-", right)
        if right:
            yield left / right, (left, "/", right)


def _replaced(tree: Tree, value: Fraction, node: Tree) -> Tree:
    """The tree with one leaf of that value replaced; equal leaves are interchangeable."""
    if not isinstance(tree, tuple):
        return node if tree == value else tree
    left, sign, right = tree
    if (grown := _replaced(left, value, node)) != left:
        return grown, sign, right
    return left, sign, _replaced(right, value, node)


def _written(tree: Tree) -> str:
    if not isinstance(tree, tuple):
        return str(tree)
    left, sign, right = tree
    return f"({_written(left)} {sign} {_written(right)})"


def _role(row: Row) -> str:
    return "test" if _FIRST <= int(row["Rank"]) <= _LAST else "train"


GAME24 = Benchmark(
    "make 24 of four numbers",
    _row,
    sources=(Source("test-time-compute/game-of-24"),),
    splits={"test": "train"},
    role=_role,
)
