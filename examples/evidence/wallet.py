"""Hunger: an agent pays for every draw and earns for every right answer; without money for a draw it is dead."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from evidence import curve, main, signed, table
from recordings import AQUA_GPT35, DATE_GPT35, GAME24

from compound.core import Ballots
from compound.experiment import Experiment, run
from compound.stats import Interval, cross_fit, mean_interval
from compound.strategies import AnswerPool, EconomicVote, Single

PRICES = (0.01, 0.03, 0.1)  # of a draw; a right answer earns 1
WALLET = 10  # draws that the agent can pay for at birth
CAP, QUESTIONS, LIVES, ORDERS, WORLDS = 10, 100, 50, 40, 200
SIMULATED = "sim/beta(4,2)?wrong=1"


class Orders(NamedTuple):
    """What happens in random orders of each question's samples, arrays of shape (Q, R, CAP) and (Q, R)."""

    right: np.ndarray  # how right the vote is after 1, 2, ... draws
    stop: np.ndarray  # draws after which the policy has enough


def simulated() -> list[AnswerPool]:
    """Pools of a simulated model: two answers, the right one the favourite on most questions."""
    config = Experiment.model_validate(
        {"name": "world", "model": SIMULATED, "tasks": ["add21"], "questions": 300, "greedy": False,
         "strategies": ["vote(single, n=20)"]}
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        drawn = asyncio.run(run(config, results=Path(folder))).curves[0].arm.pools
    return [AnswerPool(pool.question, pool.answers, pool.right) for pool in drawn]


def tables(data: Path) -> dict[str, str]:
    """Profit a question, and survival, in each world at each price."""
    worlds = {recording.label: recording.pools(data) for recording in (DATE_GPT35, AQUA_GPT35, GAME24)}
    worlds[f"simulation, {SIMULATED}"] = simulated()
    rows = []
    for label, pools in worlds.items():
        vote = curve(f"vote(single, n={CAP})", pools).accuracy[:, :CAP]
        for price in PRICES:
            policy = EconomicVote(Single(), n=CAP, price=price)
            found = curve(policy, pools)
            assert found.draws is not None
            hungry = found.accuracy[:, CAP - 1] - price * found.draws[:, CAP - 1]
            fixed = vote - price * np.arange(1, CAP + 1)
            fit = cross_fit(fixed - hungry[:, None], rng=np.random.default_rng(0))
            k = fit.choices[fit.fold] + 1  # of each question, chosen on the others
            orders = replay(policy, pools, np.random.default_rng(1))
            stops = {
                "policy": orders.stop,
                "fixed": np.repeat(k[:, None], ORDERS, 1),
                "one": np.ones_like(orders.stop),
            }
            alive = {name: survival(orders.right, stop, price) for name, stop in stops.items()}
            less = Interval(-fit.interval.mean, -fit.interval.high, -fit.interval.low)
            rows.append([
                label, price, f"{found.draws[:, CAP - 1].mean():.1f}",
                f"{k.min()} to {k.max()}" if np.ptp(k) else k[0], f"{100 * hungry.mean():.1f}", signed(less),
                signed(mean_interval(hungry - fixed[:, 0], bounds=(-2, 2))), *map(band, alive.values()),
            ])  # fmt: skip
    head = [
        "world", "price", "policy's draws", "fixed k", "policy's profit", "less fixed k", "less k=1",
        "policy survives %", "fixed k %", "k=1 %",
    ]  # fmt: skip
    return {"wallet": table(head, rows)}


def replay(policy: EconomicVote, pools: Sequence[AnswerPool], rng: np.random.Generator) -> Orders:
    """The policy's own `enough` on random orders, ties of the vote split."""
    right, stop = np.zeros((len(pools), ORDERS, CAP)), np.full((len(pools), ORDERS), CAP)

    @cache
    def enough(first: int, second: int, drawn: int) -> bool:
        return policy.enough(Ballots(("a",) * first + ("b",) * second + (None,) * (drawn - first - second)))

    for q, pool in enumerate(pools):
        order = rng.permuted(np.tile(np.arange(len(pool.codes)), (ORDERS, 1)), axis=1)[:, :CAP]
        given = pool.codes[order][:, :, None] == np.arange(max(2, len(pool.distinct)))
        counts = given.cumsum(axis=1)
        top = (counts == counts.max(axis=2, keepdims=True)) & (counts > 0)
        worth = np.append(pool.correct, [False, False])[: top.shape[2]]
        right[q] = (top & worth).sum(axis=2) / np.maximum(top.sum(axis=2), 1)
        second, first = np.moveaxis(np.sort(counts, axis=2)[:, :, -2:], 2, 0)
        for r in range(ORDERS):
            looks = (k for k in range(1, CAP) if enough(int(first[r, k - 1]), int(second[r, k - 1]), k))
            stop[q, r] = next(looks, CAP)
    return Orders(right, stop)


def survival(right: np.ndarray, stop: np.ndarray, price: float) -> np.ndarray:
    """The share of lives that get through all questions, for each resample of the questions, shape (WORLDS,)."""
    rng = np.random.default_rng(2)  # the same questions, orders and ties for every policy
    own = rng.integers(len(right), size=(WORLDS, 1, len(right)))
    wallet = np.full((WORLDS, LIVES), float(WALLET))  # counted in draws
    for _ in range(QUESTIONS):
        q = np.take_along_axis(own, rng.integers(len(right), size=(WORLDS, 1, LIVES)), axis=2)[:, 0]
        r = rng.integers(ORDERS, size=q.shape)
        luck = rng.random(q.shape)
        drawn = np.minimum(stop[q, r], np.floor(wallet + 1e-9)).astype(int)
        earned = (luck < right[q, r, np.maximum(drawn, 1) - 1]) & (drawn > 0)
        wallet += earned / price - drawn
        wallet[(wallet < 1) | (drawn == 0)] = 0.0
    return (wallet > 0).mean(axis=1)


def band(alive: np.ndarray) -> str:
    """Its mean and the middle 95% of the resamples."""
    low, high = np.quantile(alive, [0.025, 0.975])
    return f"{100 * alive.mean():.0f} [{100 * low:.0f}, {100 * high:.0f}]"


if __name__ == "__main__":
    main(tables)
