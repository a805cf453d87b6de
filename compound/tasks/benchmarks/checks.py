"""Is a task fit to be used? Every gold is read by its own kind, and no question stands in two places."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from compound.answers import check_golds, kind_named
from compound.core import Question, TaskError
from compound.tasks.benchmarks.dealing import plain
from compound.tasks.task import Task


class Part(NamedTuple):
    """The questions of one kind in one split.

    Attributes:
        split: the split.
        kind: the answer kind.
        questions: how many.
        favourite: the answer that is right most often.
        share: how often it is: what always answering it would score.
    """

    split: str
    kind: str
    questions: int
    favourite: str
    share: float


def check_task(task: Task) -> list[Part]:
    """What is in the task, by split and kind.

    Raises:
        TaskError: names the first question without a gold, whose gold is no answer of its own kind, that comes
            twice, or that stands in two splits; or the first worked example with the text of another question.
    """
    before: dict[tuple[str, tuple[str, ...]], tuple[str, Question]] = {}
    by_id: dict[str, Question] = {}
    parts = []
    for split, questions in task.splits.items():
        try:
            check_golds(questions)
        except TaskError as error:
            raise TaskError(f"task '{task.name}', split '{split}': {error}") from None
        for question in questions:
            said = f"task '{task.name}': question {question.id} ({question.text[:60]!r})"
            if not question.golds:
                raise TaskError(f"{said} in split '{split}' has no gold")
            where, same = before.setdefault((question.text, question.choices), (split, question))
            if same is not question:
                other = "twice" if where == split else f"in split '{where}' too, as {same.id}"
                raise TaskError(f"{said} in split '{split}' stands there {other}")
            if by_id.setdefault(question.id, question) is not question:
                raise TaskError(f"{said} has the id of another: {by_id[question.id].text[:60]!r}")
        for kind in sorted({question.kind for question in questions}):
            parts.append(_part(split, kind, [question for question in questions if question.kind == kind]))
    _check_examples(task)
    return parts


def _check_examples(task: Task) -> None:
    asked = {
        plain(question): (split, question)
        for split, questions in task.splits.items()
        if split != "train"
        for question in questions
    }
    for example in task.splits.get("train", ()):
        if (same := asked.get(plain(example))) is not None:
            split, question = same
            raise TaskError(
                f"task '{task.name}': worked example {example.id} ({example.text[:60]!r}) has the text of question "
                f"{question.id} in split '{split}'"
            )


def _part(split: str, kind: str, questions: list[Question]) -> Part:
    read = kind_named(kind).read
    right = Counter(value for q in questions for value in {read(gold, q) for gold in q.golds} if value is not None)
    favourite, count = max(right.items(), key=lambda item: (item[1], item[0]))
    return Part(split, kind, len(questions), favourite, count / len(questions))
