"""A real HTTP server on 127.0.0.1 that speaks the OpenAI protocol, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from aiohttp import web


@dataclass
class Call:
    """One request that came in."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def n(self) -> int:
        return int(self.body.get("n", 1))

    @property
    def prompt(self) -> str:
        return str(self.body.get("prompt") or self.body["messages"][-1]["content"])


Fault = Callable[[web.Request, Call], Awaitable[web.StreamResponse | None]]


class ModelServer:
    """Answers `Answer: 7 (serial)`; every completion has its own serial number.

    Attributes:
        faults: what happens to the next calls, one after another.
        always: what happens to a call when `faults` is empty; None is a right answer.
        calls: everything that was asked; `asked` is set by the first.
        sold: completions in complete right answers, by prompt; embeddings by text.
        bill: tokens of the answers that were made: those sent whole, and those that were `spoilt` on the way.
        says: the text of completion i of a call; None: a serial number of its own.
        headers: what is sent with every right answer.
        coded: whether embeddings come in base64.
        backwards: whether they come in another order than they were asked for.
        most_busy: most calls ever in progress at once.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.always: Fault | None = None
        self.delay = 0.0
        self.usage: bool = True
        self.coded = self.backwards = False
        self.calls: list[Call] = []
        self.sold: Counter[str] = Counter()
        self.bill: Counter[str] = Counter()
        self.says: Callable[[Call, int], str] | None = None
        self.headers: dict[str, str] = {}
        self.busy = self.most_busy = 0
        self.asked = threading.Event()
        self._serial = count()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def reply(self, call: Call, n: int | None = None, account: str = "whole") -> dict[str, Any]:
        """A right answer, put on the bill."""
        made = call.n if n is None else n
        texts = [self.says(call, i) if self.says else f"Answer: 7 ({next(self._serial)})" for i in range(made)]
        if account == "whole":
            self.sold[call.prompt] += made
        self.bill[account] += 10 + 5 * made
        chat = call.path.endswith("chat/completions")
        choices = [
            {"finish_reason": "stop", **({"message": {"role": "assistant", "content": t}} if chat else {"text": t})}
            for t in texts
        ]
        usage = {"usage": {"prompt_tokens": 10, "completion_tokens": 5 * made}} if self.usage else {}
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "fake-1",
            "choices": choices,
            **usage,
        }

    def vectors(self, call: Call) -> dict[str, Any]:
        """The embeddings of the texts of a call (see `vector_of`), each of 3 tokens."""
        texts = call.body["input"]
        data = [
            {"object": "embedding", "index": i, "embedding": coded(text) if self.coded else vector_of(text)}
            for i, text in enumerate(texts)
        ]
        tokens = 3 * len(texts)
        usage = {"usage": {"prompt_tokens": tokens, "total_tokens": tokens}} if self.usage else {}
        self.sold.update(texts)
        return {"object": "list", "model": "fake-1", "data": data[::-1] if self.backwards else data, **usage}

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.path, await request.json(), dict(request.headers))
        self.calls.append(call)
        self.asked.set()
        fault = self.faults.pop(0) if self.faults else self.always
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            if fault is not None and (refused := await fault(request, call)) is not None:
                return refused
            said = self.vectors if call.path.endswith("embeddings") else self.reply
            return web.json_response(said(call), headers=self.headers)
        finally:
            self.busy -= 1

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", self._answer)
        app.router.add_post("/v1/completions", self._answer)
        app.router.add_post("/v1/embeddings", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)


def vector_of(text: str) -> list[float]:
    """The embedding of a text: its length, its vowels, and a half."""
    return [float(len(text)), float(sum(text.count(vowel) for vowel in "aeiou")), 0.5]


def coded(text: str) -> str:
    """The same in base64."""
    return b64encode(struct.pack("<3f", *vector_of(text))).decode()


def status(code: int, message: str = "no", **headers: str) -> Fault:
    """An error reply."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        return web.json_response({"error": {"message": message}}, status=code, headers=headers)

    return fault


def body(text: str | bytes, content_type: str = "application/json") -> Fault:
    """A 200 with this body."""
    raw = text.encode() if isinstance(text, str) else text

    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        return web.Response(body=raw, content_type=content_type)

    return fault


async def hang(request: web.Request, call: Call) -> None:
    """Say nothing for long."""
    await asyncio.sleep(30)


async def reset(request: web.Request, call: Call) -> web.StreamResponse:
    """Promise a long body, send a little of it, and cut the connection."""
    response = web.StreamResponse(headers={"Content-Length": "100000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.abort()
    return response


def spoil(server: ModelServer, how: Callable[[bytes], bytes], content_type: str = "application/json") -> Fault:
    """Make an answer, charge for it, and send something else."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        raw = json.dumps(server.reply(call, account="spoilt")).encode()
        return web.Response(body=how(raw), content_type=content_type)

    return fault


def cut(server: ModelServer) -> Fault:
    """Make an answer, charge for it, send half of it, and cut the connection."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        server.reply(call, account="spoilt")
        return await reset(request, call)

    return fault


def drip(server: ModelServer) -> Fault:
    """Make an answer, charge for it, and send it byte by byte, for ever."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        server.reply(call, account="spoilt")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b" ")
            await asyncio.sleep(0.02)
        return response

    return fault


def only(server: ModelServer, n: int) -> Fault:
    """Give n completions however many were asked for."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        return web.json_response(server.reply(call, min(n, call.n)))

    return fault


async def refuse_n(request: web.Request, call: Call) -> web.StreamResponse | None:
    """400 for more than one completion."""
    if "n" in call.body:
        return web.json_response({"error": {"message": "n is not supported"}}, status=400)
    return None
