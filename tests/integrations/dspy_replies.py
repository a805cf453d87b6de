"""Replies in the form of DSPy's chat adapter."""

from __future__ import annotations

from collections.abc import Callable

from compound.models.backend import Call


def fields(**given: str) -> str:
    """A reply in the form of DSPy's chat adapter."""
    return "\n\n".join(
        [*(f"[[ ## {name} ## ]]\n{value}" for name, value in given.items()), "[[ ## completed ## ]]"]
    )


def prompt_of(call: Call) -> str:
    return "\n".join(message.content for message in call.request.prompt.messages)  # type: ignore[union-attr]


def answered(value: str) -> Callable[[Call, int], str]:
    return lambda call, i: fields(answer=value)
