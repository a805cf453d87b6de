"""Posting JSON to a model server, and what its replies mean. Keys go to the configured address and nowhere else."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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
    heard: Callable[[Mapping[str, str]], None] | None = None,
) -> Any:
    """The JSON that a server replies with; `heard` is told the headers of the reply, whatever its status.

    Raises:
        ModelFailure: no connection, a bad status, or a reply that is not JSON; says whether to try again.
        ModelError: the server refuses the key, or knows no such model or address, or the account has no credit.
    """
    import aiohttp

    try:
        # A redirect could carry the key to another host: it is refused, not followed.
        async with http.post(url, json=body, headers=headers, allow_redirects=False) as reply:
            if heard is not None:
                heard(reply.headers)
            raw = await _body(reply)
            if reply.status != 200:
                detail, code = _said(raw)
                raise failure(reply.status, detail, model, reply.headers.get("Retry-After"), code)
    except aiohttp.InvalidURL:
        raise ModelError(f"{model}: '{url}' is not an address; give one such as {EXAMPLE}") from None
    except aiohttp.ClientConnectorError as error:
        raise ModelFailure("no connection", str(error.os_error)) from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise ModelFailure("connection lost", type(error).__name__) from None  # it quotes what the server said
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
            raise too_large()
    return b"".join(chunks)


def too_large() -> ModelFailure:
    """The failure of a reply that no memory should hold."""
    return ModelFailure("bad reply", f"the reply is larger than {LARGEST_REPLY >> 20} MB", retryable=False)


def address(url: str, model: str) -> str:
    """A configured address as it is stored and shown.

    Raises:
        ModelError: it is none, or has more than a place in it: credentials, a query, a fragment.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        shown = one_line(url.rpartition("@")[2])
        raise ModelError(f"{model}: '{shown}' is not an address; give one such as {EXAMPLE}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ModelError(
            f"{model}: no credentials, query or fragment in an address, it is stored: set OPENAI_API_KEY instead"
        )
    return url.rstrip("/")


def is_secret(name: str) -> bool:
    """Whether an environment variable of this name holds a key."""
    return bool(_SECRET.search(name.upper()))


def without_keys(text: str) -> str:
    """What somebody else said, without our keys: servers repeat the key that they refuse."""
    for name, value in os.environ.items():
        if is_secret(name) and len(value.strip()) >= 8:
            text = text.replace(value.strip(), "***")
    return text


def one_line(text: str) -> str:
    """A line of what somebody else said, at most, without our keys."""
    return " ".join(without_keys(text).split())[:200]


def unlogged(record: logging.LogRecord) -> bool:
    """A filter for the log of a library that writes down what a server said: it loses our keys, and tracebacks."""
    record.msg, record.args, record.exc_info = without_keys(record.getMessage()), (), None
    return True


def _said(raw: bytes) -> tuple[str, Any]:
    """What an error body says, and its code."""
    code = None
    try:
        said = json.loads(raw)
        error = said.get("error", said)
        text, code = (error.get("message", error), error.get("code")) if isinstance(error, dict) else (error, None)
    except (ValueError, AttributeError, RecursionError):
        text = raw.decode("utf-8", "replace")
    return one_line(str(text)), code


def failure(
    status: int, detail: str, model: str, retry_after: str | float | None = None, code: Any = None
) -> ModelFailure | ModelError:
    """The error that an HTTP status stands for, or the code in the body of a 429."""
    if status == 402 or (status == 429 and code == "insufficient_quota"):
        return ModelError(
            f"{model}: the account has no credit ({status}: {detail}): top it up and run again; everything that "
            "was bought is kept"
        )
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
    """Seconds to wait, said as such or as a date; None where it is neither."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(str(retry_after))
    except (ValueError, OverflowError):
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds()) if when.tzinfo else None
