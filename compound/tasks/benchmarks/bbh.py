"""BIG-Bench Hard: 27 tasks that models found hard, 6,511 questions. Suzgun et al. 2022, 2210.09261.

{"input": "Which sentence has the correct adjective order:\\nOptions:\\n(A) midsize old grey Brazilian sweater\\n"
          "(B) midsize grey Brazilian old sweater", "target": "(A)"}

A question with options, or with two possible answers, is a `choice`; two tasks ask for a number; `word_sorting` is
text, the words as a list with single spaces. Left out are `dyck_languages` (250), whose answers are brackets, which
no answer kind reads; two questions of `causal_judgement` that stand there with both answers; three whose options
were broken at the commas inside them (one of `movie_recommendation`, two of `ruin_names`); and one of `snarks` that
has one option.

A passage that several questions share makes a cluster: the table of the penguins, the order that objects stand in,
the day that a date is reckoned from, the name that is ruined.
"""

from __future__ import annotations

import hashlib
import re

from compound.core import Question
from compound.core.question import LETTERS
from compound.tasks.benchmarks.benchmark import SOURCE, Benchmark, Row, Source

TASKS = """
    boolean_expressions causal_judgement date_understanding disambiguation_qa
    formal_fallacies geometric_shapes hyperbaton logical_deduction_five_objects
    logical_deduction_seven_objects logical_deduction_three_objects movie_recommendation
    multistep_arithmetic_two navigate object_counting penguins_in_a_table reasoning_about_colored_objects
    ruin_names salient_translation_error_detection snarks sports_understanding temporal_sequences
    tracking_shuffled_objects_five_objects tracking_shuffled_objects_seven_objects
    tracking_shuffled_objects_three_objects web_of_lies word_sorting
""".split()
_UNREAD = "dyck_languages"
_NUMBERS = ("multistep_arithmetic_two", "object_counting")
_TWO = {
    "boolean_expressions": ("True", "False"),
    "sports_understanding": ("yes", "no"),
    "web_of_lies": ("Yes", "No"),
}
_OPTION = re.compile(r"^(?:\([A-Z]\)|-)[ \t]*(.*\S)", re.MULTILINE)


def _row(row: Row) -> Question:
    task, target = str(row["task"] if "task" in row else row[SOURCE]), row["target"].strip()
    text, _, options = row["input"].strip().partition("\nOptions:\n")
    choices = tuple(_OPTION.findall(options)) or _TWO.get(task, ())
    letter = re.fullmatch(r"\(([A-Z])\)", target)
    gold: str | None
    broken = len(choices) == 1 or (choices and not letter and ", " in target)
    if task == _UNREAD or broken:
        gold, kind = None, "text"
    elif choices:
        gold, kind = letter[1] if letter else LETTERS[choices.index(target)], "choice"
    else:
        gold, kind = target, "number" if task in _NUMBERS else "text"
    return Question(text.strip(), kind, gold, choices, cluster=_cluster(task, text), metadata={"task": task})


def _cluster(task: str, text: str) -> str | None:
    if task == "penguins_in_a_table":
        return task
    if task.startswith(("logical_deduction", "ruin_names")):
        passage = text
    elif task == "date_understanding":
        passage = text.rpartition("What is the date")[0]
    else:
        return None
    return hashlib.sha256(passage.strip().encode()).hexdigest()[:12]


_SOURCES = {task: Source("SaylorTwift/bbh", task) for task in TASKS}
BBH = Benchmark(
    "26 tasks of BIG-Bench Hard",
    _row,
    sources=tuple(_SOURCES.values()),
    splits={"test": "test"},
    parts=_SOURCES,
    part_of=lambda question: str(question.metadata["task"]),
)
