"""Posting JSON to a model server, and what its replies mean. Keys go to the configured address and nowhere else."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from compound.core import ModelError, ModelFailure

if TYPE_CHECKING:
    import aiohttp

LARGEST_REPLY = 64 << 20
EXAMPLE = "--base-url http://127.0.0.1:8000/v1"
_SECRET = re.compile("KEY|TOKEN|SECRET|PASSWORD")


def session() -> aiohttp.ClientSession:
    """An HTTP session that opens as many connections as it is asked for; the limiter is elsewhere."""
    import aiohttp

    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None))


async def post(
    http: aiohttp.ClientSession,
    url: str,
    body: dict[str, Any],
    *,
    model: str,
    headers: dict[str, str] | None = None,
) -> Any:
    """The JSON that a server replies with.

    Raises:
        ModelFailure: no connection, a bad status, or a reply that is not JSON; says whether to try again.
        ModelError: the server refuses the key, or knows no such model or address.
    """
    import aiohttp

    try:
        # A redirect could carry the key to another host: it is refused, not followed.
        async with http.post(url, json=body, headers=headers, allow_redirects=False) as reply:
            raw = await _body(reply)
            if reply.status != 200:
                raise failure(reply.status, _detail(raw), model, reply.headers.get("Retry-After"))
    except aiohttp.InvalidURL:
        raise ModelError(f"{model}: '{url}' is not an address; give one such as {EXAMPLE}") from None
    except aiohttp.ClientConnectorError as error:
        raise ModelFailure("no connection", str(error.os_error)) from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise ModelFailure("connection lost", type(error).__name__) from error
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ModelFailure("bad reply", "the reply is not JSON") from error


async def _body(reply: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in reply.content.iter_chunked(1 << 16):
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_REPLY:
            raise ModelFailure("bad reply", f"the reply is larger than {LARGEST_REPLY >> 20} MB", retryable=False)
    return b"".join(chunks)


def address(url: str, model: str) -> str:
    """A configured address as it is stored and shown.

    Raises:
        ModelError: it is none, or has credentials in it.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        shown = one_line(url.rpartition("@")[2])
        raise ModelError(f"{model}: '{shown}' is not an address; give one such as {EXAMPLE}")
    if parts.username or parts.password:
        raise ModelError(f"{model}: no credentials in an address, it is stored: set OPENAI_API_KEY instead")
    return url.rstrip("/")


def one_line(text: str) -> str:
    """A line of what somebody else said, at most. Servers repeat the key that they refuse: it is taken out."""
    for name, value in os.environ.items():
        if _SECRET.search(name.upper()) and len(value.strip()) >= 8:
            text = text.replace(value.strip(), "***")
    return " ".join(text.split())[:200]


def _detail(raw: bytes) -> str:
    """What an error body says."""
    try:
        said = json.loads(raw)
        error = said.get("error", said)
        text = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError, RecursionError):
        text = raw.decode("utf-8", "replace")
    return one_line(str(text))


def failure(
    status: int, detail: str, model: str, retry_after: str | float | None = None
) -> ModelFailure | ModelError:
    """The error that an HTTP status stands for."""
    if status in (401, 403):
        return ModelError(f"{model} refuses the credentials ({status}: {detail}): check the API key")
    if status in (404, 405, 410):
        return ModelError(f"{model} is not there ({status}: {detail}): check the model id and the address")
    if 300 <= status < 400:
        return ModelError(f"{model} redirects elsewhere ({status}): give the final address with --base-url")
    if status == 429:
        return ModelFailure("rate limit", detail, retry_after=_seconds(retry_after))
    if status >= 500 or status in (408, 409, 425):
        return ModelFailure("server error", f"{status}: {detail}", retry_after=_seconds(retry_after))
    return ModelFailure("bad request", f"{status}: {detail}", retryable=False)


def _seconds(retry_after: str | float | None) -> float | None:
    try:
        return max(0.0, float(retry_after)) if retry_after is not None else None
    except ValueError:  # a date: our own backoff does
        return None
