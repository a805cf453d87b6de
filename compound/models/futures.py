"""Futures of samples that several askers follow."""

from __future__ import annotations

import asyncio

from compound.core import Sample


def settle(future: asyncio.Future[Sample], sample: Sample) -> None:
    """Give a future its sample, unless nobody waits any more."""
    if not future.done():
        future.set_result(sample)


def follow(flight: asyncio.Future[Sample], asker: asyncio.Future[Sample]) -> None:
    """Let whoever asks for a draw in flight have its result."""

    def copy(done: asyncio.Future[Sample]) -> None:
        if done.cancelled():
            asker.cancel()
        elif error := done.exception():
            refuse(asker, error)
        else:
            settle(asker, done.result())

    flight.add_done_callback(copy)


def refuse(future: asyncio.Future[Sample], error: BaseException) -> None:
    """Give a future an error; what is no ordinary error (an interrupt, say) cancels it."""
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
    else:
        future.cancel()
