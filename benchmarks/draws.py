"""Samples bought for a curve of N points: one pool of N, where drawing every point anew takes N (N + 1) / 2.

Runs a real experiment on the simulated model, counts what was bought, and runs it again.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from compound.experiment import Experiment, run

N = 64
QUESTIONS = 40


def main() -> None:
    """Print the figures."""
    experiment = Experiment(
        name="draws",
        model="sim/beta(2,2)",
        strategies=[f"vote(cot, n={N})"],
        tasks=["add2"],
        questions=QUESTIONS,
        greedy=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        for attempt in ("first run", "second run"):
            began = time.process_time()
            found = asyncio.run(run(experiment, results=Path(folder)))
            took = time.process_time() - began
            bought = found.facts["spent"]["completions"] / QUESTIONS
            points = sum(row["line"] == "accuracy" for row in found.rows)
            naive = N * (N + 1) // 2
            print(
                f"{attempt}: a curve of {points} points, {bought:.0f} samples a question bought "
                f"({naive / bought:.1f} times fewer than {naive})" if bought else
                f"{attempt}: a curve of {points} points, 0 samples bought, {took:.1f} s CPU"
            )  # fmt: skip


if __name__ == "__main__":
    main()
