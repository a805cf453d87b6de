"""The reference runs, replayed from their pools of draws: no model is asked."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from evidence import ROOT

from compound.experiment import Run, load, run
from compound.experiment.sides import Side, sides_of
from compound.store import SampleStore
from compound.store.dump import restore


def replayed(name: str) -> tuple[Run, dict[str, Side]]:
    """A reference run, and its strategies question by question in the order of its config."""
    origin = ROOT / "results" / "reference" / name
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder)
        with SampleStore(results / "samples.db") as store:
            restore(origin / "pool.jsonl.gz", store)
        found = asyncio.run(run(load(origin / "experiment.yaml"), results=results))
        return found, sides_of(results / name)
