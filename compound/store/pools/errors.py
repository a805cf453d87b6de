"""What is wrong with somebody's samples, in one line."""

from __future__ import annotations

from compound.core import StoreError


class SamplesError(StoreError):
    """Recorded samples that cannot be read, imported or exported; the message names file, line and field."""


class FieldError(Exception):
    """A value that is not what its field holds; whoever knows the file and the line makes it a SamplesError."""


def shown(value: object, longest: int = 60) -> str:
    """A value as an error message quotes it."""
    text = repr(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"
