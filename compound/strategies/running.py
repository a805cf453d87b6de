"""Programs that a model wrote as a step of a strategy: found in a reply, run in the sandbox, their output read."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from compound.answers import kind_named
from compound.answers.code.source import blocks, parsed
from compound.answers.kind import statements
from compound.core import Question

if TYPE_CHECKING:
    from compound.sandbox import Outcome, Sandbox

_SECONDS, _OUTPUT = 10.0, 1 << 16  # of one program; bytes of its output


def source_of(text: str, *, truncated: bool = False) -> str | None:
    """The last fenced program of a reply; without any, the whole reply if it is Python; None where there is none.

    In a truncated reply a program counts only if its fence was closed before the cut.
    """
    fenced = blocks(text)
    if fenced:
        found = [block.source for block in fenced if block.closed or not truncated]
        return found[-1] if found and parsed(found[-1]) else None
    tree = None if truncated else parsed(text)
    return text if tree is not None and tree.body else None


def printing(source: str) -> str:
    """The program; one that prints nothing and defines `solution()` prints what that returns."""
    tree = parsed(source)
    if tree is None or any(isinstance(node, ast.Name) and node.id == "print" for node in ast.walk(tree)):
        return source
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "solution"]
    return f"{source}\n\nprint(solution())\n" if functions else source


async def ran(source: str) -> Outcome:
    """What comes of a program within 10 seconds and 64 KiB of output.

    Raises:
        SandboxError: there is no sandbox here, or it does not start.
    """
    from compound.sandbox import Limits

    return await _sandbox().run(source, limits=Limits(seconds=_SECONDS, cpu=_SECONDS, output=_OUTPUT))


@cache
def _sandbox() -> Sandbox:
    from compound.sandbox import Sandbox

    return Sandbox()  # one for all, so that together they keep to the number of cores


def trouble(outcome: Outcome) -> str:
    """How a program failed, in a line: `timeout`, `error: ZeroDivisionError: division by zero`."""
    last = outcome.stderr.rstrip().rpartition("\n")[2] if outcome.status == "error" else ""
    return f"{outcome.status}: {last[:200]}" if last else outcome.status


def read_output(text: str, question: Question) -> str | None:
    """The value of a text that is the answer, or that states it."""
    kind, said = kind_named(question.kind), text.strip()
    return kind.parse(said, question) if statements(said) else kind.read(said, question)
