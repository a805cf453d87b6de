"""What early stopping costs in a stated deployment, and what it saves there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compound.experiment.cost import Prices, cost_of
from compound.models.budget import Price
from compound.stats import Interval, mean_interval
from compound.strategies import AnswerPool, PoolCurve, Pooled

PRICE = Price(0.50e-6, 1.50e-6)  # dollars per prompt and completion token, for every recording
BATCH = 128  # completions that one call can give


def at_mean(accuracy: np.ndarray, draws: float) -> np.ndarray:
    """A plain vote of that many draws on average: a coin decides between the two whole numbers, shape (Q,)."""
    low = int(draws)
    weight = draws - low
    above: np.ndarray = accuracy[:, min(low, accuracy.shape[1] - 1)]
    return (1 - weight) * accuracy[:, low - 1] + weight * above


def dollars(strategy: Pooled, found: PoolCurve, pools: Sequence[AnswerPool], cap: int) -> np.ndarray:
    """What each question costs at this cap in a deployment that draws a wave at a time, shape (Q,)."""
    draws: Sequence[np.ndarray | None] = [None] * len(pools) if found.draws is None else list(found.draws)
    wave = None if found.draws is None else strategy.wave
    return np.array([
        cost_of(pool.answers, BATCH, Prices({}, PRICE), draws=drawn, wave=wave).usd[cap - 1]
        for pool, drawn in zip(pools, draws, strict=True)
    ])  # fmt: skip


def share(of: np.ndarray, spent: np.ndarray) -> Interval:
    """How much less is spent, as a share of the mean; the interval is that of the ratio (delta method)."""
    ratio = spent.mean() / of.mean()
    saved = 1 - ratio - (spent - ratio * of) / of.mean()
    reach = float(np.abs(saved).max()) + 1
    return mean_interval(saved, bounds=(-reach, reach))


def whole(found: Interval) -> str:
    """A share in whole percent."""
    mean, low, high = (round(100 * float(x)) for x in (found.mean, found.low, found.high))
    return f"{mean} [{low}, {high}]"
