"""Voting at one temperature at a time: near-duplicates have nothing to vote about."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from evidence import curve, draw, main, percent, points, table
from recordings import JHU, at

from compound.strategies import AnswerPool

TEMPERATURES = [t / 10 for t in range(11)]
RECORDINGS = {
    "gpt-3.5-turbo, AQuA": "jhu_aqua-rat-100_gpt-35-turbo_chain_of_thought",
    "gpt-3.5-turbo, ten exams": JHU.format("gpt-35-turbo"),
    "gpt-4, ten exams": JHU.format("gpt-4"),
    "claude-3-opus, ten exams": JHU.format("claude-3-opus-20240229"),
    "mistral-large, ten exams": JHU.format("mistral-large"),
    "llama-2-70b-chat, ten exams": JHU.format("llama-2-70b-chat"),
}


def alike(pools: list[AnswerPool]) -> float:
    """The chance that two readable samples of a question agree, over the questions that have two."""
    counts = [np.array(list(pool.votes.counts.values())) for pool in pools]
    return float(np.mean([(c * (c - 1)).sum() / (c.sum() * (c.sum() - 1)) for c in counts if c.sum() > 1]))


@cache
def voted(data: Path) -> dict[tuple[str, float], tuple[list[AnswerPool], np.ndarray]]:
    """The pools and the curve of a vote, (100, 10), for each recording and temperature."""
    pools = {(label, t): at(t, file, label).pools(data) for label, file in RECORDINGS.items() for t in TEMPERATURES}
    return {key: (each, curve("vote(cot, n=10)", each).accuracy) for key, each in pools.items()}


def tables(data: Path) -> dict[str, str]:
    """For each recording what ten votes gain at three temperatures, and over all of them."""
    rows = []
    for label in RECORDINGS:
        pools = {t: voted(data)[label, t][0] for t in TEMPERATURES}
        curves = {t: voted(data)[label, t][1] for t in TEMPERATURES}
        gains = {t: curves[t][:, -1] - curves[t][:, 0] for t in TEMPERATURES}
        by_heat = np.array([gains[t] for t in TEMPERATURES])  # the same questions at every temperature
        slope = np.array(TEMPERATURES) - np.mean(TEMPERATURES)
        rows.append([
            label, *(f"{100 * alike(pools[t]):.0f}" for t in (0.0, 1.0)),
            *(percent(curves[t][:, 0]) for t in (0.0, 1.0)),
            *(points(gains[t]) for t in (0.0, 0.5, 1.0)),
            points(slope @ by_heat / (slope @ slope), reach=3),
            points(curves[1.0][:, -1] - curves[0.0][:, 0]),
        ])  # fmt: skip
    head = [
        "recording", "pairs that agree %, T=0", "T=1", "one sample %, T=0", "T=1", "10 votes less 1, T=0", "T=0.5",
        "T=1", "change of that gain from T=0 to 1", "10 votes at T=1 less one sample at T=0",
    ]  # fmt: skip
    return {"temperature": table(head, rows)}


def figures(data: Path, folder: Path) -> Path:
    """Gain over one sample against k, a line for each temperature, a panel for each recording."""
    import altair as alt

    rows: list[dict[str, Any]] = []
    for (label, t), (_, accuracy) in voted(data).items():
        mean = 100 * accuracy.mean(axis=0)
        rows += [{"recording": label, "T": t, "k": k, "gain": v - mean[0]} for k, v in enumerate(mean, 1)]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(strokeWidth=2)
        .encode(
            alt.X("k:Q", title="votes", axis=alt.Axis(values=[1, 3, 5, 7, 10])),
            alt.Y("gain:Q", title="points over one sample"),
            alt.Color("T:O", scale=alt.Scale(scheme="viridis"), title="temperature"),
            alt.Facet("recording:N", columns=3, title=None, sort=list(RECORDINGS)),
        )
        .properties(width=230, height=150)
        .properties(title="What votes gain at each temperature: 100 questions, 10 samples of each, exact")
    )
    return draw(chart, folder, "temperature")


if __name__ == "__main__":
    main(tables, figures)
