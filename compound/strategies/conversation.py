"""A conversation in turns: what the model said, and what it was told then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from compound.core import Answer, Chat, Message, ModelFailure, Step, in_series


class Turn(NamedTuple):
    """What the model said, and what it was told then."""

    said: str
    told: str


def as_chat(opening: str, turns: Sequence[Turn]) -> Chat:
    """The conversation as a chat that ends with what the model was told. Nothing said is shown as an ellipsis."""
    replies = [
        message
        for turn in turns
        for message in (Message("assistant", turn.said.strip() or "…"), Message("user", turn.told))
    ]
    return Chat((Message("user", opening), *replies))


def broken_off(name: str, steps: Sequence[Step], failure: ModelFailure) -> Answer:
    """The empty answer of a conversation whose next call failed; what was bought before is in it.

    Raises:
        ModelFailure: nothing was bought before.
    """
    whole = Step(name, None, (), tuple(steps), str(failure))
    samples = [sample for step in whole.walk() for sample in step.samples]
    if not samples:
        raise failure
    return Answer(None, failed=1, usage=in_series(sample.usage for sample in samples), step=whole)
