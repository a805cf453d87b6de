"""Importing recorded samples: samples a second, peak memory, and how fast a pool is opened and counted.

python benchmarks/import_samples.py [SAMPLES]      default 100,000; 100 samples a question, 300 characters each
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from compound.store.pools import Pool, import_samples

EACH, LENGTH = 100, 300


def write_lines(path: Path, samples: int) -> None:
    """A sample a line, as a runner would leave them."""
    text = "Work it out step by step. " * (LENGTH // 26)
    with path.open("w", encoding="utf-8") as file:
        for i in range(samples):
            line = {
                "question_id": f"q{i // EACH}", "question": f"What is {i // EACH} + 1?", "gold": str(i // EACH + 1),
                "text": f"{text} {i}", "answer": str(i // EACH + (i % 3 == 0)), "tokens_in": 20, "tokens_out": 70,
                "model": "some/model", "temperature": 0.7,
            }  # fmt: skip
            file.write(json.dumps(line) + "\n")


def peak() -> float:
    """Most memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the figures."""
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_lines(folder / "samples.jsonl", samples)
        write_lines(folder / "few.jsonl", 1_000)
        import_samples(folder / "few.jsonl", "few", pools=folder)
        before, began = peak(), time.perf_counter()
        done = import_samples(folder / "samples.jsonl", "many", pools=folder)
        took = time.perf_counter() - began
        print(f"import       {samples / took:>12,.0f} samples/s ({samples:,} in {took:.1f} s)")
        print(f"memory       {peak():>12,.0f} MB at most, {before:,.0f} MB after 1,000 samples")
        print(f"on disk      {done.path.stat().st_size / 1e6:>12,.0f} MB")
        began = time.perf_counter()
        with Pool("many", folder) as pool:
            counted = pool.facts.samples
        print(f"open, count  {time.perf_counter() - began:>12.4f} s ({counted:,} samples)")


if __name__ == "__main__":
    main()
