"""Do techniques stack? The 2^4 of experiments/stacking.yaml on the built-in model, from its reference run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from evidence import main, signed, table
from reference import replayed

from compound.stats import Interval, mean_interval
from compound.stats.factorial import Contrasts, factorial_effects, log_odds_effects, shapley_values, stack_over_best

FACTORS = ("four examples", "second look", "debate", "vote")


def cells(found: Sequence[np.ndarray]) -> np.ndarray:
    """Shape (Q, 16), standard order: the config lists the first three factors so; one candidate, then the vote."""
    return np.column_stack([curve[:, k] for k in (0, -1) for curve in found])


def tables(data: Path) -> dict[str, str]:
    """The cells, the effects, and what each technique adds and costs; `data` is not read."""
    sides = list(replayed("stacking")[1].values())
    labels = sides[0].labels
    accuracy = cells([side.accuracy for side in sides])
    tokens, calls = (
        np.array([macro(column, labels) for column in cells([side.cost[unit] for side in sides]).T])
        for unit in ("tokens", "calls")
    )
    shown = [
        [
            named(c),
            bracketed(accuracy[:, c], labels),
            f"{calls[c]:.0f}",
            f"{tokens[c]:,.0f}",
            f"{tokens[c] / tokens[0]:.1f}",
        ]
        for c in range(accuracy.shape[1])
    ]
    effects = factorial_effects(accuracy, **labels, rng=np.random.default_rng(0))
    odds = log_odds_effects(accuracy, **labels, rng=np.random.default_rng(0))
    values = shapley_values(accuracy, **labels, rng=np.random.default_rng(0))
    return {
        "stacking-cells": table(
            ["techniques", "accuracy %", "completions", "tokens", "times the tokens of none"], shown
        ),
        "stacking": table(
            ["effect", "points", "all effects together", "log odds"],
            [
                [" x ".join(FACTORS[j] for j in factors), *both(effects, place), logits(odds, place)]
                for place, factors in enumerate(effects.factors)
            ],
        ),
        "stacking-shares": table(
            ["technique", "share of the stack", "all four together", "times the completions", "times the tokens"],
            [[FACTORS[j], *both(values, j), times(calls, j), times(tokens, j)] for j in range(len(FACTORS))],
        ),
        "stacking-tasks": table(["task", *FACTORS], by_task(accuracy, labels)),
        "stacking-whole": table(
            ["stack", "less none of them", "less its best single technique", "which"], whole(accuracy, labels)
        ),
    }


def by_task(accuracy: np.ndarray, labels: dict[str, object]) -> list[list[str]]:
    """The main effects on each task."""
    rng, rows = np.random.default_rng(0), []
    for task in dict.fromkeys(strata := np.asarray(labels["strata"])):
        own = factorial_effects(accuracy[strata == task], order=1, rng=rng)
        rows.append([task, *(both(own, place)[0] for place in range(len(FACTORS)))])
    return rows


def whole(accuracy: np.ndarray, labels: dict[str, object]) -> list[list[str]]:
    """All techniques against none, and against the best single one; then those but the second look."""
    rows = []
    for name, left in (("all four", range(4)), ("the three without the second look", (0, 2, 3))):
        columns = [c for c in range(16) if not c & ~sum(1 << j for j in left)]
        stack = accuracy[:, columns]
        over = stack_over_best(stack, **labels, rng=np.random.default_rng(0))
        chosen = sorted({list(left)[j] for j in over.choices.tolist()})
        gain = mean_interval(stack[:, -1] - stack[:, 0], **labels)
        rows.append([name, signed(gain), signed(over.interval), " or ".join(FACTORS[j] for j in chosen)])
    return rows


def named(cell: int) -> str:
    """The techniques of a cell."""
    return ", ".join(name for j, name in enumerate(FACTORS) if cell >> j & 1) or "none"


def macro(values: np.ndarray, labels: dict[str, object]) -> float:
    """Mean over tasks of the mean over questions."""
    strata = np.asarray(labels["strata"])
    return float(np.mean([values[strata == task].mean() for task in np.unique(strata)]))


def bracketed(values: np.ndarray, labels: dict[str, object]) -> str:
    """A mean accuracy with its interval, in percent."""
    found = mean_interval(values, bounds=(0, 1), **labels)
    return "{:.1f} [{:.1f}, {:.1f}]".format(*(100 * float(x) for x in (found.mean, found.low, found.high)))


def both(found: Contrasts, place: int) -> list[str]:
    """A contrast with its own interval, and the one that holds for all of them."""
    own, band = (Interval(i.mean[place], i.low[place], i.high[place]) for i in (found.interval, found.band))
    return [signed(own), "[" + signed(band).partition("[")[2]]


def logits(odds: Interval, place: int) -> str:
    """An effect on the log odds with its interval."""
    return "{:+.2f} [{:+.2f}, {:+.2f}]".format(*(float(x[place]) for x in (odds.mean, odds.low, odds.high)))


def times(cost: np.ndarray, factor: int) -> str:
    """How often as much a technique costs: geometric mean over the settings of the others, least and most."""
    off = np.array([c for c in range(len(cost)) if not c >> factor & 1])
    ratio = cost[off | 1 << factor] / cost[off]
    return f"{np.exp(np.log(ratio).mean()):.1f} ({ratio.min():.1f} to {ratio.max():.1f})"


if __name__ == "__main__":
    main(tables)
