"""ARC-Challenge and CommonsenseQA: options that bring their own labels.

ARC-Challenge: school science that retrieval does not solve, 1,172 to test on. Clark et al. 2018, 1803.05457.
{"id": "Mercury_7175875",
 "question": "An astronomer observes that a planet rotates faster after a meteorite impact. …",
 "choices": {"text": ["Planetary density will decrease.", …], "label": ["A", "B", "C", "D"]}, "answerKey": "C"}
Three to five options, in some questions labelled 1, 2, 3, 4.

CommonsenseQA: five options. Talmor et al. 2019, 1811.00937. Its test has no public answers, so the 1,221 of its
validation split are reported on.

The public files nest: {"question": {"stem": "…", "choices": [{"text": "…", "label": "A"}, …]}, "answerKey": "C"}
"""

from __future__ import annotations

from compound.core import Question
from compound.core.question import LETTERS
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source


def _row(row: Row) -> Question:
    if isinstance(row["question"], str):
        text, labels, choices = row["question"], row["choices"]["label"], row["choices"]["text"]
    else:
        options = row["question"]["choices"]
        text = row["question"]["stem"]
        labels, choices = [option["label"] for option in options], [option["text"] for option in options]
    gold = LETTERS[list(labels).index(row["answerKey"])]
    return Question(text.strip(), "choice", gold, tuple(choice.strip() for choice in choices))


ARC_CHALLENGE = Benchmark(
    "school science, mostly four options",
    _row,
    sources=(Source("allenai/ai2_arc", "ARC-Challenge"),),
    splits={"train": "train", "screen": "validation", "test": "test"},
    stems=("arc_challenge", "arc-challenge"),
)
CSQA = Benchmark(
    "common sense, five options",
    _row,
    sources=(Source("tau/commonsense_qa"),),
    splits={"train": "train", "test": "validation"},
)
