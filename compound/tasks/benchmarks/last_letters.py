"""Last letters of four names, put together: a symbolic task of Wei et al. 2022, 2201.11903.

{"question": "Take the last letters of each words in \\"Whitney Erika Tj Benito\\" and concatenate them.",
 "answer": "yajo"}

The public file of Kojima et al. 2022 (2205.11916) is all 500. The hub has 350 as `train`, 150 as `test`.
"""

from __future__ import annotations

from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source


def _row(row: Row) -> Question:
    return Question(row["question"].strip(), "text", row["answer"].strip())


LAST_LETTERS = Benchmark(
    "last letters of four names",
    _row,
    sources=(Source("ChilleD/LastLetterConcat"),),
    splits={"train": "train", "test": "test"},
)
