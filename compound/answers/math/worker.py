"""A process that compares formulas for us, and can be killed: started when first needed, shared by all threads.

Covered: a comparison that takes too long, or too much memory, or that crashes the interpreter, costs one kill and
one restart. A fork (of a data loader, say) starts its own worker. The worker ends with this process: at exit by a
kill, after a crash because its input ends. It gets no environment variables that might hold keys.
Not covered: the worker is no sandbox; what it is sent must have been checked.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import weakref
from importlib.util import find_spec
from pathlib import Path

from compound.core import UserError

_PROGRAM = Path(__file__).with_name("program.py")
_START = 60.0  # seconds until it must be ready: importing sympy takes 1 to 3, on a loaded machine more
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_KEPT_ON_WINDOWS = ("SYSTEMROOT", "TEMP", "TMP", "USERPROFILE", "APPDATA")


class Overrun(Exception):  # noqa: N818 - an outcome, counted by the caller
    """The comparison took too long or too much memory, and the worker was killed."""


class Worker:
    """A lazily started process, one comparison at a time.

    Args:
        seconds: wall time of a comparison.
        megabytes: address space of the process, where the system can limit it.
    """

    def __init__(self, seconds: float = 3.0, megabytes: int = 1024) -> None:
        self.seconds, self.megabytes = seconds, megabytes
        self.starts = 0
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._replies: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        _WORKERS.add(self)

    @property
    def pid(self) -> int | None:
        """The running process, None while there is none."""
        return self._process.pid if self._process else None

    def equal(self, one: str, other: str) -> bool:
        """Whether two formulas in LaTeX are equal.

        Raises:
            Overrun: no answer within the limits.
            UserError: math-verify is not installed.
        """
        with self._lock:
            # A worker that was killed from outside, between two comparisons, is not the fault of this one.
            if self._process and self._process.poll() is not None:
                self._kill()
            if not self._process:
                self._start()
            assert self._process and self._process.stdin
            try:
                self._process.stdin.write(json.dumps([one, other]).encode() + b"\n")
                reply = self._replies.get(timeout=self.seconds)
                return json.loads(reply) is True if reply else self._overrun()
            except (queue.Empty, OSError):
                return self._overrun()
            except BaseException:  # an interrupt here would leave a reply for the next question
                self._kill()
                raise

    def close(self) -> None:
        """End the process; the next comparison starts another."""
        with self._lock:
            self._kill()

    def _overrun(self) -> bool:
        self._kill()
        raise Overrun

    def _start(self) -> None:
        if find_spec("math_verify") is None:
            raise UserError(
                "comparing these formulas needs math-verify, which is not installed: pip install 'compound[math]'"
            )
        # -P: the folder of the script, with names as common as `kind` and `values`, must not be importable.
        self._process = process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", str(_PROGRAM), str(self.seconds), str(self.megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={name: os.environ[name] for name in (*_KEPT, *_KEPT_ON_WINDOWS) if name in os.environ},
        )
        self._replies = queue.SimpleQueue()
        threading.Thread(target=_pump, args=(process, self._replies), name="math worker", daemon=True).start()
        self.starts += 1
        ready = b""
        with contextlib.suppress(queue.Empty):
            ready = self._replies.get(timeout=_START)
        if ready != b"ready\n":
            self._kill()
            raise UserError("the process that compares formulas does not start: pip install 'compound[math]'")

    def _kill(self) -> None:
        if process := self._process:
            self._process = None
            process.kill()
            process.wait()
            assert process.stdin
            process.stdin.close()

    def _forget(self) -> None:
        """In a forked child: the process belongs to the parent, the lock may be held by a thread that is gone."""
        self._lock = threading.Lock()
        if process := self._process:
            self._process = None
            process.returncode = 0  # it is not our child: nothing to wait for
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    assert pipe
                    pipe.close()


def _pump(process: subprocess.Popen[bytes], replies: queue.SimpleQueue[bytes]) -> None:
    assert process.stdout
    with process.stdout, open(process.stdout.fileno(), "rb", closefd=False) as reader:
        for line in reader:
            replies.put(line)
    replies.put(b"")


_WORKERS: weakref.WeakSet[Worker] = weakref.WeakSet()


def _forget_all() -> None:
    for worker in list(_WORKERS):
        worker._forget()


@atexit.register
def _close_all() -> None:
    for worker in list(_WORKERS):  # without the lock: a thread may be waiting inside it
        if worker._process:
            worker._process.kill()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
