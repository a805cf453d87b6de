"""Running the tests of a question on programs that nobody has read.

What belongs to a question stands in its metadata:
`tests`: Python texts that call the program's functions and pass by running to their ends; they alone grade.
`setup`: code that is run before, for the program and for the tests: imports, helpers of the prompt.
`entry_point`: the function asked for.
`visible`: tests that the question itself shows; strategies may use them.
`prompt`: the beginning of the program, which a bare completion continues.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from compound.core import Question, TaskError

if TYPE_CHECKING:
    from compound.sandbox import Limits, Sandbox


async def passed(
    programs: Sequence[str], tests: Sequence[str], *, setup: str = "", limits: Limits | None = None
) -> list[list[bool]]:
    """Whether each program passes each test: one row a program, as many programs at once as there are cores.

    What cannot be told (a value that cannot be passed between two processes, a test that is late) is not passed.

    Args:
        setup: code that is run before.
        limits: None: 10 s of CPU time a test; of wall time 30 s, since a busy machine must change no verdict.

    Raises:
        SandboxError: there is no sandbox here, or it does not start: that is never a failed test.
    """
    import asyncio

    from compound.sandbox import Limits

    limits = limits or Limits(seconds=30.0, total=60.0, cpu=10.0)
    running = [
        asyncio.ensure_future(_sandbox().test(program, tests, setup=setup, limits=limits)) for program in programs
    ]
    try:
        found = await asyncio.gather(*running)
    except BaseException:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    return [[verdict.passed for verdict in verdicts] for verdicts in found]


@cache
def _sandbox() -> Sandbox:
    from compound.sandbox import Sandbox

    return Sandbox()  # one for all questions, so that together they keep to the number of cores


def hidden_tests(question: Question) -> list[str]:
    """The tests that grade.

    Raises:
        TaskError: the question has none.
    """
    tests = _texts(question, "tests")
    if not tests:
        raise TaskError(f"question {question.id}: kind 'code' needs its tests (metadata: tests)")
    return tests


def visible_tests(question: Question) -> list[str]:
    """The tests that the question itself shows; empty where it shows none."""
    return _texts(question, "visible")


def setup_of(question: Question) -> str:
    """The code that is run before the program and before the tests."""
    return text_of(question, "setup") or ""


def text_of(question: Question, name: str) -> str | None:
    """A text in the question's metadata, None where there is none.

    Raises:
        TaskError: it is something else.
    """
    found: Any = question.metadata.get(name)
    if found is not None and not isinstance(found, str):
        raise TaskError(f"question {question.id}: {name} is {found!r}: it must be a text")
    return found


def _texts(question: Question, name: str) -> list[str]:
    found: Any = question.metadata.get(name) or ()
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise TaskError(f"question {question.id}: {name} is {found!r}: it must be a list of Python texts")
    return list(found)
