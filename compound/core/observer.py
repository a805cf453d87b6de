"""One protocol for whoever watches: progress bars, logs, traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from compound.core.sample import Draw


@dataclass(frozen=True, slots=True)
class Started:
    """A task begins: so many questions, so many draws of each."""

    task: str
    questions: int
    draws: int


@dataclass(frozen=True, slots=True)
class Progressed:
    """A question of the task is complete."""

    task: str
    question: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """Samples arrived, from the store or bought now (then with what they cost)."""

    samples: int
    bought: bool
    usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """A call is given up; its draws are still owed.

    Attributes:
        draws: how many.
        reason: what went wrong, with the number of attempts.
        owed: the draws, each with the id of its question.
        kind: the short class of the failure, as in `ModelFailure.reason`.
        attempts: how often the call was tried.
    """

    draws: int
    reason: str
    owed: tuple[tuple[Draw, str], ...] = ()
    kind: str = ""
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should read: a workaround, a missing price, a mixed pool."""

    text: str


Event = Started | Progressed | Drawn | Failed | Notice


class Observer(Protocol):
    """Told of every event, on the loop thread: return soon, never raise."""

    def notify(self, event: Event) -> None:
        """Take note of one event."""


class Silent:
    """Watches nothing."""

    def notify(self, event: Event) -> None:
        """Do nothing."""
