"""Places in pixels, and where labels go so that they do not cover each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def spread(wanted: Sequence[float], *, gap: float, top: float, bottom: float) -> list[float]:
    """Positions at least `gap` apart, in the order of `wanted`, as close to it as least squares allows.

    They stay within `top`..`bottom` (top is the smaller number) if they fit there. With d sorted and i its rank,
    the answer is the isotonic regression of d - i * gap, with i * gap put back.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[tuple[float, int]] = []  # (sum, size) of neighbours that have to move together
    for rank, index in enumerate(order):
        total, size = wanted[index] - rank * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / size:
            before = blocks.pop()
            total, size = total + before[0], size + before[1]
        blocks.append((total, size))
    free = [total / size for total, size in blocks for _ in range(size)]
    limit = max(top, bottom - (len(wanted) - 1) * gap)
    placed = [0.0] * len(wanted)
    for rank, (index, position) in enumerate(zip(order, free, strict=True)):
        placed[index] = min(max(position, top), limit) + rank * gap
    return placed


def pixels(**places: float) -> dict[str, Any]:
    """Encodings such as x or y2 at fixed places of a panel.

    Not `alt.value`: Altair finds out what that is by hashing the whole schema, half the time of a figure.
    """
    import altair as alt

    return {name: getattr(alt, f"{name.upper()}Value")(round(place, 2)) for name, place in places.items()}
