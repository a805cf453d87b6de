"""Could the measurement have shown the claim at all? Asked before any interval is looked at.

Replies that cannot be read make a vote look good, because one of many parses; a task that is all right or all wrong
leaves no room; and a strategy that never acted (draws that are all equal, agents that change nothing, a router that
sends everything one way) was not tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compound.claims.rule import Limits


@dataclass(frozen=True, slots=True)
class Gate:
    """What was seen of a measurement; None: not known.

    Attributes:
        parsed: share of replies that could be read, 0 to 1, in the arm where it is least.
        accuracy: of the baseline, 0 to 1.
        guess: what guessing (or always the most common answer) gets, 0 to 1.
        active: share of questions, 0 to 1, on which the mechanism did something.
        mechanism: what it did there, as a clause such as "the draws differ".
    """

    parsed: float | None = None
    accuracy: float | None = None
    guess: float = 0.0
    active: float | None = None
    mechanism: str = "the mechanism acts"

    def __post_init__(self) -> None:
        for name in ("parsed", "accuracy", "guess", "active"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}: pass a share between 0 and 1")


def obstacles(limits: Limits, gate: Gate) -> list[str]:
    """Why this measurement decides nothing, a clause for each reason; empty if it may.

    Args:
        limits: what the rule asks for.
        gate: what was seen.

    Raises:
        ValueError: the rule has a limit on something that was not measured.
    """
    return [*_parsed(limits, gate), *_room(limits, gate), *_active(limits, gate)]


def _parsed(limits: Limits, gate: Gate) -> Iterator[str]:
    if limits.parsed is None:
        return
    share = _known(gate.parsed, "parsed")
    if share < limits.parsed:
        yield f"{_percent(share)} of the replies could be read, and {_percent(limits.parsed)} is the least"


def _room(limits: Limits, gate: Gate) -> Iterator[str]:
    if limits.floor is not None:
        accuracy, least = _known(gate.accuracy, "accuracy"), gate.guess + limits.floor
        if accuracy < least:
            yield f"the baseline gets {_percent(accuracy)}, on the floor: {_percent(least)} is the least"
    if limits.ceiling is not None:
        accuracy = _known(gate.accuracy, "accuracy")
        if accuracy > limits.ceiling:
            yield f"the baseline gets {_percent(accuracy)}, at the ceiling: {_percent(limits.ceiling)} is the most"


def _active(limits: Limits, gate: Gate) -> Iterator[str]:
    if limits.active is None:
        return
    share = _known(gate.active, "active")
    if share < limits.active:
        yield f"{gate.mechanism} on {_percent(share)} of the questions, and {_percent(limits.active)} is the least"


def _known(value: float | None, name: str) -> float:
    if value is None:
        raise ValueError(f"the gate has no '{name}': measure it, or set the rule's limit to null")
    return value


def _percent(share: float) -> str:
    return f"{share:.1%}"


__all__ = ["Gate", "obstacles"]
