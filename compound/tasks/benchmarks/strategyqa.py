"""StrategyQA: yes or no, after steps that the question does not spell out. Geva et al. 2021, 2101.02235.

{"qid": "…", "question": "Is it common to see frost during some college commencements?", "answer": true}

The hub divides the 2,290 questions with public answers into `train` (1,603) and `test` (687).
The public file is BIG-bench's, all 2,290: {"input": "…", "target_scores": {"Yes": 1, "No": 0}}. One stands there
twice.
"""

from __future__ import annotations

from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source
from compound.tasks.benchmarks.bigbench import right, statement


def _row(row: Row) -> Question:
    if "question" in row:
        text, yes = row["question"].strip(), row["answer"]
        if not isinstance(yes, bool):
            raise ValueError(f"the answer is neither true nor false: {yes!r}")
    else:
        text, yes = statement(row), right(row) == ("Yes",)
    return Question(text, "choice", "A" if yes else "B", ("Yes", "No"))


STRATEGYQA = Benchmark(
    "yes or no, after unsaid steps",
    _row,
    sources=(Source("ChilleD/StrategyQA"),),
    splits={"train": "train", "test": "test"},
)
