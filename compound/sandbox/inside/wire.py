"""Plain data between two processes that do not trust each other, and what both of them need besides.

A value is a tag of one byte and its content: eight bytes for a float, else four of size (the most significant
first) and so many bytes or items. Only built-in types come out, exactly; a subclass (a named tuple, a Counter) goes
in as the built-in type that it extends. Reading evaluates nothing. A frame is four bytes of length and one value.
(JSON would do, but importing `json` takes as long as starting the interpreter.)
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what `signal` wraps, without its imports
import os
import select
import struct
import time

TYPE_CHECKING = False  # importing typing takes long too
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

LONGEST = 1 << 24  # bytes of a frame

_SIZE, _FLOAT = struct.Struct(">I"), struct.Struct(">d")
_CONSTANTS = {b"N": None, b"T": True, b"F": False}
_ITEMS: dict[bytes, Any] = {b"l": list, b"t": tuple, b"s": set, b"f": frozenset}


class Unsupported(Exception):  # noqa: N818 - an outcome
    """The value is not plain data, or there is too much of it."""


class Garbled(Exception):  # noqa: N818 - an outcome
    """What came is not what this module writes."""


class Late(Exception):  # noqa: N818 - an outcome
    """Nothing (or not all) came in time."""


def encode(value: Any) -> bytes:
    """The value as bytes.

    Raises:
        Unsupported: it is, or holds, something else than None, bool, int, float, complex, str, bytes, list, tuple,
            dict, set, frozenset; or it is nested too deeply.
    """
    try:
        return _encode(value)
    except RecursionError:
        raise Unsupported("the value is nested too deeply") from None


def _encode(value: Any) -> bytes:
    for tag, constant in _CONSTANTS.items():
        if value is constant:
            return tag
    if isinstance(value, float):
        return b"d" + _FLOAT.pack(value)
    if isinstance(value, complex):
        return b"c" + _FLOAT.pack(value.real) + _FLOAT.pack(value.imag)
    if isinstance(value, int):
        return _sized(b"i", int.to_bytes(value, int.bit_length(value) // 8 + 1, "big", signed=True))
    if isinstance(value, str):
        return _sized(b"u", str.encode(value, "utf-8", "surrogatepass"))
    if isinstance(value, bytes):
        return _sized(b"b", value)
    for tag, kind in _ITEMS.items():
        if isinstance(value, kind):
            return tag + _SIZE.pack(len(value)) + b"".join([_encode(item) for item in value])
    if isinstance(value, dict):
        parts = [_encode(part) for item in value.items() for part in item]
        return b"m" + _SIZE.pack(len(parts)) + b"".join(parts)
    raise Unsupported("a value of type " + type(value).__name__ + " cannot be passed")


def _sized(tag: bytes, content: bytes) -> bytes:
    if len(content) > LONGEST:
        raise Unsupported("the value takes more than %d MiB" % (LONGEST >> 20))  # noqa: UP031
    return tag + _SIZE.pack(len(content)) + content


_LEAVES: dict[bytes, Callable[[bytes], Any]] = {
    b"i": lambda content: int.from_bytes(content, "big", signed=True),
    b"u": lambda content: content.decode("utf-8", "surrogatepass"),
    b"b": bytes,
}
_BUILD: dict[bytes, Callable[[list[Any]], Any]] = {
    **_ITEMS,
    b"m": lambda items: {items[i]: items[i + 1] for i in range(0, len(items), 2)},
}


def decode(data: bytes) -> Any:
    """The value that was encoded.

    Raises:
        Garbled: it is not what `encode` returns.
    """
    try:
        value, end = _decode(data, 0)
    except Exception as error:  # hostile bytes: RecursionError, KeyError, UnicodeDecodeError, MemoryError, …
        raise Garbled(type(error).__name__) from None
    if end != len(data):
        raise Garbled("more bytes than it says")
    return value


def _decode(data: bytes, at: int) -> tuple[Any, int]:
    tag, at = data[at : at + 1], at + 1
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    if tag == b"d":
        return _FLOAT.unpack_from(data, at)[0], at + 8
    if tag == b"c":
        return complex(_FLOAT.unpack_from(data, at)[0], _FLOAT.unpack_from(data, at + 8)[0]), at + 16
    (size,), at = _SIZE.unpack_from(data, at), at + 4
    if tag in _LEAVES:
        return _LEAVES[tag](data[at : at + size]), at + size
    items = []
    for _ in range(size):
        item, at = _decode(data, at)
        items.append(item)
    return _BUILD[tag](items), at


def send(channel: int, value: Any) -> None:
    """Write one frame.

    Raises:
        Unsupported: the value cannot be encoded, or is too long.
        OSError: the other end is closed.
    """
    data = _sized(b"", encode(value))
    while data:
        data = data[os.write(channel, data) :]


def receive(channel: int, deadline: float | None = None) -> Any:
    """Read one frame; by `deadline`, if given, a time of `time.monotonic`.

    Raises:
        EOFError: the other end is closed.
        Late: the deadline passed.
        Garbled: it is no frame.
    """
    (size,) = _SIZE.unpack(_take(channel, 4, deadline))
    if size > LONGEST:
        raise Garbled("a frame of %d bytes" % size)  # noqa: UP031
    return decode(_take(channel, size, deadline))


def frames(data: bytes) -> Iterator[Any]:
    """The values of whole frames one after the other, up to the first that is none."""
    while len(data) >= 4:
        (size,) = _SIZE.unpack_from(data)
        try:
            yield decode(data[4 : 4 + size])
        except Garbled:
            return
        data = data[4 + size :]


def _take(channel: int, size: int, deadline: float | None) -> bytes:
    data, poll = bytearray(), select.poll()
    poll.register(channel, select.POLLIN)
    while len(data) < size:
        if deadline is not None and not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise Late
        part = os.read(channel, min(size - len(data), 1 << 16))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def shown(error: BaseException) -> str:
    """One line of limited length."""
    return (type(error).__name__ + ": " + str(error))[:500]


def silence() -> None:
    """Point the standard streams to nothing."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def end(child: int) -> None:
    """Kill a child that leads a process group, and the group."""
    for kill in (os.kill, os.killpg):
        try:
            kill(child, _signal.SIGKILL)
        except OSError:  # it is gone, or has not made its group yet
            continue
    os.waitpid(child, 0)
