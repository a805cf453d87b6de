"""Questions dealt to `train`, `screen` and `test`, so that nothing of the test is seen before it is reported on.

Nothing here depends on the order of the files: questions are ordered by their ids, then shuffled by the seed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from compound.core import Question
from compound.tasks.task import distinct, shuffled


class Dealt(NamedTuple):
    """The splits, and what was left out on the way: `{"repeated": 105}`."""

    splits: Mapping[str, tuple[Question, ...]]
    left_out: Counter[str]


def deal(found: Mapping[str, Sequence[Question]], *, screen: int, seed: int) -> Dealt:
    """Splits that share no question and no passage; `train` shares no text with the others either.

    Repeated questions are kept once. A question that stands there with two golds has no right answer: both go.
    `screen` comes from the data's own validation split, else from `train`, else it is taken from the test.

    Args:
        found: the questions by role: `test`, and where there are any `train` and `screen`.
        screen: how many questions to set aside for choosing tasks.
        seed: of the order.
    """
    left_out: Counter[str] = Counter()
    by_role = {role: _clean(questions, left_out) for role, questions in found.items()}
    test = shuffled(by_role.get("test", []), seed)
    train, validation = (_apart(shuffled(by_role.get(role, []), seed), test) for role in ("train", "screen"))
    if validation:
        screened = validation[:screen]
    elif len(train) >= 2 * screen:
        screened, train = train[:screen], train[screen:]
    else:
        screened = _carved(test, screen)
        chosen = {question.id for question in screened}
        test = [question for question in test if question.id not in chosen]
        train = _apart(train, test)
    splits = {"train": _apart(train, screened), "screen": screened, "test": test}
    return Dealt({role: tuple(part) for role, part in splits.items()}, left_out)


def _clean(questions: Sequence[Question], left_out: Counter[str]) -> list[Question]:
    golds: defaultdict[tuple[str, tuple[str, ...]], set[frozenset[str]]] = defaultdict(set)
    for question in questions:
        golds[question.text, question.choices].add(frozenset(question.golds))
    agreed = [question for question in questions if len(golds[question.text, question.choices]) == 1]
    # Sorted, since which of two equal questions stays must not depend on the order of the file.
    kept = distinct(sorted(agreed, key=lambda question: question.id))
    left_out["with two different golds"] += len(questions) - len(agreed)
    left_out["that came before"] += len(agreed) - len(kept)
    return kept


def _apart(questions: Sequence[Question], others: Sequence[Question]) -> list[Question]:
    """The questions that share neither text (whatever its case and spacing) nor passage with the others."""
    texts = {plain(question) for question in others}
    clusters = {question.cluster for question in others} - {None}
    return [q for q in questions if plain(q) not in texts and q.cluster not in clusters]


def plain(question: Question) -> str:
    """The text without case and spacing: questions with the same are one to a model that has seen the answer."""
    return " ".join(question.text.casefold().split())


def _carved(questions: Sequence[Question], wanted: int) -> list[Question]:
    """About `wanted` of the questions, at most half, no passage divided between them and the rest."""
    groups: defaultdict[str, list[Question]] = defaultdict(list)
    for question in questions:
        groups[question.cluster or question.id].append(question)
    carved: list[Question] = []
    for group in groups.values():
        if len(carved) + len(group) <= min(wanted, len(questions) // 2):
            carved += group
    return carved
