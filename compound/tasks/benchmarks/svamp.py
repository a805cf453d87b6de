"""SVAMP: one-step word problems in varied wording. Patel et al. 2021, 2103.07191.

{"ID": "chal-1", "Body": "Each pack of dvds costs 76 dollars. If there is a discount of 25 dollars on each pack",
 "Question": "How much do you have to pay to buy each pack?", "Equation": "( 76.0 - 25.0 )", "Answer": 51.0,
 "Type": "Subtraction"}

The public file is all 1,000, made to be tested on. The hub has 700 of them as `train`, 300 as `test`.
"""

from __future__ import annotations

from fractions import Fraction

from compound.answers.number import canonical
from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source


def _row(row: Row) -> Question:
    body = row["Body"].strip()
    joined = body if body.endswith((".", "?", "!", ",")) else f"{body}."
    return Question(f"{joined} {row['Question'].strip()}", "number", canonical(Fraction(str(row["Answer"]))))


SVAMP = Benchmark(
    "word problems in varied wording",
    _row,
    sources=(Source("ChilleD/SVAMP"),),
    splits={"train": "train", "test": "test"},
)
