"""Competition mathematics: MATH-500 and the AIME.

MATH-500: 500 test problems of MATH (Hendrycks et al. 2021, 2103.03874), chosen by Lightman et al. 2023, 2305.20050.
{"problem": "Convert the point $(0,3)$ in rectangular coordinates to polar coordinates. …", "solution": "…",
 "answer": "\\left( 3, \\frac{\\pi}{2} \\right)", "subject": "Precalculus", "level": 2}

AIME: 30 problems a year, each answered by a whole number from 0 to 999 (the exam writes 025 for 25).
{"problem": "Every morning Aya goes for a $9$-kilometer-long walk …", "answer": "204"}

Neither has a split to take worked examples from.
"""

from __future__ import annotations

import re

from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source


def _math(row: Row) -> Question:
    level = re.sub(r"\D", "", str(row["level"]))  # 2 on the hub, "Level 2" in the public file
    metadata = {"subject": row["subject"], "level": int(level)}
    return Question(row["problem"].strip(), "math", row["answer"].strip(), metadata=metadata)


def _aime(row: Row) -> Question:
    digits = re.match(r"\s*(\d+)", str(row["answer"]))
    if digits is None:
        raise ValueError(f"the answer is no whole number: {row['answer']!r}")
    return Question(row["problem"].strip(), "math", str(int(digits[1])))


MATH500 = Benchmark(
    "500 competition problems",
    _math,
    sources=(Source("HuggingFaceH4/MATH-500"),),
    splits={"test": "test"},
)
AIME = Benchmark(
    "the 30 problems of the AIME 2024",
    _aime,
    sources=(Source("HuggingFaceH4/aime_2024"),),
    splits={"test": "train"},  # its only split
    stems=("aime24", "aime_24", "aime2024", "aime_2024"),
)
AIME_2025 = Benchmark(
    "the 30 problems of the AIME 2025",
    _aime,
    sources=(Source("math-ai/aime25"),),
    splits={"test": "test"},
    stems=("aime25", "aime_25", "aime2025", "aime_2025"),
)
