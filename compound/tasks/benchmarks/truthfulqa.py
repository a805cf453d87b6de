"""TruthfulQA, one right option (MC1): 817 questions that people get wrong. Lin et al. 2022, 2109.07958.

{"question": "What is the smallest country in the world that is at least one square mile in area?",
 "mc1_targets": {"choices": ["Nauru is the smallest country …", "The smallest country … is Vatican City.", …],
                 "labels": [1, 0, 0, 0]}}

On the hub the right option always comes first, so the options are put in an order that follows from their texts.
Another public shape: {"question": "…", "choices": ["…", …], "answer": 3}. There is no split for worked examples.
"""

from __future__ import annotations

import hashlib

from compound.core import Question
from compound.core.question import LETTERS
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source


def _row(row: Row) -> Question:
    if "mc1_targets" in row:
        choices, right = row["mc1_targets"]["choices"], list(row["mc1_targets"]["labels"]).index(1)
    else:
        choices, right = row["choices"], row["answer"]
    text = row["question"].strip()
    ordered = sorted(choices, key=lambda choice: hashlib.sha256(f"{text}\n{choice}".encode()).hexdigest())
    return Question(text, "choice", LETTERS[ordered.index(choices[right])], tuple(ordered))


TRUTHFULQA = Benchmark(
    "what people get wrong (MC1)",
    _row,
    sources=(Source("truthfulqa/truthful_qa", "multiple_choice"),),
    splits={"test": "validation"},
)
