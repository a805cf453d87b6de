"""Programs in Python, right if they pass the question's tests.

The value is the program as text, without comments and docstrings and in one layout, so that programs that differ in
nothing else are one. A vote over them means little, since two right programs are rarely one text: what picks among
programs is `vote(by="similarity")`, `best_of(by=visible_tests)` and `codet`.
"""

from __future__ import annotations

from collections.abc import Iterable

from compound.answers.code.source import blocks, program
from compound.answers.code.testing import hidden_tests, passed, setup_of, text_of
from compound.answers.kind import Kind
from compound.core import Question

_MOST_TRIES = 50  # blocks of a reply that are looked at, from the last


class Code(Kind):
    """A Python program that defines what the question asks for; see `testing` for what the metadata say.

    Gold is a program too, or None: it is never compared with, only the tests grade.
    """

    name = "code"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        entry = text_of(question, "entry_point")
        what = f"the complete function `{entry}`, and all that it needs" if entry else "the complete program"
        return f"Finish with one Python code block (```python … ```) that holds {what}."

    def parse(self, text: str, question: Question, *, truncated: bool = False) -> str | None:
        """The last fenced block that defines what is asked for; without any, the whole reply if it is Python.

        A truncated reply counts only if the fence was closed before the cut.
        """
        fenced = blocks(text)
        for block in fenced[: -_MOST_TRIES - 1 : -1]:
            if (block.closed or not truncated) and (value := self.read(block.source, question)):
                return value
        return None if fenced or truncated else self.read(text, question)

    def read(self, said: str, question: Question) -> str | None:
        """The canonical program in a text: a whole one, or a body that continues the question's prompt."""
        return program(said, text_of(question, "entry_point"), text_of(question, "prompt") or "")

    def guess(self, text: str, question: Question) -> str | None:
        """A reply that is a program."""
        return self.read(text, question)

    async def grades(self, values: Iterable[str], question: Question) -> dict[str, bool]:
        """Whether each program passes all tests of the question, one after the other; several programs at once.

        Raises:
            TaskError: the question has no tests.
            SandboxError: there is no sandbox here, or it does not start.
        """
        programs, tests = list(values), "\n".join(hidden_tests(question))
        found = await passed(programs, [tests], setup=setup_of(question))
        return {value: right for value, (right,) in zip(programs, found, strict=True)}

    def grade(self, value: str, question: Question) -> bool:
        """Whether one program passes all tests. Blocks for as long as they take: `grades` is for many programs.

        Raises: as `grades` does.
        """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as thread:  # a loop may be running in this one
            return thread.submit(asyncio.run, self.grades([value], question)).result()[value]
