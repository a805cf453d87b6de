"""What a run will take, before anything is bought, and what it can show.

Without a pilot the ranges are the bounds of `bounds`; with one they are 95% prediction intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from compound.core import Observer, Silent
from compound.experiment.config import Experiment
from compound.experiment.plan import Plan, plan
from compound.experiment.planning.bounds import NOTHING, Takes, bounds
from compound.experiment.planning.detectable import Detectable, best_use, detectable
from compound.experiment.planning.pilot import UNITS, Pilot, draw_pilot
from compound.experiment.planning.prediction import Range, predicted
from compound.experiment.planning.rehearsal import Part, Rehearsal, rehearse
from compound.models.capabilities import beside
from compound.models.client import Client
from compound.models.session import Session
from compound.store import SampleStore


@dataclass(frozen=True)
class Forecast:
    """What a run will take and can show.

    Attributes:
        experiment: the config.
        prepared: what was checked.
        parts: the parts of the run in the order in which it buys them.
        takes: what is to be bought for each of them, as bounds.
        expected: what is to be bought in all: as bounds, or as the pilot says.
        minutes: of all of it, at the limits of the model; None where nobody waits.
        unpriced: models whose price is unknown.
        questions: questions a task that the run is judged on.
        shows: what that many questions can show, for each comparison.
        split: how the same cost would best be split between questions and samples, or why nobody knows.
        pilot: the questions that were drawn for real; None without.
        tier: of the evidence.
    """

    experiment: Experiment
    prepared: Plan
    parts: list[Part]
    takes: list[Takes]
    expected: Takes
    minutes: Range | None
    unpriced: tuple[str, ...]
    questions: dict[str, int]
    shows: list[Detectable]
    split: str
    pilot: Pilot | None
    tier: str


async def forecast(
    experiment: Experiment,
    *,
    store: Path,
    pilot: int = 0,
    observer: Observer | None = None,
) -> Forecast:
    """Say what a run will take and can show. Without a pilot nothing is bought.

    Args:
        experiment: the config.
        store: the sample store: what is in it is not bought again. Only a pilot makes one.
        pilot: questions a task that are drawn for real, within the budget of the config; 0: none.
        observer: told of the pilot's progress.

    Raises:
        UserError: the user must do something; the run would say the same.
        BudgetExhaustedError: the budget does not allow the pilot.
    """
    prepared = plan(experiment)
    drawn = None
    if pilot:
        session = Session(
            store, budget=experiment.budget.opened(), base_url=experiment.base_url, models=experiment.settings
        )
        async with session:
            drawn = await draw_pilot(experiment, prepared, pilot, session, observer or Silent())
    with _opened(store) as samples:
        known = {"models": experiment.settings, "probed": beside(store)}
        async with Rehearsal(samples, base_url=experiment.base_url, **known) as rehearsal:
            parts = await rehearse(experiment, prepared, rehearsal)
            main = rehearsal.client(experiment.model)
            prices = rehearsal.prices
            hosted = any(client.backend.traits.tier == "hosted model" for client in rehearsal.clients)
    traits = main.backend.traits
    takes = [bounds(part, experiment.model, prices, hosted) for part in parts]
    expected = _expected(parts, takes, drawn)
    if traits.tier == "simulation":  # its seconds are declared, nobody waits for them
        expected = replace(expected, seconds=None)
    asked = {arm.task.name: arm.task.questions() for arm in prepared.arms}
    questions = {task: len(some) for task, some in asked.items()}
    clusters = {task: len({q.cluster or q.id for q in some}) for task, some in asked.items()}
    return Forecast(
        experiment,
        prepared,
        parts,
        takes,
        expected,
        _minutes(expected, main),
        tuple(sorted(model for model, price in prices.items() if price is None)),
        questions,
        detectable(experiment, prepared.arms, clusters, drawn),
        best_use(questions, drawn),
        drawn,
        traits.tier,
    )


def _opened(store: Path) -> SampleStore:
    """The store, or an empty one in memory where there is none."""
    return SampleStore(store if store.exists() else None)


def _expected(parts: Sequence[Part], takes: Sequence[Takes], pilot: Pilot | None) -> Takes:
    """What is to be bought in all: as the pilot says of the parts that it has seen, as bounds of the others."""
    rest = NOTHING
    seen: dict[str, list[np.ndarray]] = {}
    for part, most in zip(parts, takes, strict=True):
        values = _scaled(part, pilot)
        if values is None:
            rest += most
        else:
            seen.setdefault(part.task, []).append(values)
    if not seen:
        return rest
    judged = {part.task: part.questions for part in parts if part.stage == "answering"}
    strata = []
    for task, tables in seen.items():
        complete = min(map(len, tables))  # a pilot that was stopped has more questions of the first arms
        strata.append((np.sum([table[:complete] for table in tables], axis=0), judged[task]))
    columns = [predicted([(table[:, i], number) for table, number in strata]) for i in range(len(UNITS))]
    calls, tokens_in, tokens_out, usd, seconds = columns
    return rest + Takes(calls, tokens_in, tokens_out, None if math.isnan(usd.low) else usd, seconds)


def _scaled(part: Part, pilot: Pilot | None) -> np.ndarray | None:
    """What a part would take were every question like one of the pilot's, shape (N, 5); None if it saw none."""
    name = (part.task, repr(part.arm.strategy))
    if pilot is None or part.stage == "fitting" or name not in pilot.new:
        return None
    missing = part.named + part.most
    if part.stage == "answering":
        own, table = part.stored + missing, pilot.new[name]
        times = part.questions * missing / own if own else 0.0
    else:  # some of the candidates of a pool
        table = pilot.alone[name]
        if not table[:, 0].any():  # every call of the pilot failed
            return None
        times = missing / float(table[:, 0].mean())
    scaled: np.ndarray = table * times
    return scaled


def _minutes(expected: Takes, client: Client) -> Range | None:
    """Elapsed minutes with as many calls in flight as the model takes, and no faster than its limits allow."""
    if expected.seconds is None:
        return None
    traits, settings, tokens = client.backend.traits, client.settings, expected.tokens_in + expected.tokens_out
    highest = settings.max_in_flight or traits.highest
    slow, fast = min(traits.start, highest), highest
    seconds = expected.seconds
    least = [Range(seconds.low / fast / 60, seconds.high / slow / 60)]
    if settings.rpm:
        least.append(Range(expected.calls.low / traits.batch / settings.rpm, expected.calls.high / settings.rpm))
    if settings.tpm:
        least.append(Range(tokens.low / settings.tpm, tokens.high / settings.tpm))
    return Range(max(r.low for r in least), max(r.high for r in least))
