"""A sample, and the name of the draw that it answers.

The same draw is always the same sample: that is what makes a rerun repeat, a crash harmless, and
`vote(n=8)` the first half of `vote(n=16)`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from compound.core.prompt import Chat, Prompt
from compound.core.usage import Usage

Lane = tuple[int, ...]
Finish = Literal["stop", "length", "refusal"]


@dataclass(frozen=True)
class Request:
    """What is asked of which model: the identity of a question put to a model.

    Attributes:
        model: the model id as the user wrote it.
        endpoint: the configured base URL, or the hash of the weights; empty for a provider's own address.
        prompt: what the model reads.
        parameters: every sampling parameter that is sent. Never n, seed, timeout or credentials.
    """

    model: str
    endpoint: str
    prompt: Prompt
    parameters: tuple[tuple[str, Any], ...]

    @cached_property
    def key(self) -> bytes:
        """16 bytes of a hash over everything above."""
        style = "chat" if isinstance(self.prompt, Chat) else "text"
        content = [self.model, self.endpoint, style, self.prompt.payload(), sorted(self.parameters)]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and self.key == other.key


@dataclass(frozen=True)
class Draw:
    """The name of one sample.

    Attributes:
        request: what was asked.
        replicate: the number of an independent repetition of a whole run.
        lane: the path of branch numbers from the root of the solve; what is asked at the root is (0,).
        k: how often this solve had asked this very request in this lane before.
    """

    request: Request
    replicate: int
    lane: Lane
    k: int

    @cached_property
    def key(self) -> tuple[bytes, int, str, int]:
        """What the store files the sample under."""
        return (self.request.key, self.replicate, ".".join(map(str, self.lane)), self.k)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Draw) and self.key == other.key


@dataclass(frozen=True, slots=True)
class Confidence:
    """The log-probabilities of a completion in short.

    The token confidence C_t is minus the mean log-probability of the `top` most probable tokens at a place: higher
    where the distribution is more peaked. `mean` to `least` are the trace statistics of DeepConf (Fu et al. 2025,
    2508.15260) over it, in nats; all four are equal where there are no more than 2048 tokens, and None where no
    alternatives were returned. Self-certainty (Kang et al. 2025, 2502.18581), cut off at the top k, is about
    `mean - ln(top)`.

    Attributes:
        tokens: how many tokens it is about.
        alternatives: for each of the first 4 tokens what could have stood there, (token, log-probability), the most
            probable first.
        mean: over all tokens.
        tail: over the last 2048 tokens.
        bottom: over the lowest tenth of the sliding windows of 2048 tokens.
        least: of the lowest window.
        top: how many alternatives a token came with (k); 0 where there were none.
    """

    tokens: int
    alternatives: tuple[tuple[tuple[str, float], ...], ...] = ()
    mean: float | None = None
    tail: float | None = None
    bottom: float | None = None
    least: float | None = None
    top: int = 0


@dataclass(frozen=True)
class Sample:
    """One completion; or the embedding of one text, which has a vector and no words.

    Attributes:
        text: what the model wrote, without its hidden reasoning.
        reasoning: the reasoning that the provider returned beside the text.
        tokens_in: prompt tokens of the call.
        tokens_out: completion tokens of this sample, reasoning included.
        tokens_reasoning: the reasoning part of `tokens_out`, where the provider tells.
        usd: dollars: its completion, and its share of a prompt sent once for `batch` samples. None: unknown.
        seconds: elapsed time of the call that bought it.
        finish: `stop`, `length` (cut off at max_tokens) or `refusal`.
        logprob: sum of the log-probabilities of its tokens, where they were asked for.
        confidence: what else they say of it; its `tokens` are those that `logprob` is the sum over.
        score: a score that was recorded with it, by a reward model say.
        vector: the embedding of the request's text: float32 numbers, little-endian; None for a completion.
        batch: how many samples that call bought for its one prompt; 1 where each had a prompt of its own.
        call: an id shared by the samples of one call.
        fingerprint: what the backend said of itself (model version, build).
        bought_at: seconds since the epoch.
        estimated: whether tokens or dollars are an estimate, since the provider gave no usage.
        draw: the name it is filed under; absent only before it is filed.
    """

    text: str
    reasoning: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_reasoning: int = 0
    usd: float | None = None
    seconds: float = 0.0
    finish: Finish = "stop"
    logprob: float | None = None
    confidence: Confidence | None = None
    score: float | None = None
    vector: bytes | None = field(default=None, repr=False)
    batch: int = 1
    call: str = ""
    fingerprint: str = ""
    bought_at: float = 0.0
    estimated: bool = False
    draw: Draw | None = field(default=None, compare=False, repr=False)

    def filed(self, draw: Draw) -> Sample:
        """The same sample under the name of a draw."""
        return replace(self, draw=draw)

    @property
    def truncated(self) -> bool:
        """Whether it was cut off at max_tokens."""
        return self.finish == "length"

    @property
    def usage(self) -> Usage:
        """What this sample took, its share of the prompt included."""
        calls = int(self.vector is None)
        share = self.tokens_in / self.batch
        return Usage(calls, share, self.tokens_out, self.tokens_reasoning, self.usd, self.seconds)
