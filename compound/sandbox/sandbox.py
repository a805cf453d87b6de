"""Run code that a model wrote, and test it, without trusting any of it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast, get_args
from weakref import WeakKeyDictionary

from compound.core import SandboxError
from compound.sandbox.inside import wire
from compound.sandbox.limits import Limits
from compound.sandbox.outcome import Mark, Outcome, Status, Verdict
from compound.sandbox.pipes import STDERR, STDOUT, Inbox
from compound.sandbox.process import Process

_LINE = 4096  # bytes of one reported verdict, at most
_OUT_OF_TIME = 128 + signal.SIGXCPU if hasattr(signal, "SIGXCPU") else None


class Sandbox:
    """Runs Python that nobody has read, in bubblewrap on Linux.

    Covered, for every program and for every test of it:
    * no network: a network namespace of its own, and no sockets but Unix and IP ones (no vsock);
    * no host files but /usr (read-only, /usr/src hidden) and, without a /usr/bin/python3, the running interpreter's
      folder; no environment variables and keyrings of ours, not the name of the host; writing only to a private
      /tmp and /dev/shm of limited size;
    * no other processes: a process namespace of its own without /proc, no tracing, no capabilities, no new
      namespaces, user 65534 if the parent is root;
    * limits of wall time, CPU time, memory, file size, open files, processes, and of the output that is kept;
    * nothing survives: when it ends, is late, or this process dies, the kernel ends every process of the namespace;
    * a verdict that the candidate cannot forge: it and the tests run in two sandboxes, joined by a socket that
      carries calls and plain data.

    Not covered:
    * a hole in the kernel: this is no virtual machine; and on other processors than x86-64 and 64-bit ARM there is
      no filter of system calls;
    * memory of several processes together: each has its own limit (the kernel is asked to end them first when the
      machine runs out of it), and what the kernel itself holds for them (empty files, pipes) is not counted;
    * what /usr shows: which software is installed, its versions, the machine's clock and number of cores;
    * a test is trusted with its own verdict, and the tests of one call share a sandbox, apart from the candidate
      and from other calls: a hostile one can stop those after it, which are then reported as errors;
    * `Outcome`: a program may print and exit as it likes, so never take its output for a verdict.

    Needs Linux 5.14 and bubblewrap. Elsewhere code is refused, unless `unsafe` is asked for.

    `unsafe` is a plain process in a temporary folder, without our environment variables, with the limits of memory,
    CPU time, file size, output and wall time. It does NOT cover: the network, the files and keys of the user, other
    processes (it can kill or trace this one, and so forge a verdict), the number of processes, the total that it
    writes to disk, and what it leaves running in a session of its own.

    Args:
        concurrency: programs at once; None for the number of cores.
        unsafe: run without a sandbox.
    """

    def __init__(self, *, concurrency: int | None = None, unsafe: bool = False) -> None:
        if concurrency is not None and concurrency < 1:
            raise SandboxError(f"concurrency is {concurrency}: pass 1 or more")
        self.concurrency, self.unsafe = concurrency or _cores(), unsafe
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def run(self, source: str, *, stdin: str = "", limits: Limits = Limits()) -> Outcome:  # noqa: B008
        """Run a program as `__main__`.

        Raises:
            SandboxError: there is no sandbox here, or it does not start.
        """
        async with self._turn():
            process = Process(("script",), _bytes(source), limits, stdin=_bytes(stdin), unsafe=self.unsafe)
            async with process:
                await process.ready()
                began = time.monotonic()
                in_time = await process.wait(limits.seconds)
                seconds = time.monotonic() - began
                code = await process.code()
                out, err = process.output.text(STDOUT), process.output.text(STDERR)
                return Outcome(_status(code, in_time, process.output.full, err), out, err, seconds)

    async def test(
        self,
        program: str,
        tests: Sequence[str],
        *,
        setup: str = "",
        limits: Limits = Limits(),  # noqa: B008
    ) -> list[Verdict]:
        """Run tests of a program, each in a fresh copy of its process right after loading.

        A test is Python that calls the program's functions by name, and passes if it runs to its end. Arguments and
        results cross as plain data (None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset;
        a subclass arrives as the type it extends); lists, dicts and sets that a function changes are changed for
        the test too. An exception arrives as its own type if that is built-in, or the program's (the test knows it
        by name), else as the nearest built-in base. A test sees the functions, plain data and imported modules of
        the program under their names, unless these are those of built-ins or of the setup. The program is loaded
        under the name `candidate`, so what it does only as `__main__` is not done.

        Args:
            setup: code of the question (imports, helpers), run first on both sides. What it defines is what the
                tests see, so it must not define the function to be tested.
            limits: `seconds` a test (and for loading), `total` for all.

        Raises:
            SandboxError: there is no sandbox here, or it does not start.
        """
        if not tests:
            return []
        async with self._turn(), AsyncExitStack() as stack:
            reports = Inbox()
            stack.callback(reports.close)
            for_candidate, for_judge = (stack.enter_context(end) for end in socket.socketpair())
            candidate = Process(
                ("wire", "candidate"),
                _payload(setup=setup, program=program),
                limits,
                channels=(for_candidate.fileno(),),
                unsafe=self.unsafe,
            )
            judge = Process(
                ("wire", "standin", "judge"),
                _payload(setup=setup, tests=list(tests), seconds=limits.seconds),
                limits,
                channels=(for_judge.fileno(), reports.write),
                unsafe=self.unsafe,
            )
            for process in (candidate, judge):
                await stack.enter_async_context(process)
            for end in (for_candidate, for_judge):
                end.close()
            await reports.listen()
            await asyncio.gather(candidate.ready(), judge.ready())
            # Read while they run: more fits into the reports than into a pipe.
            reading = asyncio.ensure_future(reports.rest(_LINE * len(tests)))
            stack.callback(reading.cancel)
            in_time = await judge.wait(limits.total)
            await judge.code()  # all of it is gone: nothing more is reported
            return _verdicts(await reading, len(tests), in_time, limits)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        # A semaphore belongs to the loop that first waits on it; a sandbox may be used by one loop after another.
        turns = self._turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self.concurrency))
        async with turns:
            yield


def _status(code: int, in_time: bool, full: bool, stderr: str) -> Status:
    if full:
        return "output"
    if not in_time or code == _OUT_OF_TIME:
        return "timeout"
    if code == 0:
        return "ok"
    last = stderr.rstrip().rpartition("\n")[2]
    return "memory" if last.startswith("MemoryError") else "error"


def _verdicts(data: bytes, count: int, in_time: bool, limits: Limits) -> list[Verdict]:
    """The first report on every test; the tests may be hostile, so what is no report is passed over."""
    found: dict[int, Verdict] = {}
    for report in wire.frames(data):
        match report:
            case [int(index), str(status), str(detail)] if status in get_args(Mark):
                found.setdefault(index, Verdict(cast(Mark, status), detail))
    missing = (
        Verdict("error", "the process of the tests ended before this one")
        if in_time
        else Verdict("timeout", f"not reached within {limits.total:g} s for all tests")
    )
    return [found.get(index, missing) for index in range(count)]


def _payload(**given: object) -> bytes:
    try:
        return wire.encode(given)
    except wire.Unsupported as error:
        raise SandboxError(f"these {', '.join(given)} cannot be sent to the sandbox: {error}") from None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
