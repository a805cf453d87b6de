"""The parts of `answers/`: what a strategy did on each question of a task, a row for each k."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from compound.experiment.analysis import ArmCurves
from compound.experiment.cost import PARTS
from compound.experiment.pools import Arm, Pool
from compound.experiment.writing import writing
from compound.strategies import write as expression


def stem(arm: Arm, start: int = 0) -> str:
    """What the file of a part is called, without its ending; `start`: questions of the arm before it."""
    name = f"{arm.task.name}-{arm.strategy!r}"
    safe = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:100]
    return f"{safe}-{zlib.crc32(name.encode()):08x}" + (f"-{start}" if start else "")


def write_part(path: Path, model: str, curves: ArmCurves, pools: Sequence[Pool]) -> None:
    """Write one part whole. An unknown cost is NaN.

    Args:
        path: the file.
        model: what was asked.
        curves: of the questions.
        pools: of the same questions.

    Raises:
        StoreError: the folder cannot be written to, or the disk is full.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    strategy, ks = curves.arm.strategy, len(curves.ks)
    rows = len(pools) * ks

    failures = [next((a.failure for a in pool.answers if a.failure), None) for pool in pools]

    def each(values: Sequence[object]) -> list[object]:
        return [value for value in values for _ in range(ks)]

    columns = {
        "model": pa.array([model] * rows, pa.string()),
        "task": pa.array([curves.task] * rows, pa.string()),
        "question": pa.array(each([pool.question.id for pool in pools]), pa.string()),
        "cluster": pa.array(each([pool.question.cluster for pool in pools]), pa.string()),
        "strategy": pa.array([expression(strategy, full=True)] * rows, pa.string()),
        "expression": pa.array([repr(strategy)] * rows, pa.string()),
        "k": np.tile(np.array(curves.ks, np.int64), len(pools)),
        "replicate": np.zeros(rows, np.int64),
        "correct": curves.accuracy.astype(float).ravel(),
        "estimator": pa.array([curves.estimator] * rows, pa.string()),
        "value": pa.array([_value(pool, k) for pool in pools for k in curves.ks], pa.string()),
        **{part: getattr(curves.cost, part).astype(float).ravel() for part in PARTS},
        "failure": pa.array(each(failures), pa.string()),
    }
    with writing(path) as beside:
        pq.write_table(pa.table(columns), beside)


def _value(pool: Pool, k: int) -> str | None:
    return pool.picked[k][0].value if k in pool.picked else pool.values[k - 1]
