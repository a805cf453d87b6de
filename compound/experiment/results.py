"""What a run leaves on disk. Every file is written whole and renamed into place."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from compound.core import StoreError
from compound.experiment.analysis import ArmCurves, Gain
from compound.experiment.config import Experiment
from compound.experiment.rounds_summary import COLUMNS as ROUNDS
from compound.experiment.rounds_summary import RoundsRun, rounds_rows
from compound.strategies import write as expression

COLUMNS = (
    "model", "task", "strategy", "line", "k", "accuracy", "low", "high", "questions",
    "calls", "tokens", "usd", "seconds", "tier", "estimator",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What an experiment left: the numbers, and where they are.

    Attributes:
        experiment: the resolved config.
        folder: where the files are.
        rows: the rows of curves.csv.
        gains: for each strategy's expression the gain on each task, and pooled.
        curves: what they were computed from.
        screened: single-sample accuracy of every task that was screened, and whether it was kept.
        rounds: of each strategy with rounds what they did, by task.
        facts: what run.json says: versions, times, spent, failures.
        stopped: why the run ended early; None if it is complete.
    """

    experiment: Experiment
    folder: Path
    rows: list[dict[str, Any]]
    gains: dict[str, list[Gain]]
    curves: list[ArmCurves]
    screened: dict[str, tuple[float, bool]]
    rounds: RoundsRun
    facts: dict[str, Any]
    stopped: str | None = None


def write_text(path: Path, text: str) -> None:
    """Write a file whole: first beside its place, then renamed into it.

    Raises:
        StoreError: the folder cannot be written to, or the disk is full.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error.strerror}; every completed call is in the store") from error


def write_run(run: Run, summary: str) -> None:
    """Write everything that the design lists but the figures."""
    written = {_write_answers(run, curves) for curves in run.curves}
    for stale in set((run.folder / "answers").iterdir()) - written:  # of a config that has changed, or a killed run
        stale.unlink()
    write_text(run.folder / "experiment.yaml", resolved(run.experiment, run.folder))
    write_text(run.folder / "curves.csv", _csv(COLUMNS, run.rows))
    if run.rounds:
        write_text(run.folder / "rounds.csv", _csv(ROUNDS, rounds_rows(run.rounds)))
    else:
        (run.folder / "rounds.csv").unlink(missing_ok=True)  # of a config that has changed
    write_text(run.folder / "run.json", json.dumps(run.facts, indent=2, sort_keys=True) + "\n")
    write_text(run.folder / "summary.md", summary)


def resolved(experiment: Experiment, folder: Path) -> str:
    """The config as YAML with every value written out; files are named from where it will lie."""
    data = experiment.model_dump(mode="json")
    for task in data["tasks"]:
        for origin in ("file", "path"):
            if task[origin]:
                task[origin] = os.path.relpath(experiment.folder / task[origin], folder)
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
    return text


def _csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        # 12 digits: what is left out is below what the arithmetic of another machine may change.
        writer.writerow({k: f"{v:.12g}" if isinstance(v, float) else v for k, v in row.items()})
    return out.getvalue()


def _write_answers(run: Run, curves: ArmCurves) -> Path:
    """One part a task and strategy, a row for each question and k; its path. An unknown cost is NaN."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    strategy = curves.arm.strategy
    rows: list[dict[str, Any]] = []
    for place, pool in enumerate(curves.arm.pools):
        cost = curves.cost[place]
        failures = [a.failure for a in pool.answers if a.failure]
        rows += [
            {
                "model": run.experiment.model,
                "task": curves.task,
                "question": pool.question.id,
                "cluster": pool.question.cluster,
                "strategy": expression(strategy, full=True),
                "expression": repr(strategy),
                "k": k,
                "replicate": 0,
                "correct": float(correct),
                "estimator": curves.estimator,
                "value": pool.picked[k][0].value if k in pool.picked else pool.values[k - 1],
                "calls": float(cost.calls[at]),
                "tokens": float(cost.tokens[at]),
                "usd": float(cost.usd[at]),
                "seconds": float(cost.seconds[at]),
                "failure": failures[0] if failures else None,
            }
            for at, (k, correct) in enumerate(zip(curves.ks, curves.accuracy[place], strict=True))
        ]
    name = f"{curves.task}-{strategy!r}"
    safe = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:100]
    path = run.folder / "answers" / f"{safe}-{zlib.crc32(name.encode()):08x}.parquet"
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), beside)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error}; every completed call is in the store") from error
    return path
