"""GSM8K: grade-school word problems, 7,473 to train on and 1,319 to test on. Cobbe et al. 2021, 2110.14168.

{"question": "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. …",
 "answer": "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\\n…\\n#### 72"}
"""

from __future__ import annotations

from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source


def _row(row: Row) -> Question:
    _, mark, gold = row["answer"].rpartition("####")
    if not mark:
        raise ValueError(f"the answer does not end in '#### N': {row['answer'][-40:]!r}")
    return Question(row["question"].strip(), "number", gold.strip())


GSM8K = Benchmark(
    "grade-school word problems",
    _row,
    sources=(Source("openai/gsm8k", "main"),),
    splits={"train": "train", "test": "test"},
)
