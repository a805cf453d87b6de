"""Backends that give a text its embedding: a vector of numbers. Each has a twin that completes prompts."""

from __future__ import annotations

import hashlib
import random
import re
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compound.core import MissingAbilityError, ModelFailure, Sample
from compound.models import prices, wire
from compound.models.backend import Call, Traits
from compound.models.budget import Price
from compound.models.hosted import Hosted
from compound.models.server import Server, believed, shared
from compound.models.simulated import Simulated

if TYPE_CHECKING:
    import numpy as np

BATCH = 96  # texts in one call: the least of what the larger providers allow
_SIMULATED = 64  # numbers in a simulated vector


class HostedEmbedder(Hosted):
    """The embeddings of any LiteLLM id."""

    instead = "leave `embedding` out (TF-IDF asks nobody)"

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.traits = Traits("hosted model", batch=BATCH, mixed=True)

    async def open(self) -> None:
        """See `Hosted.open`. A model that LiteLLM knows for something else is refused."""
        await super().open()
        if (mode := self.listed().get("mode", "embedding")) != "embedding":
            raise MissingAbilityError(
                f"{self.model} makes no embeddings (LiteLLM lists it under '{mode}'): name one that does, such as "
                "openai/text-embedding-3-small"
            )
        self.traits = replace(self.traits, batch=BATCH, abilities=frozenset())

    def price(self) -> Price | None:
        """What LiteLLM's list says, open or not; None where it does not know the model."""
        return prices.embeddings(self.model)

    async def complete(self, call: Call) -> list[Sample]:
        """See `Backend.complete`."""
        with wire.listening(call.heard) as said:
            try:
                reply = await self._litellm.aembedding(
                    model=self.model,
                    input=texts_of(call),
                    timeout=call.timeout,
                    num_retries=0,
                    max_retries=_Zero(),
                    drop_params=False,
                )
            except Exception as error:
                raise self._failure(error, said) from None  # LiteLLM's own text may repeat the key
        return read_vectors(reply.model_dump(), texts_of(call))


class _Zero(int):
    """No retries: LiteLLM takes a plain 0 for "not said" where it embeds, and then retries twice."""

    def __bool__(self) -> bool:
        return True


class ServerEmbedder(Server):
    """The embeddings of an OpenAI-compatible server."""

    def __init__(self, model: str, base_url: str) -> None:
        super().__init__(model, base_url)
        self.traits = Traits("hosted model", batch=BATCH, mixed=True)

    async def complete(self, call: Call) -> list[Sample]:
        """See `Backend.complete`."""
        texts = texts_of(call)
        return read_vectors(await self.post("embeddings", {"input": texts}, call), texts)


class SimulatedEmbedder(Simulated):
    """The embeddings of `sim/…`: each word has a random direction, a text the sum of its words'. A simulation."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.traits = Traits("simulation", batch=BATCH, start=100, highest=100, mixed=True)

    async def complete(self, call: Call) -> list[Sample]:
        """One vector for each draw; it follows from the words."""
        return [
            Sample("", vector=_directions(text), tokens_in=len(text) // 4 + 1, fingerprint="simulation")
            for text in texts_of(call)
        ]


def texts_of(call: Call) -> list[str]:
    """The texts of a call, in the order of its draws."""
    return [str(prompt.payload()) for prompt in call.prompts]


def _directions(text: str) -> bytes:
    import numpy as np

    total = np.zeros(_SIMULATED)
    for word in re.findall(r"\w+", text.lower()):
        rng = random.Random(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest())
        total += [rng.gauss(0.0, 1.0) for _ in range(_SIMULATED)]
    return total.astype("<f4").tobytes()


def read_vectors(reply: Any, texts: list[str]) -> list[Sample]:
    """The samples of an OpenAI-style reply with the embeddings of some texts, in the order of the texts.

    Vectors are lists of numbers, or float32 in base64. A server reports the tokens of all texts together: they are
    shared out by length, so that the sum is exact.

    Raises:
        ModelFailure: the reply has not the documented shape, or not one vector a text.
    """
    try:
        data, usage = reply["data"], reply.get("usage") or {}
        if len(data) != len(texts):
            raise ModelFailure("bad reply", f"{len(data)} embeddings for {len(texts)} texts")
        places = [one["index"] if one.get("index") is not None else place for place, one in enumerate(data)]
        by_place = {place: _numbers(one["embedding"]) for place, one in zip(places, data, strict=True)}
        vectors = [by_place[place] for place in range(len(texts))]
        if len({len(vector) for vector in vectors}) != 1:
            raise ModelFailure("bad reply", "embeddings of different lengths")
        fingerprint = str(reply.get("model") or "")
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ModelFailure("bad reply", f"no embeddings: {error!r}"[:200]) from error
    tokens = believed(usage.get("prompt_tokens")) if isinstance(usage, dict) else None
    return [
        Sample("", vector=vector.tobytes(), tokens_in=share, fingerprint=fingerprint, estimated=not tokens)
        for vector, share in zip(
            vectors, shared(tokens or 0, [len(text.encode("utf-8", "replace")) for text in texts]), strict=True
        )
    ]


def _numbers(said: Any) -> np.ndarray:
    """One vector, float32, shape (D,).

    Raises:
        ValueError: it is empty, or has something else in it than finite numbers.
    """
    import numpy as np

    with np.errstate(over="ignore"):  # becomes infinite, and is refused
        coded = isinstance(said, str)
        found = np.frombuffer(b64decode(said, validate=True), "<f4") if coded else np.array(said, "<f4")
    if found.ndim != 1 or not found.size or not np.isfinite(found).all():
        raise ValueError("a vector is empty, or has something else in it than finite numbers")
    return found
