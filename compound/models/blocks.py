"""How missing draws become calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compound.core import Draw, Request

LARGEST = 250_000  # bytes in one mixed call: no more tokens than that, and providers have such limits


def blocks(draws: Iterable[Draw], batch: int) -> Iterator[list[Draw]]:
    """Missing draws as the calls that buy them: one request each, at most `batch` draws.

    The draws of a lane's branches are cut at multiples of `batch`, whoever else is missing; pieces that are
    not full share a call. So an interrupted pool goes on with the very blocks that it would have sent.
    """
    by_request: dict[tuple[Request, int], list[Draw]] = {}
    for draw in draws:
        by_request.setdefault((draw.request, draw.replicate), []).append(draw)
    for group in by_request.values():
        pieces: dict[tuple[object, ...], list[Draw]] = {}
        for draw in sorted(group, key=lambda d: (d.k, d.lane)):
            pieces.setdefault((draw.k, draw.lane[:-1], draw.lane[-1] // batch), []).append(draw)
        call: list[Draw] = []
        for piece in pieces.values():
            if len(call) + len(piece) > batch:
                yield call
                call = []
            call = call + piece
        if call:
            yield call


def mixed(draws: Iterable[Draw], batch: int) -> Iterator[list[Draw]]:
    """Missing draws of any requests as the calls that buy them: at most `batch` draws and `LARGEST` bytes each."""
    call: list[Draw] = []
    size = 0
    for draw in draws:
        own = draw.request.prompt.size
        if call and (len(call) == batch or size + own > LARGEST):
            yield call
            call, size = [], 0
        call.append(draw)
        size += own
    if call:
        yield call
