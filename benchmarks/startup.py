"""CPU seconds of `import compound` and `compound --help`, beside an interpreter that does nothing."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

RUNS = 7


def cpu_seconds(command: list[str]) -> float:
    """The least CPU time (user and system) of several runs of a command."""
    times = []
    for _ in range(RUNS):
        before = _children()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(_children() - before)
    return min(times)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the figures."""
    nothing = cpu_seconds([sys.executable, "-c", "pass"])
    script = str(Path(sys.executable).with_name("compound"))
    print(f"python -c pass     {nothing:.3f} s CPU")
    for name, command in (
        ("import compound", [sys.executable, "-c", "import compound"]),
        ("compound --help", [script, "--help"]),
    ):
        took = cpu_seconds(command)
        print(f"{name:<18} {took:.3f} s CPU, {took / nothing:.1f} x the bare interpreter")


if __name__ == "__main__":
    main()
