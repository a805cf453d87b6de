"""Any OpenAI-compatible server, by its address."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from compound.core import Chat, ModelError, ModelFailure, Sample
from compound.models import http, logprobs
from compound.models.backend import Call, Traits
from compound.models.budget import Price

if TYPE_CHECKING:
    import aiohttp

_PREFIXES = ("openai/", "hosted_vllm/", "text-completion-openai/")


class Server:
    """The backend of any model id together with a base URL, `http://127.0.0.1:8000/v1` say.

    A prefix that names the protocol (`openai/`, `hosted_vllm/`) is not sent. The key is read from
    OPENAI_API_KEY where it is set, and sent to this address alone.
    """

    def __init__(self, model: str, base_url: str) -> None:
        self.model = model
        self.endpoint = http.address(base_url, model)
        self.traits = Traits(
            "hosted model",
            batch=16,
            defaults={"max_tokens": 1024},
            abilities=frozenset({"logprobs", "alternatives", "temperature"}),  # until a reply lacks them
        )
        self._name = next((model.removeprefix(p) for p in _PREFIXES if model.startswith(p)), model)
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Open the HTTP session."""
        self._http = http.session()

    def price(self) -> Price | None:
        """Unknown: the address says nothing about dollars."""
        return None

    async def complete(self, call: Call) -> list[Sample]:
        """See `Backend.complete`. A server that gave no log-probabilities is not asked for them again."""
        prompt, parameters = call.request.prompt, call.parameters
        top = logprobs.asked(parameters)
        if top is not None and "logprobs" not in self.traits.abilities:
            raise logprobs.missing(self.model)
        path, field = ("chat/completions", "messages") if isinstance(prompt, Chat) else ("completions", "prompt")
        if path == "completions":
            parameters = logprobs.as_one(parameters, "logprobs")
        body = {field: prompt.payload(), "n": call.n, **parameters}
        if call.n == 1:
            del body["n"]
        samples = read_reply(await self.post(path, body, call), top)
        if any(logprobs.lacks(sample, top) for sample in samples):
            self.traits = replace(self.traits, abilities=self.traits.abilities - {"logprobs", "alternatives"})
        return samples

    async def post(self, path: str, body: dict[str, Any], call: Call) -> Any:
        """What the server replies to a request for its model. Raises as `http.post` does."""
        assert self._http is not None
        url, asked = f"{self.endpoint}/{path}", {"model": self._name, **body}
        key = _credentials(self.model)
        return await http.post(self._http, url, asked, model=self.model, headers=key, heard=call.heard)

    async def close(self) -> None:
        """Close the HTTP session."""
        if self._http:
            await self._http.close()


def _credentials(model: str) -> dict[str, str] | None:
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key.isprintable():
        raise ModelError(f"{model}: OPENAI_API_KEY has characters that no key has (a line break?): set it again")
    return {"Authorization": f"Bearer {key}"} if key else None


def read_reply(reply: Any, top: int | None) -> list[Sample]:
    """The samples of an OpenAI-style reply to a request for `top` alternatives of a token (see `logprobs.read`).

    Servers report the completion tokens of all choices together: they are shared out by length, so that the
    sum is exact.

    Raises:
        ModelFailure: the reply has not the documented shape.
    """
    try:
        choices, usage = reply["choices"], reply.get("usage") or {}
        fingerprint = "/".join(str(reply.get(k) or "") for k in ("model", "system_fingerprint")).strip("/")
        samples = []
        tokens_in, total = believed(usage.get("prompt_tokens")), believed(usage.get("completion_tokens"))
        contents = [_content(choice) for choice in choices]
        shares = shared(total or 0, [len(text) + len(thought) for text, thought in contents])
        details = usage.get("completion_tokens_details") or {}
        hidden = shared(believed(details.get("reasoning_tokens")) or 0, shares)
        for choice, (text, thought), tokens, reasoning in zip(choices, contents, shares, hidden, strict=True):
            said = choice.get("finish_reason")
            logprob, confidence = logprobs.read(choice, top)
            samples.append(
                Sample(
                    text=text,
                    reasoning=thought,
                    tokens_in=tokens_in or 0,
                    tokens_out=tokens,
                    tokens_reasoning=reasoning,
                    finish="length" if said == "length" else "refusal" if said == "content_filter" else "stop",
                    logprob=logprob,
                    confidence=confidence,
                    fingerprint=fingerprint,
                    estimated=not tokens_in or total is None,  # no prompt has 0 tokens
                )
            )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelFailure("bad reply", f"not a completion: {error!r}"[:200]) from error
    return samples


def believed(said: Any) -> int | None:
    """A number of tokens that can be believed; None for anything else."""
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 1 << 40 else None


def _content(choice: dict[str, Any]) -> tuple[str, str]:
    if "text" in choice:
        return str(choice["text"] or ""), ""
    message = choice["message"]
    thought = message.get("reasoning_content") or message.get("reasoning") or ""
    return str(message.get("content") or message.get("refusal") or ""), str(thought)


def shared(total: int, weights: list[int]) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total."""
    whole = sum(weights) + len(weights)
    edges = [round(total * (sum(weights[:i]) + i) / whole) for i in range(len(weights) + 1)] if weights else [0]
    return [high - low for low, high in pairwise(edges)]
