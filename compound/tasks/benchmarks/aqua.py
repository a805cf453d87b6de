"""AQuA-RAT: algebra with five options, 254 to test on. Ling et al. 2017, 1705.04146.

{"question": "A car is being driven, in a straight line and at a uniform speed, towards the base of a tower. …",
 "options": ["A)5(√3 + 1)", "B)6(√3 + √2)", "C)7(√3 – 1)", "D)8(√3 – 2)", "E)None of these"],
 "rationale": "Explanation : …", "correct": "A"}
"""

from __future__ import annotations

import re

from compound.core import Question
from compound.core.question import LETTERS
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source


def _row(row: Row) -> Question:
    choices = tuple(
        re.sub(rf"^(?:\s*{letter}\s*\))+", "", option).strip()  # one question has "A)A)59"
        for letter, option in zip(LETTERS, row["options"], strict=False)
    )
    return Question(row["question"].strip(), "choice", row["correct"].strip(), choices)


AQUA = Benchmark(
    "algebra, five options",
    _row,
    sources=(Source("deepmind/aqua_rat", "raw"),),
    splits={"train": "train", "screen": "validation", "test": "test"},
)
