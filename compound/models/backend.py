"""What a backend is, and how one is found for a model id."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from compound.core import Draw, MissingAbilityError, ModelError, Prompt, Question, Request, Sample
from compound.models.budget import Price

Tier = Literal["hosted model", "local model", "recorded samples", "simulation"]


@dataclass(frozen=True)
class Call:
    """One request for the samples of some draws.

    Attributes:
        request: what is asked; where requests are mixed, the first of them.
        draws: the draws to fill, in order; a backend returns one sample for each.
        question: what is being solved: only a simulated or recorded model may look at it.
        timeout: seconds after which the call is given up.
        heard: told the headers of the reply, where there are any: they may say how much is left of a rate limit.
    """

    request: Request
    draws: tuple[Draw, ...]
    question: Question
    timeout: float
    heard: Callable[[Mapping[str, str]], None] | None = field(default=None, compare=False)

    @property
    def n(self) -> int:
        """Completions asked for."""
        return len(self.draws)

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What the model reads: one prompt for all draws, or where requests are mixed one for each."""
        return tuple({draw.request: draw.request.prompt for draw in self.draws}.values())

    @property
    def parameters(self) -> dict[str, Any]:
        """The sampling parameters."""
        return dict(self.request.parameters)

    @property
    def seed(self) -> int:
        """31 bits that follow from the draws, so that no two blocks share a seed, or neighbouring ones."""
        names = repr([draw.key for draw in self.draws]).encode()
        return int.from_bytes(hashlib.sha256(names).digest()[:4], "big") >> 1


@dataclass(frozen=True)
class Traits:
    """What the client has to know of a backend before the first call.

    Attributes:
        tier: what kind of evidence its samples are.
        batch: completions in one call at most; 1 where the model has no `n`.
        mixed: whether one call takes draws of different requests (embeddings: one text each).
        start: calls in flight at the beginning.
        highest: calls in flight at most.
        plain: whether it is better served with a plain text to continue than with a chat.
        defaults: parameters that are sent unless others are given.
        by_question: whether it answers the question and step rather than the prompt (simulated, recorded); both
            are part of its requests.
        by_shown: whether it answers the values that a prompt shows as well (simulated): they are part of its
            requests too.
        filed: whether its samples belong into the store; those of a recording are on disk already.
        abilities: what not every model has, known once it is open: `temperature`; `logprobs`, log-probabilities of
            the tokens; `alternatives`, those of the tokens that might have stood there too; `scores`, a score
            recorded with each sample; `effort`, a reasoning effort that can be set; `thinking`, a thinking budget
            of its own; `prefill`, continuing a final assistant message.
    """

    tier: Tier
    batch: int = 1
    mixed: bool = False
    start: int = 20
    highest: int = 100
    plain: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    by_question: bool = False
    by_shown: bool = False
    filed: bool = True
    abilities: frozenset[str] = frozenset()


class Backend(Protocol):
    """A way to reach a model. Made without side effects; `open` is awaited before the first call."""

    model: str
    traits: Traits

    @property
    def endpoint(self) -> str:
        """The configured base URL or the hash of the weights; empty for a provider's own address."""

    async def open(self) -> None:
        """Get ready: import, start a server, look for keys. Raises ModelError."""

    def price(self) -> Price | None:
        """Dollars per token, or None where unknown; open or not."""

    async def complete(self, call: Call) -> list[Sample]:
        """The samples of a call, without dollars. Fewer than asked means: the model ignored n.

        Raises:
            ModelFailure: the call failed for a reason outside.
            ModelError: the user must do something (key, model id, address).
        """

    async def close(self) -> None:
        """Stop what was started."""


def list_price(backend: Backend) -> Price | None:
    """What a curve counts: the price that a recording states of its model, the price of anything else.

    None where it is unknown. Known before `open` too, so a replay without a key shows dollars.
    """
    stated: Callable[[], Price | None] = getattr(backend, "list_price", backend.price)
    return stated()


class Family(NamedTuple):
    """The models of one prefix: where the backend class lives, and what a list of models shows.

    `embedder` is where the class for embeddings lives; empty where there are none.
    """

    location: str
    example: str
    description: str
    embedder: str = ""

    def load(self) -> Callable[..., Backend]:
        """Import the class; heavy libraries come with it."""
        return _imported(self.location)


def _imported(location: str) -> Callable[..., Backend]:
    module, _, name = location.partition(":")
    factory: Callable[..., Backend] = getattr(importlib.import_module(module), name)
    return factory


class Families:
    """The known prefixes of model ids. Whatever has none of them is a LiteLLM id."""

    by_prefix: ClassVar[dict[str, Family]] = {
        "local/": Family(
            "compound.models.local:Local",
            "local/smollm2-135m · local/<path>.gguf",
            "a model on this machine: needs compound[local]",
        ),
        "sim/": Family(
            "compound.models.simulated:Simulated",
            "sim/beta(2,2) · sim/0.6*beta(6,2)+0.4*beta(2,6)?wrong=4&rho=0.1",
            "a SIMULATED model with a declared answer distribution: for tests and theory",
            "compound.models.embedders:SimulatedEmbedder",
        ),
        "recorded/": Family(
            "compound.models.recorded:Recorded",
            "recorded/NAME",
            "samples that were imported (compound samples import): replayed, never bought",
        ),
    }
    server = Family(
        "compound.models.server:Server",
        "any id with --base-url http://127.0.0.1:8000/v1",
        "any OpenAI-compatible server",
        "compound.models.embedders:ServerEmbedder",
    )
    hosted = Family(
        "compound.models.hosted:Hosted",
        "openai/gpt-4o-mini · anthropic/… · any LiteLLM id",
        "a hosted model through LiteLLM",
        "compound.models.embedders:HostedEmbedder",
    )


def find_backend(model: str, base_url: str | None = None) -> Backend:
    """The backend for a model id.

    Raises:
        ModelError: the id is empty or malformed.
    """
    family, known = _family(model, base_url)
    return family.load()(*known)


def find_embedder(model: str, base_url: str | None = None) -> Backend:
    """The backend for the id of an embedding model.

    Raises:
        MissingAbilityError: models of that kind make no embeddings.
        ModelError: the id is empty or malformed.
    """
    family, known = _family(model, base_url)
    if not family.embedder:
        raise MissingAbilityError(
            f"{model} makes no embeddings: leave `embedding` out (TF-IDF asks nobody), or name a model that does, "
            "such as openai/text-embedding-3-small"
        )
    return _imported(family.embedder)(*known)


def _family(model: str, base_url: str | None) -> tuple[Family, tuple[str, ...]]:
    """The family of a model id, and what its classes are made with."""
    if not model or any(c.isspace() for c in model.strip()) or model != model.strip():
        raise ModelError(f"'{model}' is not a model id; examples: local/smollm2-135m, openai/gpt-4o-mini")
    for prefix, family in Families.by_prefix.items():
        if model.startswith(prefix):
            return family, (model,)
    return (Families.server, (model, base_url)) if base_url else (Families.hosted, (model,))
