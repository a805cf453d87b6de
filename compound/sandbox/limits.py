"""How much a program may use."""

from __future__ import annotations

from dataclasses import dataclass, fields

from compound.core import SandboxError

MIB = 1 << 20
_LEAST_MEMORY = 64 * MIB  # an interpreter with `json` loaded takes 20 to 40


@dataclass(frozen=True)
class Limits:
    """The limits of one program. Memory, CPU time and file size hold for each of its processes.

    Attributes:
        seconds: wall time of a run, or of one test (and of loading the program before the tests).
        total: wall time of all tests of one program, in seconds.
        cpu: CPU seconds, rounded up to whole ones.
        memory: bytes of address space.
        output: bytes of stdout, and of stderr, that are kept; a program that writes more is ended.
        file: bytes of one file.
        scratch: bytes of the private `/tmp` (and again of `/dev/shm`).
        processes: processes and threads at once, with one of the sandbox and, for tests, one of ours.

    Raises:
        SandboxError: a limit is not positive, or the memory is too little for an interpreter.
    """

    seconds: float = 10.0
    total: float = 60.0
    cpu: float = 10.0
    memory: int = 1024 * MIB
    output: int = MIB
    file: int = 16 * MIB
    scratch: int = 64 * MIB
    processes: int = 32

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            if not getattr(self, name) > 0:
                raise SandboxError(f"the limit {name} is {getattr(self, name)}: it must be above 0")
        if self.memory < _LEAST_MEMORY:
            raise SandboxError(f"the limit memory is {self.memory} bytes: Python needs {_LEAST_MEMORY} to start")
