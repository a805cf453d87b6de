"""The answer kinds: how an answer is asked for, parsed, grouped and graded.

A kind is found by the name in `Question.kind`. Values are canonical strings, so equal answers are equal
strings; None abstains: it casts no vote and is never right.
"""

from collections.abc import Iterable

from compound.answers.choice import Choice
from compound.answers.code import Code
from compound.answers.exact import Exact
from compound.answers.game24 import Game24
from compound.answers.json_calls import Calls
from compound.answers.kind import Kind
from compound.answers.math import Math
from compound.answers.number import Number
from compound.answers.text import FreeText
from compound.core import Question, Sample, TaskError, nearest

_ALL = (Number(), Choice(), FreeText(), Math(), Calls(), Exact(), Game24(), Code())
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}


def kind_named(name: str) -> Kind:
    """The answer kind of that name.

    Raises:
        TaskError: the name is unknown; the message lists what there is.
    """
    if name not in KINDS:
        raise TaskError(f"unknown answer kind '{name}': {nearest(name, KINDS)}")
    return KINDS[name]


def parse(sample: Sample, question: Question) -> str | None:
    """The canonical answer in a completion, or None: a refusal, or nothing that was stated."""
    if sample.finish == "refusal":
        return None
    return kind_named(question.kind).parse(sample.text, question, truncated=sample.truncated)


def grade(value: str | None, question: Question) -> bool:
    """Whether a parsed answer is right. An abstention is wrong."""
    return value is not None and kind_named(question.kind).grade(value, question)


async def grades(values: Iterable[str], question: Question) -> dict[str, bool]:
    """Whether each distinct value is right."""
    return await kind_named(question.kind).grades(sorted(set(values)), question)


def check_golds(questions: Iterable[Question]) -> None:
    """Make sure that every gold answer, read as a model's answer, grades as right.

    Raises:
        TaskError: names the first question whose gold its own kind cannot read.
    """
    for question in questions:
        kind = kind_named(question.kind)
        for gold in question.golds:
            if not grade(kind.read(gold, question), question):
                raise TaskError(
                    f"question {question.id} ({question.text[:60]!r}): gold {gold!r} is no answer of kind "
                    f"'{question.kind}'; choose another kind or mend the gold"
                )


__all__ = ["KINDS", "Kind", "check_golds", "grade", "grades", "kind_named", "parse"]
