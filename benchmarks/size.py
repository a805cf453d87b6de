"""A run of a million samples: `python benchmarks/size.py [questions]`.

100,000 questions x 10 draws of a simulated model, which answers at once, so the time is what the package itself
takes. Each run is a process of its own: drawing everything, the same again, and the same after the last piece was
taken away, which is what a run that was killed there goes on with.
"""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

DRAWS = 10
CONFIG = f"""
name: size
model: sim/beta(4,2)?wrong=3
parameters: {{max_tokens: 16}}
strategies: ["vote(cot, n={DRAWS})"]
tasks: [{{name: sums, file: sums.jsonl, kind: number, fields: {{text: q, gold: a}}}}]
greedy: false
"""
RUN = """
import asyncio, json, resource, sys, time
from pathlib import Path
from compound.core import Drawn
from compound.experiment import load, run
began = time.monotonic()
class Watch:
    first = None
    def notify(self, event):
        if isinstance(event, Drawn) and event.bought and self.first is None:
            self.first = time.monotonic() - began
watch, folder = Watch(), Path(sys.argv[1])
found = asyncio.run(run(load(folder / "size.yaml"), results=folder, observer=watch))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([time.monotonic() - began, watch.first, peak, found.facts["spent"]["completions"]]))
"""


def main(questions: int) -> None:
    """Print seconds and megabytes."""
    with tempfile.TemporaryDirectory() as name:
        folder, rng = Path(name), random.Random(0)
        (folder / "size.yaml").write_text(CONFIG)
        with (folder / "sums.jsonl").open("w") as file:
            for number in range(questions):
                a = rng.randrange(10**6)
                file.write(json.dumps({"q": f"What is {a} + {number}?", "a": str(a + number)}) + "\n")
        show("everything drawn", folder)
        show("again", folder)
        db = folder / "samples.db"
        with contextlib.closing(sqlite3.connect(db)) as store, store:
            store.execute("DELETE FROM samples WHERE request > (SELECT MAX(id) FROM requests) - 500")
        max((folder / "size" / ".pieces").iterdir(), key=lambda path: path.stat().st_mtime).unlink()
        show("again, without the last 500 questions", folder)
        print(f"store: {db.stat().st_size / 1e6:,.0f} MB")


def show(what: str, folder: Path) -> None:
    """Run it in a process of its own."""
    said = subprocess.run(
        [sys.executable, "-c", RUN, str(folder)], check=True, capture_output=True, text=True
    ).stdout
    seconds, first, peak, bought = json.loads(said)
    begins = "" if first is None else f"; the first sample is bought after {first:.1f} s"
    print(f"{what}: {bought:,} samples bought in {seconds:,.1f} s, {peak:,.0f} MB at most{begins}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
