"""The candidate's side of a test: loads the program once, then answers calls, in a fresh fork for every test.

Nothing here is trusted by the other side: it shares one process with the candidate, which may replace any of it.
It gets the setup and the program, then over the control channel one end of a new socket for every test, and over
that [name, arguments, keyword arguments] for every call. It never gets the tests.
"""

from __future__ import annotations

import _socket  # what `socket` wraps, without its 5 ms of imports
import os
import struct
import sys
import types

from compound.sandbox.inside.wire import Unsupported, decode, encode, end, receive, send, shown, silence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(payload: bytes, channels: list[int]) -> None:
    """Load, say what there is to call, then serve one test after the other."""
    control = channels[0]
    given = decode(payload)
    silence()
    module = sys.modules["candidate"] = types.ModuleType("candidate")
    try:
        for part in ("setup", "program"):
            exec(compile(given[part], "<%s>" % part, "exec"), module.__dict__)  # noqa: S102, UP031
    except BaseException as error:
        send(control, ["error", "the program does not load: " + shown(error)])
        return
    send(control, ["names", names(vars(module))])
    child = 0
    while True:
        channel = adopt(control)
        if child:
            end(child)
        if channel is None:
            return
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            os.close(control)
            serve(channel, vars(module))
        os.close(channel)


def names(namespace: dict[str, Any]) -> dict[str, Any]:
    """What a test may use, by name: ["call"], ["error", its bases], ["value", plain data], ["module"]."""
    found: dict[str, Any] = {}
    for name, value in namespace.items():
        if name.startswith("__"):
            continue
        if isinstance(value, types.ModuleType):
            if value.__name__ == name:
                found[name] = ["module"]
        elif isinstance(value, type) and issubclass(value, BaseException):
            found[name] = ["error", lineage(value)]
        elif callable(value):
            found[name] = ["call"]
        else:
            try:
                encode(value)
            except Unsupported:
                continue
            found[name] = ["value", value]
    return found


def serve(channel: int, namespace: dict[str, Any]) -> None:
    """Answer calls until the test is over. A reply is [kind, what, arguments as they are now, or None]."""
    try:
        while True:
            name, args, kwargs = receive(channel)
            before = encode([args, kwargs])
            reply = answer(namespace[name], args, kwargs)
            try:
                changed = encode([args, kwargs]) != before
            except Unsupported:
                changed = False
            after = [args, kwargs] if changed else None
            try:
                send(channel, [*reply, after])
            except Unsupported as error:
                send(channel, ["unsupported", str(error), None])
    finally:
        os._exit(0)


def answer(function: Any, args: Any, kwargs: Any) -> list[Any]:
    """Call it: ["return", value], or ["raise", names of its types, arguments]."""
    try:
        return ["return", function(*args, **kwargs)]
    except BaseException as error:
        given = error.args
        try:
            encode(given)
        except Unsupported:
            given = (str(error),)
        return ["raise", lineage(type(error)), given]


def lineage(kind: type) -> list[str]:
    """The names of an exception type and of its bases, nearest first."""
    return [base.__name__ for base in kind.__mro__ if issubclass(base, BaseException)]


def adopt(control: int) -> int | None:
    """The channel of the next test, None when there are no more."""
    line = _socket.socket(fileno=control)
    data, extra, _, _ = line.recvmsg(1, _socket.CMSG_SPACE(4))
    line.detach()
    return struct.unpack("i", extra[0][2][:4])[0] if data and extra else None
