"""The judge's side of a test: runs the tests, each in a fork, against stand-ins for the candidate's functions.

A stand-in sends the call to the other sandbox and gets plain data back, so nothing of the candidate ever runs here:
neither its `__eq__`, nor what it did to built-ins, nor its `os._exit`. What it may define is limited as well: its
functions never replace a built-in or what the setup defines, which the tests rely on (`abs`, `sorted`, a helper).
A verdict goes out as one frame, [index, status, detail].
"""

from __future__ import annotations

import _socket
import builtins
import os
import struct
import sys
import time
import types

from compound.sandbox.inside.standin import Caller
from compound.sandbox.inside.wire import Garbled, Late, decode, end, receive, send, shown, silence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DETAIL = 500


def main(payload: bytes, channels: list[int]) -> None:
    """Wait for the candidate to load, then run every test."""
    control, verdicts = channels
    given = decode(payload)
    silence()
    module = sys.modules["tests"] = types.ModuleType("tests")
    caller = Caller()
    problem = prepare(vars(module), caller, given["setup"], control, given["seconds"])
    for index, test in enumerate(given["tests"]):
        status, detail = problem or judge(vars(module), caller, test, channels, given["seconds"])
        send(verdicts, [index, status, detail[:_DETAIL]])


def prepare(
    namespace: dict[str, Any], caller: Caller, setup: str, control: int, seconds: float
) -> tuple[str, str] | None:
    """Fill the namespace of the tests; the verdict on all of them if that fails."""
    deadline = time.monotonic() + seconds
    try:
        exec(compile(setup, "<setup>", "exec"), namespace)  # noqa: S102 - what the sandbox is for
    except BaseException as error:
        return "error", "the setup does not run: " + shown(error)
    try:
        kind, found = receive(control, deadline)
        if kind != "names":
            return "error", str(found)
        taken = {*namespace, *vars(builtins)}
        for name, offer in found.items():
            if not name.startswith("__") and name not in taken:
                caller.provide(namespace, name, *offer)
    except Late:
        return "timeout", "the program does not load within %g s" % seconds  # noqa: UP031
    except (EOFError, OSError):
        return "error", "the program ended its own process while it was loaded"
    except Exception as error:
        return "error", "the program's side sends nonsense: " + shown(error)
    return None


def judge(
    namespace: dict[str, Any], caller: Caller, test: str, channels: list[int], seconds: float
) -> tuple[str, str]:
    """Run one test in a fork; wait for its verdict, and no longer than it may take."""
    deadline = time.monotonic() + seconds
    ours, theirs = _socket.socketpair()
    if not hand_over(channels[0], theirs.fileno()):
        return "error", "the program ended its own process before this test"
    theirs.close()
    result, report = os.pipe()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        for channel in (*channels, result):
            os.close(channel)
        caller.connect(ours.fileno(), report)
        attempt(namespace, caller, test)
    os.close(report)
    ours.close()
    try:
        status, detail = receive(result, deadline)
        return str(status), str(detail)
    except Late:
        return "timeout", "not done within %g s" % seconds  # noqa: UP031
    except EOFError:
        return "error", "the test ended its own process, or was ended by a limit"
    except (Garbled, TypeError, ValueError) as error:
        return "error", "the test reports nonsense: " + shown(error)
    finally:
        end(child)
        os.close(result)


def hand_over(control: int, channel: int) -> bool:
    """Give the candidate's side the other end of this test's socket."""
    line = _socket.socket(fileno=control)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("i", channel))]
    try:
        line.sendmsg([b"t"], rights, _socket.MSG_DONTWAIT)
    except OSError:
        return False
    finally:
        line.detach()
    return True


def attempt(namespace: dict[str, Any], caller: Caller, test: str) -> None:
    """Run the test and report; never returns."""
    try:
        exec(compile(test, "<test>", "exec"), namespace)  # noqa: S102 - what the sandbox is for
    except AssertionError as error:
        caller.report("failed", where(error, test))
    except BaseException as error:
        caller.report("error", where(error, test))
    caller.report("passed", "")


def where(error: BaseException, test: str) -> str:
    """The error, and the line of the test that it came through."""
    number, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<test>":
            number = trace.tb_lineno
        trace = trace.tb_next
    line = test.splitlines()[number - 1].strip() if number else ""
    return shown(error) + (" in: " + line if line else "")
