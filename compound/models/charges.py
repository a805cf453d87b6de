"""What a call may take at most, and what its samples took."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace

from compound.core import Chat, Draw, Prompt, Sample
from compound.models.backend import Call
from compound.models.budget import Price, Reservation

TEMPLATE = 64  # tokens that a chat template adds of its own, a default system message above all


def most(call: Call, price: Price | None) -> Reservation:
    """The most that a call can take; dollars are unknown without a price."""
    size, out = sum(map(_size, call.prompts)), call.n * _most_out(call)
    calls = call.n if out else 0  # an embedding is none
    return Reservation(price.of(size, out) if price else None, size + out, calls, question_of(call))


def question_of(call: Call) -> str:
    """The question that a call is charged to; none for embeddings, which go out for several questions at once."""
    return call.question.id if _most_out(call) else ""


def charged(call: Call, reply: Sequence[Sample], price: Price | None, seconds: float) -> list[Sample]:
    """The samples of a reply, as many as were asked for, with what each took.

    A call that took `seconds` is named after its draws. A reply without usage is charged what was reserved for it;
    completions that nobody asked for are charged to the last one.
    """
    samples = _wanted(reply, call.n)
    batch, now = len(samples) if len(call.prompts) == 1 else 1, time.time()
    out = call.n * _most_out(call) // len(samples)
    name = hashlib.sha256(repr([d.key for d in call.draws]).encode()).hexdigest()[:12]
    return [
        replace(
            sample,
            usd=price.of(sample.tokens_in / batch, sample.tokens_out) if price else None,
            seconds=sample.seconds or seconds,
            batch=batch,
            call=name,
            bought_at=now,
        )
        for sample in (_estimate(s, d, out) for s, d in zip(samples, call.draws, strict=False))
    ]


def dollars(samples: Sequence[Sample]) -> float | None:
    """What samples took together; None if that of any is unknown."""
    known = [s.usd for s in samples if s.usd is not None]
    return sum(known) if len(known) == len(samples) else None


def _wanted(reply: Sequence[Sample], n: int) -> list[Sample]:
    kept, more = list(reply[:n]), reply[n:]
    if more:
        last = kept[-1]
        kept[-1] = replace(
            last,
            tokens_out=last.tokens_out + sum(s.tokens_out for s in more),
            tokens_reasoning=last.tokens_reasoning + sum(s.tokens_reasoning for s in more),
        )
    return kept


def _size(prompt: Prompt) -> int:
    """Prompt tokens at most: a text has no more of them than bytes."""
    return prompt.size + (TEMPLATE if isinstance(prompt, Chat) else 0)


def _most_out(call: Call) -> int:
    """Completion tokens at most of one draw; an embedding has none."""
    return int(call.parameters.get("max_tokens", 0))


def _estimate(sample: Sample, draw: Draw, out: int) -> Sample:
    """The sample, charged with all that was reserved for it if the reply told no usage."""
    if not sample.estimated:
        return sample
    return replace(sample, tokens_in=_size(draw.request.prompt), tokens_out=out)
