"""Tasks of reasoning-gym by name: `reasoning_gym/leg_counting`. Stojanovski et al. 2025, 2505.24760.

{"question": "Your task is to count how many legs there are in total when given a list of animals. …",
 "answer": "500", "metadata": {…}}

Needs the extra `compound[reasoning]`. The questions are generated from the seed, so nothing is downloaded.
Answers are graded here as numbers, or as short text, exactly. Not covered: tasks for which reasoning-gym has a
scorer of its own, since several answers are right or some are partly right; and answers that neither kind reads.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import version
from typing import Any

from compound.answers import check_golds
from compound.core import Question, TaskError, nearest
from compound.tasks.task import Task, distinct, shuffled

PREFIX = "reasoning_gym/"
TRAIN, TEST = 8, 100
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:/\d+)?")


def load_reasoning(name: str, *, screen: int = 20, seed: int = 0) -> Task:
    """The task of that name: `train` (worked examples), `screen` and `test`, all different.

    Raises:
        TaskError: reasoning-gym is not installed, has no such data set, or its answers cannot be graded here.
    """
    try:
        gym = import_module("reasoning_gym")
        known = import_module("reasoning_gym.factory").DATASETS
        plain = import_module("reasoning_gym.dataset").ProceduralDataset
    except ImportError:
        raise TaskError(f"task '{name}' needs reasoning-gym: pip install 'compound[reasoning]'") from None
    dataset = name.removeprefix(PREFIX)
    if dataset not in known:
        raise TaskError(f"reasoning-gym has no '{dataset}': {nearest(dataset, known)}")
    if known[dataset][0].score_answer is not plain.score_answer:
        raise TaskError(f"task '{name}': its answers need reasoning-gym's own scorer, which is not used here")
    wanted = TRAIN + screen + TEST
    rows = list(gym.create_dataset(dataset, size=2 * wanted, seed=seed))
    questions = shuffled(distinct(_read(name, rows)), seed)[:wanted]
    if len(questions) <= TRAIN + screen:
        raise TaskError(f"task '{name}': it gave only {len(questions)} different questions")
    at = TRAIN + screen
    splits = {"train": questions[:TRAIN], "screen": questions[TRAIN:at], "test": questions[at:]}
    described = f"{dataset} of reasoning-gym {version('reasoning_gym')}, seed {seed}"
    return Task(name, {split: tuple(part) for split, part in splits.items()}, described)


def _read(name: str, rows: list[dict[str, Any]]) -> list[Question]:
    """All of them as numbers if every answer is one, else as text."""
    golds = [str(row["answer"]).strip() for row in rows]
    if any("\n" in gold for gold in golds):
        raise TaskError(f"task '{name}': its answers have several lines, which no answer kind reads")
    kind = "number" if all(_NUMBER.fullmatch(gold) for gold in golds) else "text"
    questions = [Question(row["question"].strip(), kind, gold) for row, gold in zip(rows, golds, strict=True)]
    try:
        check_golds(questions)
    except TaskError as error:
        raise TaskError(f"task '{name}': {error}") from None
    return questions
