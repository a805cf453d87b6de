"""One interpreter in a sandbox: start it, feed it, wait for it, and leave nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import tempfile
from functools import cache
from math import ceil
from pathlib import Path
from typing import Self, cast

from compound.core import SandboxError
from compound.sandbox import command, seccomp
from compound.sandbox.inside import boot
from compound.sandbox.limits import Limits
from compound.sandbox.pipes import STDERR, STDIN, Inbox, Output

_START = 60.0  # seconds; it takes 0.02 to 0.1 where the machine is idle
_LINGER = 1.0  # seconds for the last output of a process that has ended


class Process:
    """An interpreter that runs one of the modules of `inside`; an asynchronous context that leaves nothing behind.

    Args:
        modules: the modules to send, in the order of their imports; the last one has the `main`.
        payload: what its `main` gets.
        stdin: what the program may read after that.
        channels: file descriptors that it inherits; the caller closes its own copies.
        unsafe: no sandbox, only limits.
    """

    def __init__(
        self,
        modules: tuple[str, ...],
        payload: bytes,
        limits: Limits,
        *,
        stdin: bytes = b"",
        channels: tuple[int, ...] = (),
        unsafe: bool = False,
    ) -> None:
        self._modules, self._channels, self._unsafe, self._limits = modules, channels, unsafe, limits
        self._input = _header(limits, len(payload), unsafe) + payload + stdin
        self._ended = False
        self._first: int | None = None  # a handle of the sandbox's first process: all others end with it

    async def __aenter__(self) -> Self:
        """Start it; `ready` waits until it works."""
        async with contextlib.AsyncExitStack() as stack:
            self._status = Inbox()
            stack.callback(self._status.close)
            await self._spawn(stack)
            await self._status.listen()
            self._stack = stack.pop_all()
        return self

    async def _spawn(self, stack: contextlib.AsyncExitStack) -> None:
        ready, folder = self._status.write, "/"
        script = ["-c", _source("boot"), str(ready), ",".join(map(str, self._channels))]
        for name in self._modules:
            script += [f"{boot.__package__}.{name}", _source(name)]
        with contextlib.ExitStack() as theirs:
            passed = [ready, *self._channels]
            if self._unsafe:
                words = command.plain(script)
                scratch = tempfile.TemporaryDirectory(prefix="compound-", ignore_cleanup_errors=True)
                folder = stack.enter_context(scratch)
            else:
                info, filtered = os.dup(ready), _filter()
                passed += (lent := [end for end in (info, filtered) if end is not None])
                for end in lent:
                    theirs.callback(os.close, end)
                words = command.jailed(script, self._limits.scratch, info, filtered)
            self._process, self.output = await asyncio.get_running_loop().subprocess_exec(
                lambda: Output(self._limits.output, self.kill),
                *words,
                pass_fds=passed,
                env=command.ENVIRONMENT,
                cwd=folder,
                start_new_session=True,
            )
        stack.callback(self._process.close)
        stack.push_async_callback(self._end)

    async def ready(self) -> None:
        """Wait until the interpreter has its limits and its input, and is about to run it.

        Raises:
            SandboxError: it does not get that far.
        """
        try:
            async with asyncio.timeout(_START):
                if not self._unsafe:
                    told = json.loads(await self._status.reader.readuntil(b"}"))
                    self._first = os.pidfd_open(told["child-pid"])
                self._feed()
                if (await self._status.reader.read()).strip() == boot.READY:
                    return
                await self.output.closed.wait()
        except (asyncio.IncompleteReadError, ProcessLookupError):
            await self.output.closed.wait()
        except TimeoutError:
            raise SandboxError(f"the sandbox did not start within {_START:g} s: run less on this machine") from None
        said = self.output.text(STDERR)
        raise SandboxError(f"the interpreter does not start: {said}") if self._unsafe else command.unusable(said)

    async def wait(self, seconds: float) -> bool:
        """Wait until it ends by itself, and return True; if it is late, kill it, and return False."""
        try:
            async with asyncio.timeout(seconds):
                await self.output.exited.wait()
        except TimeoutError:
            self.kill()
            return False
        return True

    async def code(self) -> int:
        """End what it left running; its exit code as a shell gives it, 128 + n for signal n."""
        await self._end()
        code = self._process.get_returncode()
        assert code is not None
        return 128 - code if code < 0 else code

    def kill(self) -> None:
        """Kill all of it."""
        with contextlib.suppress(ProcessLookupError):
            if self._first is not None:
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            elif self._unsafe or self._process.get_returncode() is None:
                os.killpg(self._process.get_pid(), signal.SIGKILL)

    def _feed(self) -> None:
        stdin = cast(asyncio.WriteTransport, self._process.get_pipe_transport(STDIN))
        stdin.write(self._input)
        stdin.write_eof()

    async def _end(self) -> None:
        if self._ended:
            return
        self.kill()
        await self.output.exited.wait()  # of bubblewrap, after its child, after all others in the namespace
        if self._first is not None:
            os.close(self._first)
            self._first = None
        self._ended = True
        with contextlib.suppress(TimeoutError):  # without a sandbox, something may live on and hold the streams
            async with asyncio.timeout(_LINGER):
                await self.output.closed.wait()

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


def _header(limits: Limits, size: int, unsafe: bool) -> bytes:
    # Without a namespace, the number of processes would be that of all of the user's.
    numbers = (limits.memory, ceil(limits.cpu), limits.file, 0 if unsafe else limits.processes, size)
    return " ".join(map(str, numbers)).encode().ljust(boot.HEADER)


def _filter() -> int | None:
    """A pipe that holds the filter of system calls, None where there is none for this machine."""
    if not (program := seccomp.program()):
        return None
    read, write = os.pipe()
    os.write(write, program)
    os.close(write)
    return read


@cache
def _source(name: str) -> str:
    return Path(boot.__file__).with_name(f"{name}.py").read_text("utf-8")
