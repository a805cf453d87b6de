"""Calls that failed, as data: collected while a run asks, written to failures.csv, and tried again on their own."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from compound.core import Event, Failed, Observer, UserError
from compound.models.budget import Budget

NAME = "failures.csv"
SCREENING = "screening"
"""What stands for a strategy while tasks are chosen."""


@dataclass(frozen=True)
class FailedCall:
    """A completion (or an embedding) that was given up, and is still owed.

    Attributes:
        task: its name.
        strategy: the expression of what asked for it, or `SCREENING`.
        question: its id.
        model: who was asked.
        call: the key of the request in the store, in hexadecimal.
        replicate: with `lane` and `k` the draw of that request.
        lane: branch numbers from the root.
        k: how often this lane had asked the same before.
        reason: the class of failure: `server error`, `timeout`, `question budget`, …
        said: the failure in full, a line.
        attempts: how often the call was tried.
        at: when it was given up, ISO 8601 in UTC.
    """

    task: str
    strategy: str
    question: str
    model: str
    call: str
    replicate: int
    lane: str
    k: int
    reason: str
    said: str
    attempts: int
    at: str

    def row(self) -> dict[str, Any]:
        """The row of failures.csv."""
        return asdict(self)


COLUMNS = tuple(FailedCall.__dataclass_fields__)
_NUMBERS = ("replicate", "k", "attempts")

Again = Mapping[tuple[str, str], frozenset[str]]
"""Ids of the questions with failed calls, by task and strategy."""


def failed_before(folder: Path) -> Again:
    """What failed in the run that left this folder; nothing where every call went well.

    Raises:
        UserError: no run left anything here, or its failures.csv is damaged.
    """
    if not (folder / "run.json").exists():
        raise UserError(
            f"{folder}: no run ended here, so nothing is known to have failed: run without --retry-failed"
        )
    path = folder / NAME
    if not path.exists():
        return {}
    found: dict[tuple[str, str], set[str]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault((row["task"], row["strategy"]), set()).add(row["question"])
    except (KeyError, csv.Error, OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read ({type(error).__name__}: {error}): run without --retry-failed, which tries all "
            "that is owed"
        ) from None
    return {who: frozenset(questions) for who, questions in found.items()}


def still_owed(
    folder: Path, judged: Collection[tuple[str, str, str]], asked: Collection[tuple[str, str]]
) -> list[FailedCall]:
    """Failed calls of the last run that this one did not come to: they are as owed as they were.

    Args:
        folder: of the results.
        judged: task, strategy and question of everything that is complete now.
        asked: task and strategy of everything that the config asks for.
    """
    path = folder / NAME
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
        before = [FailedCall(**(row | {name: int(row[name]) for name in _NUMBERS})) for row in rows]
    except (KeyError, TypeError, ValueError, csv.Error, OSError):
        return []  # damaged: a run without --retry-failed finds all that is owed
    return [
        call
        for call in before
        if (call.task, call.strategy) in asked and (call.task, call.strategy, call.question) not in judged
    ]


class Turns:
    """Whose turn it is to ask: each strategy on each task, with as much for every question as the caps allow.

    Args:
        budget: of the run.
        observer: told of everything.
        again: where given, nothing is bought but for these questions.

    Attributes:
        failed: the calls that failed, in order.
    """

    def __init__(self, budget: Budget, observer: Observer, again: Again | None = None) -> None:
        self.failed: list[FailedCall] = []
        self._budget, self._observer, self._again = budget, observer, again

    def next(self, task: str, strategy: str) -> Observer:
        """The observer of what this strategy asks on this task, until the next turn."""
        self._budget.renew()
        if self._again is not None:
            self._budget.only = self._again.get((task, strategy), frozenset())
        return _Asking(self._observer, task, strategy, self.failed)


class _Asking:
    """Keeps the failures of one turn."""

    def __init__(self, observer: Observer, task: str, strategy: str, failed: list[FailedCall]) -> None:
        self._observer, self._task, self._strategy, self._failed = observer, task, strategy, failed

    def notify(self, event: Event) -> None:
        if isinstance(event, Failed):
            now = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds")
            said = event.reason.removesuffix(f" (attempts: {event.attempts})")
            for draw, question in event.owed:
                key, replicate, lane, k = draw.key
                self._failed.append(
                    FailedCall(
                        self._task, self._strategy, question, draw.request.model, key.hex(), replicate, lane, k,
                        event.kind, said, event.attempts, now,
                    )
                )  # fmt: skip
        self._observer.notify(event)


def reasons(failed: Sequence[FailedCall]) -> dict[str, int]:
    """How many calls failed for each reason, the most frequent first."""
    return dict(Counter(call.reason for call in failed).most_common())


def owed(failed: Sequence[FailedCall]) -> str:
    """What a run says first where calls failed; empty where none did."""
    if not failed:
        return ""
    each = ", ".join(f"{count} x {reason}" for reason, count in reasons(failed).items())
    first, questions = failed[0], {(call.task, call.question) for call in failed}
    return (
        f"Calls that failed: {len(failed)} ({each}; the first: {first.said}, attempts: {first.attempts}), "
        f"questions concerned: {len(questions)}. They are owed, and count as abstentions until they are drawn: run "
        f"again with --retry-failed for these alone, or without it for all that is missing. {NAME} names each."
    )
