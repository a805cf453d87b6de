"""Programs a second in the sandbox, on all cores, beside starts of an interpreter that does nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable

from compound.core import SandboxError
from compound.sandbox import Sandbox
from compound.sandbox.command import interpreter

PROGRAMS, ROUNDS, TESTS = 40, 3, 5
PROGRAM = "def add(a, b):\n    return a + b\n"
CHECKS = [f"assert add({i}, {i}) == {2 * i}" for i in range(TESTS)]


async def rate(one: Callable[[], Awaitable[object]]) -> float:
    """The most that were done in a second, of several rounds; as many at once as there are cores."""
    cores = asyncio.Semaphore(len(os.sched_getaffinity(0)))

    async def turn() -> None:
        async with cores:
            await one()

    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await asyncio.gather(*(turn() for _ in range(PROGRAMS)))
        rates.append(PROGRAMS / (time.perf_counter() - began))
    return max(rates)


async def bare() -> None:
    """Start the interpreter that the sandbox uses, without one."""
    process = await asyncio.create_subprocess_exec(interpreter()[0], "-I", "-c", "pass")
    await process.wait()


async def main() -> None:
    """Print the figures."""
    sandbox = Sandbox()
    try:
        await sandbox.run(PROGRAM)
    except SandboxError as error:
        print(f"not measured: {error}")
        return
    start = await rate(bare)
    print(f"python -I -c pass         {start:6.1f} a second")
    for name, one in (
        ("run a program", lambda: sandbox.run(PROGRAM)),
        (f"a program with {TESTS} tests", lambda: sandbox.test(PROGRAM, CHECKS)),
    ):
        done = await rate(one)
        print(f"{name:<25} {done:6.1f} a second, each takes {start / done:.1f} x the bare interpreter")


if __name__ == "__main__":
    asyncio.run(main())
