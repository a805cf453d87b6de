"""What came of running a program, and of its tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "error", "timeout", "memory", "output"]
Mark = Literal["passed", "failed", "error", "timeout", "unsupported"]


@dataclass(frozen=True)
class Outcome:
    """How a program ended, as it looks from outside: the program itself may fake all of it.

    Attributes:
        status: `ok` (exit code 0), `error` (any other), `timeout` (wall or CPU time), `memory` (it ended with a
            MemoryError), `output` (it wrote more than is kept).
        stdout: what it wrote, up to the limit; bytes that are no UTF-8 are replaced.
        stderr: likewise; the traceback, if there was one.
        seconds: wall time from the program's first line to its end, without the start of the sandbox.
    """

    status: Status
    stdout: str
    stderr: str
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """What came of one test.

    Attributes:
        status: `passed` (it ran to its end), `failed` (an AssertionError), `error` (any other exception, a program
            that does not load, a process that ended itself), `timeout`, `unsupported` (a value that cannot be
            passed between the two processes: nothing is known, so it never counts as passed).
        detail: the line of the test and the message; empty if it passed.
    """

    status: Mark
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the test passed."""
        return self.status == "passed"
