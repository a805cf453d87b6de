"""How many calls may be in flight to one model: grows while all is well, shrinks when the server says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Limiter:
    """An adaptive semaphore: additive increase, multiplicative decrease.

    It starts at `start` and doubles after each full round without trouble until the first 429; from then on it
    grows by one a round. Each 429 *episode* (15 s) cuts it to 0.8 once. `history` has (seconds since the epoch,
    limit) of every change. A permit is held for one whole call and given back before any waiting.
    """

    EPISODE = 15.0

    def __init__(self, start: int = 20, highest: int = 100) -> None:
        self.limit, self.highest = start, max(start, highest)
        self.history: list[tuple[float, int]] = [(time.time(), start)]
        self._busy = 0
        self._good = 0
        self._cut_at: float | None = None
        self._pause_until = 0.0
        self._free = asyncio.Condition()

    @asynccontextmanager
    async def permit(self) -> AsyncIterator[None]:
        """Wait for a free place, and keep it for the length of the block."""
        async with self._free:
            await self._free.wait_for(lambda: self._busy < self.limit)
            self._busy += 1
        try:
            await self.pause()
            yield
        finally:
            async with self._free:
                self._busy -= 1
                self._free.notify(max(0, self.limit - self._busy))  # all of thousands would take turns to look

    async def pause(self) -> None:
        """Wait as long as the server asked everybody to; to be called again after any other waiting."""
        while (wait := self._pause_until - time.monotonic()) > 0:  # noqa: ASYNC110 - another 429 prolongs it
            await asyncio.sleep(wait)

    def succeeded(self) -> None:
        """A call went well."""
        self._good += 1
        if self._good >= self.limit and self.limit < self.highest:
            self._set(self.limit * 2 if self._cut_at is None else self.limit + 1)

    def limited(self, retry_after: float | None) -> None:
        """The server said 429: everybody waits as long as it asks, and fewer go at once."""
        now = time.monotonic()
        if retry_after:
            self._pause_until = max(self._pause_until, now + retry_after)
        if self._cut_at is None or now - self._cut_at > self.EPISODE:
            self._cut_at = now
            self._set(int(self.limit * 0.8))
        self._good = 0

    def troubled(self) -> None:
        """A timeout or a server error: no growth for a round, but no cut either."""
        self._good = 0

    def _set(self, limit: int) -> None:
        self.limit = max(1, min(limit, self.highest))
        self._good = 0
        self.history.append((time.time(), self.limit))
