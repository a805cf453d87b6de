"""Date understanding of BIG-bench, 369 questions, answered in writing as Wei et al. 2022 (2201.11903) do.

{"input": "Yesterday was April 30, 2021. What is the date today in MM/DD/YYYY?",
 "target_scores": {"05/01/2021": 1, "02/23/2021": 0, "03/11/2021": 0, …}}

The options are not shown; `bbh/date_understanding` is the form with options. Up to nine questions are about one
day ("Yesterday was April 30, 2021."), which makes a cluster. There is no split for worked examples.
"""

from __future__ import annotations

from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source
from compound.tasks.benchmarks.bigbench import right, statement


def _row(row: Row) -> Question:
    text, (gold,) = statement(row), right(row)
    return Question(text, "text", gold, cluster=text.rpartition("What is the date")[0].strip() or None)


DATE = Benchmark(
    "dates that follow from a text",
    _row,
    sources=(Source("hails/bigbench", "date_understanding_zero_shot"),),
    splits={"test": "default"},
    stems=("date", "bb_date"),
)
