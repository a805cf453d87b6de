"""Votes weighted by a recorded reward score, against the plain vote; what is tuned is tuned on other questions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from evidence import curve, main, percent, points, signed, table
from recordings import QWEN

from compound.core import Answer
from compound.stats import cross_fit
from compound.strategies import AnswerPool

TEMPERATURES = (0.03, 0.1, 0.3, 1, 3, 10)
POWERS = (0.5, 1, 2, 4, 8)
K = (3, 5, 8)


def squashed(pools: Sequence[AnswerPool]) -> list[AnswerPool]:
    """The same pools with scores between 0 and 1, since a weight cannot be negative: the logistic function."""

    def one(answer: Answer) -> Answer:
        return answer if answer.score is None else replace(answer, score=1 / (1 + math.exp(-answer.score)))

    return [replace(pool, answers=[one(a) for a in pool.answers]) for pool in pools]


def tables(data: Path) -> dict[str, str]:
    """Every way of weighing less the plain vote, at three sizes."""
    pools = QWEN.pools(data)
    plain = curve("vote(cot, n=8)", pools).accuracy
    fixed = {
        "weighted_vote, logistic score": curve("weighted_vote(cot, n=8)", squashed(pools)).accuracy,
        "certainty_vote, power=0.5": curve("certainty_vote(cot, n=8)", pools).accuracy,
        "cisc, temperature=1": curve("cisc(cot, n=8)", pools).accuracy,
        "best_of": curve("best_of(cot, n=8)", pools).accuracy,
    }
    rows = [["vote", *(percent(plain[:, k - 1]) for k in K), *("" for _ in K)]]
    for name, found in fixed.items():
        rows.append([
            name, *(percent(found[:, k - 1]) for k in K), *(points(found[:, k - 1] - plain[:, k - 1]) for k in K),
        ])  # fmt: skip
    swept = {
        "cisc, temperature": [curve(f"cisc(cot, n=8, temperature={t})", pools).accuracy for t in TEMPERATURES],
        "certainty_vote, power": [curve(f"certainty_vote(cot, n=8, power={p})", pools).accuracy for p in POWERS],
    }
    for name, arms in swept.items():
        fits = [
            cross_fit(
                np.column_stack([plain[:, k - 1], *(arm[:, k - 1] for arm in arms)]),
                reference=0, rng=np.random.default_rng(0),
            )
            for k in K
        ]  # fmt: skip
        held_out = [percent(fit.held_out + plain[:, k - 1]) for fit, k in zip(fits, K, strict=True)]
        rows.append([f"{name} by cross-fitting", *held_out, *(signed(fit.interval) for fit in fits)])
    head = ["strategy", *(f"{k} samples %" for k in K), *(f"less the vote, {k}" for k in K)]
    return {"weighing": table(head, rows)}


if __name__ == "__main__":
    main(tables)
