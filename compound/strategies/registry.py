"""The strategies by name: ours, and those that other packages register through an entry point."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points

from compound.core import ExpressionError, nearest
from compound.strategies.part import REGISTRY, Part

GROUP = "compound.strategies"


@cache
def _load_plugins() -> None:
    """Import what is registered under the group; the decorator in each module does the rest."""
    for point in entry_points(group=GROUP):
        try:
            point.load()
        except Exception as error:
            raise ExpressionError(
                f"the strategy plugin '{point.name}' ({point.value}) cannot be imported: {error}; mend or "
                "uninstall it"
            ) from error


def known() -> dict[str, Callable[..., Part]]:
    """Every registered strategy and alias by name."""
    _load_plugins()
    return REGISTRY


def named(name: str) -> Callable[..., Part]:
    """The strategy class or alias of that name.

    Raises:
        ExpressionError: there is none; lists what there is and suggests the nearest.
    """
    if name not in REGISTRY and name not in known():
        raise ExpressionError(f"unknown strategy '{name}': {nearest(name, REGISTRY)}")
    return REGISTRY[name]
