"""Finding out what a model can do with a few tiny calls: `compound models probe`.

The calls go through a `Client`, so caps, limits, keys and retries hold, with a store of their own in memory: no
experiment finds a probe among its samples.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import NamedTuple

from compound.core import (
    BudgetExhaustedError,
    Draw,
    MissingAbilityError,
    ModelError,
    ModelFailure,
    Question,
    Request,
    Sample,
    Silent,
)
from compound.models.backend import Backend, Call, find_backend, list_price
from compound.models.budget import Budget
from compound.models.capabilities import Capabilities, Finding
from compound.models.charges import most
from compound.models.client import Client
from compound.models.http import one_line
from compound.models.probes import FEW, PROBES, Ask, Findings, Probe
from compound.models.session import Session

_QUESTION = Question("What can this model do?", "text")
_NOTHING = {"recorded samples": "a recording", "simulation": "a simulation"}  # to find out


class Planned(NamedTuple):
    """What a probe takes at most: completions, tokens, and dollars by the list price (None: unknown)."""

    calls: int
    tokens: int
    usd: float | None


def planned(model: str, base_url: str | None = None) -> Planned:
    """What probing a model takes at most.

    Raises:
        ModelError: the id is malformed, or of a model that has nothing to find out.
    """
    backend = _probed(model, base_url)
    calls = [
        most(Call(draw.request, (draw,), _QUESTION, 0.0), list_price(backend))
        for probe in _probes(backend)
        for ask in probe.asks
        for draw in _draws(backend, ask, ())
    ]
    costs = [call.usd for call in calls]
    usd = None if None in costs else sum(cost or 0.0 for cost in costs)
    return Planned(len(calls), sum(call.tokens for call in calls), usd)


async def probe(model: str, base_url: str | None = None) -> Capabilities:
    """Ask a model for what not every model can do, and see. Takes no more than `planned` says.

    Raises:
        ModelFailure: a plain call fails, so others would say nothing.
        ModelError: the model cannot be asked (key, id, address), or has nothing to find out.
    """
    cap = planned(model, base_url).tokens
    async with Session(budget=Budget(tokens=cap), base_url=base_url) as session:
        client = session.client(model)
        await client.opened()
        found = await _all(client)
        spent = session.budget.spent
        return Capabilities(
            model, client.backend.endpoint, f"{datetime.now(UTC):%Y-%m-%d}", spent.tokens, spent.usd, found
        )


def _probed(model: str, base_url: str | None) -> Backend:
    backend = find_backend(model, base_url)
    if backend.traits.tier not in ("hosted model", "local model"):
        raise ModelError(
            f"{model} has nothing to find out, it is {_NOTHING[backend.traits.tier]}: probe a real model"
        )
    return backend


def _probes(backend: Backend) -> list[Probe]:
    return [probe for probe in PROBES if backend.traits.tier == "hosted model" or not probe.hosted]


async def _all(client: Client) -> Findings:
    first, *others = _probes(client.backend)
    plain = await _samples(client, first, 0)
    found = first.reads(plain, plain)
    for lane, each in enumerate(others, 1):
        if each.after and found[each.after].can is False:
            found |= dict.fromkeys(each.names, Finding(False, f"without {each.after} there is none"))
            continue
        try:
            found |= each.reads(await _samples(client, each, lane), plain)
        except (MissingAbilityError, ModelFailure, BudgetExhaustedError) as error:
            found |= dict.fromkeys(each.names, _why(client.backend.model, error))
    return found


async def _samples(client: Client, probe: Probe, lane: int) -> list[Sample]:
    samples: list[Sample] = []
    for i, ask in enumerate(probe.asks):
        draws = _draws(client.backend, ask, (lane, i))
        samples += await asyncio.gather(*(client.ask(draw, _QUESTION, Silent()) for draw in draws))
    return samples


def _draws(backend: Backend, ask: Ask, lane: tuple[int, ...]) -> list[Draw]:
    sent = {**backend.traits.defaults, "max_tokens": FEW, **ask.parameters}
    request = Request(backend.model, backend.endpoint, ask.prompt, tuple(sorted(sent.items())))
    return [Draw(request, 0, (*lane, i), 0) for i in range(ask.n)]


def _why(model: str, error: Exception) -> Finding:
    """What an error says: a refusal is an answer, any other trouble is none."""
    match error:
        case ModelFailure(reason="bad request"):
            return Finding(False, f"refused: {error.detail}")
        case MissingAbilityError():
            return Finding(False, one_line(str(error).removeprefix(f"{model} ").partition("; ")[0]))
    return Finding(None, f"not asked to the end: {one_line(str(error))}")
