"""The unit in which strategies are compared at equal cost: dollars, tokens, calls or modelled seconds."""

from __future__ import annotations

from collections.abc import Sequence

from compound.core import TaskError, UserError, nearest
from compound.experiment.sides import UNITS, Side

WORDS = {"usd": "dollars", "tokens": "tokens", "calls": "calls", "seconds": "modelled seconds"}
"""What the units are called in a sentence."""


def unit_for(sides: Sequence[Side], by: str | None) -> tuple[str, str]:
    """The unit to compare these in, and a remark if it is not the one that a user would expect.

    Args:
        sides: what is to be compared.
        by: one of `UNITS`; None: dollars if they are known and there are any, else tokens, else calls.

    Raises:
        UserError: there is no such unit.
        TaskError: the costs of a side are unknown in it, or 0.
    """
    if by is not None:
        if by not in UNITS:
            raise UserError(f"there is no unit '{by}': {nearest(by, UNITS)}")
        if reason := _unusable(sides, by):
            usable = [f"--by {unit}" for unit in UNITS if not _unusable(sides, unit)]
            raise TaskError(f"{reason}; compare with {' or '.join(usable) or 'another run'}")
        return by, ""
    reasons = {unit: _unusable(sides, unit) for unit in UNITS}
    unit = next((unit for unit, reason in reasons.items() if not reason), None)
    if unit is None:
        raise TaskError(f"nothing to compare costs in: {'; '.join(reasons.values())}")
    remark = "".join(f"Not by {before}: {reasons[before]}. " for before in UNITS[: UNITS.index(unit)])
    models = {side.model for side in sides}
    if unit == "tokens" and len(models) > 1:
        remark += f"A token of one model is not the price of a token of the other: {', '.join(sorted(models))}. "
    return unit, remark.strip()


def _unusable(sides: Sequence[Side], unit: str) -> str:
    """Why these cannot be compared in a unit; empty if they can."""
    for side in sides:
        if not side.known(unit):
            return f"the {WORDS[unit]} of {side.label} are unknown"
        if not side.cost[unit].any(axis=0).all():
            return f"the {WORDS[unit]} of {side.label} are 0"
    return ""
