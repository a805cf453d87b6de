"""The first lines that run in a sandbox: read the input, set the limits, say "ready", start the program's host.

Started as `python -c <this> <ready> <channels> <name> <source> …`: the number of the pipe that "ready" is
written into, the numbers of further open channels (joined by commas), and the modules, the last of which has the
`main`. Standard input is a header of HEADER bytes (decimal numbers: address space, CPU seconds, file size,
processes or 0 for any number, length of the payload), the payload, and what the program may read.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what `signal` wraps, without its imports
import os
import sys
import types

HEADER = 96
_FILES = 256  # open at once, of every process
READY = b"ready"


def take(size: int) -> bytes:
    """So many bytes of standard input, not one more; the end of the process if they do not come."""
    parts = []
    while size:
        part = os.read(0, min(size, 1 << 16))
        if not part:
            sys.exit("the input ended early")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def limit(memory: int, cpu: int, file: int, processes: int) -> None:
    """Set the hard limits of this process and of all it starts."""
    import resource

    wanted = {"CPU": (cpu, cpu + 1), "FSIZE": (file, file), "CORE": (0, 0), "NOFILE": (_FILES, _FILES)}
    if sys.platform != "darwin":  # which refuses it
        wanted["AS"] = (memory, memory)
    if processes:
        wanted["NPROC"] = (processes, processes)
    for name, (soft, hard) in wanted.items():
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (soft, hard))


def guard(channels: list[int]) -> None:
    """In a namespace of processes: stay behind as its first one, whose end is that of all others in it.

    The program runs in a child, for signals reach it as they do anywhere else, and not the first process.
    """
    if os.getpid() != 1 or not (child := os.fork()):
        return
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    for channel in (0, 1, 2, *channels):
        os.close(channel)
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def main() -> None:
    """Read, limit, load, report, go."""
    ready, sources = int(sys.argv[1]), sys.argv[3:]
    channels = [int(number) for number in sys.argv[2].split(",") if number]
    memory, cpu, file, processes, size = map(int, take(HEADER).split())
    payload = take(size)
    limit(memory, cpu, file, processes)
    module = types.ModuleType("")
    for name, source in zip(sources[::2], sources[1::2]):  # noqa: B905 - Python 3.8
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(source, name, "exec"), module.__dict__)  # noqa: S102 - our own source
    os.write(ready, READY)
    os.close(ready)
    guard(channels)
    module.main(payload, channels)


if __name__ == "__main__":
    main()
