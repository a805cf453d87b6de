"""Best of n by a score that knows nothing: the length of the reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from evidence import curve, draw, main, percent, points, table
from recordings import AQUA_GPT35, DATE_GPT35

from compound.core import Answer
from compound.figures.style import PALETTE
from compound.stats import first_parsed
from compound.strategies import AnswerPool
from compound.strategies.vote import counted


def with_length(pools: Sequence[AnswerPool], sign: int) -> list[AnswerPool]:
    """The same pools, every candidate scored by the length of its text."""

    def scored(answer: Answer) -> Answer:
        return replace(answer, score=float(sign * len(answer.text)))

    return [replace(pool, answers=[scored(a) for a in pool.answers]) for pool in pools]


def tables(data: Path) -> dict[str, str]:
    """The shortest and the longest readable reply of k, less the first readable one and less the vote."""
    rows = []
    for recording in (DATE_GPT35, AQUA_GPT35):
        pools = recording.pools(data)
        n = len(pools[0].answers)
        votes = [counted(pool) for pool in pools]
        right = np.array([pool.right_each.sum() for pool in pools]).astype(int)
        first = first_parsed(n, right, np.array([pool.unparsed for pool in votes]))
        plain = curve(f"vote(cot, n={n})", pools).accuracy
        for name, sign in (("shortest", -1), ("longest", 1)):
            best = curve(f"best_of(cot, n={n})", with_length(pools, sign)).accuracy
            rows += [
                [f"{recording.label}: {name} of {k}", len(pools), percent(best[:, k - 1]),
                 points(best[:, k - 1] - first[:, k - 1]), points(best[:, k - 1] - plain[:, k - 1]),
                 points(best[:, k - 1] - best[:, 2]) if k > 3 else ""]
                for k in sorted({3, 10, n})
            ]  # fmt: skip
    head = ["selector", "questions", "accuracy %", "less the first readable", "less the vote", "less that of 3"]
    return {"length": table(head, rows)}


def figures(data: Path, folder: Path) -> Path:
    """Accuracy against k of the vote and of the best of k by length, on the recording with most samples."""
    import altair as alt

    pools = AQUA_GPT35.pools(data)
    n = len(pools[0].answers)
    lines = {"plurality vote": curve(f"vote(cot, n={n})", pools).accuracy}
    for name, sign in (("shortest reply", -1), ("longest reply", 1)):
        lines[name] = curve(f"best_of(cot, n={n})", with_length(pools, sign)).accuracy
    rows = [
        {"selector": name, "k": k, "accuracy": 100 * value}
        for name, found in lines.items()
        for k, value in enumerate(found.mean(axis=0), 1)
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(strokeWidth=2.6)
        .encode(
            alt.X("k:Q", title="samples to choose from", scale=alt.Scale(type="log", base=2)),
            alt.Y("accuracy:Q", title="right, %", scale=alt.Scale(zero=False)),
            alt.Color("selector:N", scale=alt.Scale(domain=list(lines), range=PALETTE[:3]), title=None),
        )
        .properties(width=640, height=230)
        .properties(
            title="A score that knows nothing: gpt-3.5-turbo on AQuA, 100 questions, 60 samples of each, exact"
        )
    )
    return draw(chart, folder, "length")


if __name__ == "__main__":
    main(tables, figures)
