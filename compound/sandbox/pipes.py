"""What a process writes, read up to a limit, so that a flood never fills our memory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import cast

STDIN, STDOUT, STDERR = 0, 1, 2


class Output(asyncio.SubprocessProtocol):
    """Keeps stdout and stderr, each up to `most` bytes; more than that is not read, and `overrun` is called."""

    def __init__(self, most: int, overrun: Callable[[], None]) -> None:
        self.full = False
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()  # both streams are at their ends
        self._data = {STDOUT: bytearray(), STDERR: bytearray()}
        self._open = {STDOUT, STDERR}
        self._most, self._overrun = most, overrun

    def text(self, stream: int) -> str:
        """What came; bytes that are no UTF-8 are replaced."""
        return self._data[stream].decode(errors="replace")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        room = self._most - len(self._data[fd])
        self._data[fd] += data[:room]
        if len(data) > room:
            self.full = True
            if pipe := self._transport.get_pipe_transport(fd):
                pipe.close()
            self._overrun()

    def pipe_connection_lost(self, fd: int, _error: Exception | None) -> None:
        self._open.discard(fd)
        if not self._open:
            self.closed.set()

    def process_exited(self) -> None:
        self.exited.set()


class Inbox:
    """A pipe of our own, whose other end a process inherits: read up to a limit, to its end."""

    def __init__(self) -> None:
        self._read, self.write = os.pipe()
        self.reader = asyncio.StreamReader()
        self._transport: asyncio.BaseTransport | None = None

    async def listen(self) -> None:
        """After the start of the process: close the other end here, and begin to read."""
        self.shut()
        loop, end = asyncio.get_running_loop(), os.fdopen(self._read, "rb", buffering=0)
        self._read = -1
        self._transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self.reader), end)

    async def rest(self, most: int) -> bytes:
        """Up to so many bytes, fewer if the other end is closed before."""
        try:
            return await self.reader.readexactly(most)
        except asyncio.IncompleteReadError as ended:
            return ended.partial

    def shut(self) -> None:
        """Close the end for writing, which the process has a copy of."""
        if self.write >= 0:
            os.close(self.write)
            self.write = -1

    def close(self) -> None:
        """Close what is open."""
        self.shut()
        if self._transport:
            self._transport.close()
        elif self._read >= 0:
            os.close(self._read)
            self._read = -1
