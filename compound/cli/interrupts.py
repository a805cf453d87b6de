"""Ctrl-C: once to stop calmly, twice to stop now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from compound.core import BudgetExhaustedError, Notice, Observer
from compound.models.halting import HALT, Halt

CALMLY = "stopping: what is in flight is finished and kept, nothing new is bought; Ctrl-C again stops at once"


class _Now(BaseException):
    """Stop without waiting for anything."""


@contextmanager
def stops_calmly(observer: Observer) -> Iterator[Halt]:
    """Let the first Ctrl-C in the block stop buying, as when a budget is out, and the second leave the block.

    The observer is told of the first. Completed calls are in the store either way. In another thread than the main
    one nothing is changed, since signals do not arrive there.

    Raises:
        KeyboardInterrupt: after the second; after the first too, if there is nothing to show yet.
    """
    halt = Halt()
    token = HALT.set(halt)

    def handle(number: int, frame: FrameType | None) -> None:
        if halt.requested:
            raise _Now
        halt.request()
        observer.notify(Notice(CALMLY))

    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, handle) if main else None
    try:
        yield halt
    except _Now:
        raise KeyboardInterrupt from None
    except BudgetExhaustedError:
        if halt.requested:
            raise KeyboardInterrupt from None
        raise
    finally:
        HALT.reset(token)
        if main:
            signal.signal(signal.SIGINT, before)
