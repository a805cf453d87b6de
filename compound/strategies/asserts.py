"""Tests that a model wrote: single assert statements found in a reply, and which programs pass them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from compound.answers.code import passed, setup_of
from compound.answers.code.source import parsed
from compound.core import Question

if TYPE_CHECKING:
    from compound.sandbox import Limits
    from compound.stats._types import IntArray
    from compound.stats.dual_agreement import BoolArray

_LONGEST, _LINES = 30_000, 12  # characters of a reply that are looked at; lines of one assert
_ASSERT = re.compile(r"^[ \t]*(?=assert\b)", re.MULTILINE)


def asserts(text: str, entry_point: str, most: int, *, truncated: bool = False) -> list[str]:
    """The first distinct asserts of a reply that use the function, at most so many, in one layout.

    Their messages are left out. In a truncated reply the last one counts only if something follows it.
    """
    found: dict[str, None] = {}
    for test in _statements(text[:_LONGEST], truncated):
        if any(isinstance(node, ast.Name) and node.id == entry_point for node in ast.walk(test.test)):
            test.msg = None
            found[ast.unparse(test)] = None
        if len(found) == most:
            break
    return list(found)


def _statements(text: str, truncated: bool) -> Iterator[ast.Assert]:
    starts = [match.end() for match in _ASSERT.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        lines = text[start:end].split("\n")
        for last in range(1, min(len(lines), _LINES) + 1):
            if truncated and end == len(text) and last == len(lines):
                break
            tree = parsed("\n".join(lines[:last]))
            if tree is not None:
                if len(tree.body) == 1 and isinstance(tree.body[0], ast.Assert):
                    yield tree.body[0]
                break


@dataclass(frozen=True)
class Agreement:
    """Which programs pass which tests, each of them once.

    Attributes:
        programs: n distinct programs, sorted; `given` how often each was given, shape (n,).
        tests: t distinct tests, sorted; `written` how often each was written, shape (t,).
        passes: whether each program passes each test, shape (n, t).
    """

    programs: tuple[str, ...]
    given: IntArray
    tests: tuple[str, ...]
    written: IntArray
    passes: BoolArray


async def agreement(question: Question, programs: Sequence[str], tests: Sequence[str], limits: Limits) -> Agreement:
    """Run every distinct program on every distinct test.

    Args:
        limits: of one test, and of all tests of one program: those that are not reached are not passed.

    Raises:
        SandboxError: there is no sandbox here, or it does not start.
    """
    import numpy as np

    given, written = Counter(programs), Counter(tests)
    names, asked = sorted(given), sorted(written)
    rows = await passed(names, asked, setup=setup_of(question), limits=limits) if asked else []
    return Agreement(
        tuple(names),
        np.array([given[name] for name in names], dtype=np.int64),
        tuple(asked),
        np.array([written[test] for test in asked], dtype=np.int64),
        np.array(rows, dtype=bool).reshape(len(names), len(asked)),
    )
