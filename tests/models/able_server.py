"""A model server that can do everything, but for what it is told to refuse or to ignore."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from aiohttp import web
from model_server import Call, ModelServer


class AbleServer(ModelServer):
    """A reasoning model that heeds a system message, continues a final assistant message, and repeats with a seed.

    Attributes:
        refuses: parameters whose presence is a 400.
        ignores: parameters, and roles of messages, that it goes on without.
        thinks: whether it reasons without being asked to.
        mute: whether its replies have no text.
    """

    def __init__(self, *, refuses: str = "", ignores: str = "", thinks: bool = False, mute: bool = False) -> None:
        super().__init__()
        self.refuses, self.ignores = set(refuses.split()), set(ignores.split())
        self.thinks, self.mute = thinks, mute
        self.always = self._refuse
        self._drawn = count()

    async def _refuse(self, request: web.Request, call: Call) -> web.StreamResponse | None:
        if wrong := sorted(self.refuses & set(call.body)):
            return web.json_response({"error": {"message": f"no {wrong[0]} here"}}, status=400)
        return None

    def reply(self, call: Call, n: int | None = None, account: str = "whole") -> dict[str, Any]:
        body = {name: value for name, value in call.body.items() if name not in self.ignores}
        chat = [message for message in body["messages"] if message["role"] not in self.ignores]
        made = super().reply(replace(call, body=body), n, account)
        most = body.get("max_tokens", 50)
        for choice in made["choices"]:
            choice["finish_reason"] = "length"
            choice["message"]["content"] = "" if self.mute else self._text(body, chat)
            if self.thinks or {"reasoning_effort", "thinking"} & set(body):
                choice["message"]["reasoning_content"] = "Well,"
            if body.get("logprobs"):
                row = [{"token": "x", "logprob": -1.0}] * body.get("top_logprobs", 0)
                choice["logprobs"] = {"content": [{"token": "x", "logprob": -0.5, "top_logprobs": row}]}
        if self.usage:
            made["usage"]["completion_tokens"] = min(most, 50) * len(made["choices"])
        return made

    def _text(self, body: dict[str, Any], chat: list[dict[str, str]]) -> str:
        if chat[0]["role"] == "system":
            return "Banana."
        if chat[-1]["role"] == "assistant":
            return "3, 14"
        if "count" in chat[-1]["content"].casefold():
            return "10, 11"
        return "same" if body.get("temperature") == 0 or "seed" in body else f"other {next(self._drawn)}"
