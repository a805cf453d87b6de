"""A key goes to the configured address and nowhere else: not into the store, an error, a traceback or a notice."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from aiohttp import web
from model_server import Call, ModelServer, refuse_n

from compound.core import Chat, CompoundError, Question
from compound.models.session import Session, wait_for

KEY = "sk-DISTINCTIVE-0123456789"
QUESTION = Question("What is 3 + 4?", "number", "7")


def echo(code: int):
    """An error that repeats the key, as some servers do."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        said = f"Incorrect API key provided: {call.headers.get('Authorization')}"
        return web.json_response({"error": {"message": said}}, status=code)

    return fault


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("code", [None, 400, 401, 404, 429, 500])
def test_a_key_is_sent_to_the_server_and_appears_nowhere_else(
    server: ModelServer, heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.always = echo(code) if code else refuse_n
    seen: list[str] = []

    async def ask() -> None:
        async with Session(tmp_path / "s.db", base_url=server.url, observer=heard) as session:
            try:
                await session.lm("m", QUESTION).sample(Chat.user("hello"), n=2)
            except CompoundError as error:
                seen.extend([repr(error), *traceback.format_exception(error)])
            seen.append(repr(session.store.failures()))
            assert KEY.encode() not in everything_on_disk(tmp_path)

    wait_for(ask())
    assert all(call.headers["Authorization"] == f"Bearer {KEY}" for call in server.calls)
    assert bool(heard.events) == (code not in (401, 404))
    assert KEY not in "".join(seen) + repr(heard.events)
    assert KEY.encode() not in everything_on_disk(tmp_path)


def test_no_key_no_header(server: ModelServer) -> None:
    async def ask() -> None:
        async with Session(base_url=server.url) as session:
            await session.lm("m", QUESTION).sample(Chat.user("hello"))

    wait_for(ask())
    assert "Authorization" not in server.calls[0].headers


@pytest.mark.parametrize("key", ["sk-abc-1234\n", "sk-äöü-123456", "sk-abc\n-1234"])
def test_a_key_that_no_header_can_hold_is_no_leak(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)

    async def ask() -> None:
        async with Session(base_url=server.url) as session:
            await session.lm("m", QUESTION).sample(Chat.user("hello"))

    try:
        wait_for(ask())
    except Exception as error:
        assert isinstance(error, CompoundError)
        assert key.strip() not in "".join(traceback.format_exception(error))
