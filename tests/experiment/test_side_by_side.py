"""The table that puts several strategies of a run beside each other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from compound.experiment import Experiment, Run, run
from compound.experiment.summary import markdown, side_by_side


def go(folder: Path, **changes: object) -> Run:
    config = {
        "name": "trial",
        "model": "sim/beta(3,2)?price=1/2",
        "strategies": ["vote(cot, n=12)", "early_stop_vote(cot, n=12, window=3)", "tournament(cot, n=4)", "cot"],
        "tasks": ["add1", "opposites"],
        "questions": 10,
        **changes,
    }
    return asyncio.run(run(Experiment.model_validate(config), results=folder))


def test_every_strategy_has_a_row_the_cheapest_first_in_eighty_columns(tmp_path: Path) -> None:
    found = go(tmp_path)
    table = side_by_side(found)
    assert table is not None
    last = {r["strategy"]: r for r in found.rows if r["line"] == "accuracy" and r["task"] == "pooled"}
    assert [row[0] for row in table.rows] == sorted(last, key=lambda name: float(last[name]["usd"]))
    for strategy, k, accuracy, interval, calls, *_ in table.rows:
        row = last[strategy]
        assert (k, accuracy, calls) == (str(row["k"]), f"{100 * row['accuracy']:.1f}", f"{row['calls']:.1f}")
        assert interval == f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
    assert sum(widths[1:]) + len(widths) + len("early_stop_vote(cot, n=16)") <= 80
    assert "| " + " | ".join(table.rows[0]) + " |" in markdown(found)


def test_an_unknown_price_is_not_nothing_and_tokens_are_sorted_by(tmp_path: Path) -> None:
    found = go(tmp_path, tasks=["add1"])
    unpriced = replace(found, rows=[{**row, "usd": None} for row in found.rows])
    table = side_by_side(unpriced)
    assert table is not None
    assert {row[-1] for row in table.rows} == {"unknown"}
    tokens = [float(row[-2].replace(",", "")) for row in table.rows]
    assert tokens == sorted(tokens)
    assert table.title.startswith("add1, 10 questions")


def test_one_strategy_has_nothing_to_stand_beside(tmp_path: Path) -> None:
    found = go(tmp_path, strategies=["vote(cot, n=4)"], tasks=["add1"])
    assert side_by_side(found) is None
    assert "cost.png" not in markdown(found)


def test_what_a_stopped_run_has_not_finished_is_not_put_beside_the_rest(tmp_path: Path) -> None:
    found = go(tmp_path)
    short = [
        {**row, "questions": 10} if (row["strategy"], row["task"]) == ("cot", "pooled") else row
        for row in found.rows
    ]
    table = side_by_side(replace(found, rows=short))
    assert table is not None
    assert "cot" not in [row[0] for row in table.rows]
    assert len(table.rows) == 3
