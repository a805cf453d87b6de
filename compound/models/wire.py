"""What a server really said to a call that LiteLLM makes, and what LiteLLM may not do with it.

LiteLLM and the clients below it follow redirects, which sends a prompt, and any key that is not in the
`Authorization` header, to whatever host a server names. They read replies of any length, and their errors do not
tell a reply that was cut from one that never began, or lack its headers. All of them send through
`httpx.AsyncClient.send`, so that is wrapped, once; requests that are not ours pass through it untouched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

import httpx

from compound.core import ModelFailure
from compound.models import http

Heard = Callable[[Mapping[str, str]], None]


@dataclass
class Reply:
    """The last reply to a call.

    Attributes:
        heard: told the headers.
        status: the HTTP status; None: there was no reply.
        retry_after: that header.
        failure: why the reply never came, or not whole; None if it did.
    """

    heard: Heard | None
    status: int | None = None
    retry_after: str | None = None
    failure: ModelFailure | None = None


_expected: ContextVar[Reply | None] = ContextVar("expected", default=None)


@contextmanager
def listening(heard: Heard | None) -> Iterator[Reply]:
    """Fill in what is said to the request that the block sends through httpx; `heard` is told the headers."""
    _wrap()
    reply = Reply(heard)
    token = _expected.set(reply)
    try:
        yield reply
    finally:
        _expected.reset(token)


def _wrap() -> None:
    plain: Any = httpx.AsyncClient.send
    if hasattr(plain, "listens"):
        return

    @wraps(plain)
    async def send(client: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
        reply = _expected.get()
        if reply is not None:
            return await _send(reply, plain, client, request, options)
        response: httpx.Response = await plain(client, request, **options)
        return response

    send.listens = True  # type: ignore[attr-defined]
    httpx.AsyncClient.send = send  # type: ignore[assignment, method-assign]


async def _send(
    reply: Reply, plain: Any, client: httpx.AsyncClient, request: httpx.Request, options: dict[str, Any]
) -> httpx.Response:
    response: httpx.Response | None = None
    reply.status = reply.failure = None  # of an earlier request
    try:
        response = await plain(client, request, **{**options, "stream": True, "follow_redirects": False})
        assert response is not None
        reply.status, reply.retry_after = response.status_code, response.headers.get("retry-after")
        if reply.heard is not None:
            reply.heard(response.headers)
        response.stream = _Capped(response.stream)
        if not options.get("stream"):
            await response.aread()
    except BaseException as error:
        reply.failure = _failure(error)
        if response is not None:
            await response.aclose()
        raise
    return response


def _failure(error: BaseException) -> ModelFailure | None:
    """What an error of the transport means; None for one that is none."""
    name = type(error).__name__
    match error:
        case ModelFailure():
            return error
        case httpx.TimeoutException():
            return ModelFailure("timeout", name)
        case httpx.ConnectError() | httpx.ProxyError() | httpx.UnsupportedProtocol():
            return ModelFailure("no connection", http.one_line(str(error)))
        case httpx.TransportError():
            return ModelFailure("connection lost", name)
        case httpx.DecodingError():
            return ModelFailure("bad reply", name)
    return None


class _Capped(httpx.AsyncByteStream):
    """A stream that ends with an error when there is too much of it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > http.LARGEST_REPLY:
                raise http.too_large()
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
