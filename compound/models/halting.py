"""Stopping calmly: calls that were sent are finished and filed, and no others are opened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar

from compound.core import BudgetExhaustedError


class HaltedError(BudgetExhaustedError):
    """A call that was not opened, since somebody wants to stop: nothing is lost, as when a budget is out."""

    def __init__(self) -> None:
        super().__init__("interrupted")


class Halt:
    """A wish to stop that any thread, or the handler of a signal, may utter.

    Put it into `HALT`: the models of all sessions that are made in that context stop when it is uttered.
    """

    def __init__(self) -> None:
        self.requested = False
        self._listeners: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []

    def request(self) -> None:
        """Stop."""
        self.requested = True
        for loop, stop in list(self._listeners):
            loop.call_soon_threadsafe(stop)

    def follow(self, stop: Callable[[], None]) -> None:
        """Call `stop` on the running loop when the wish is uttered; at once if it was."""
        self._listeners.append((asyncio.get_running_loop(), stop))
        if self.requested:
            stop()


HALT: ContextVar[Halt | None] = ContextVar("halt", default=None)
