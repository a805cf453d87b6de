"""LiteLLM's list of models and prices as it is installed: no network and no key, and LiteLLM is not imported."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from compound.models.budget import Price

_FILE = "model_prices_and_context_window_backup.json"


@cache
def _entries() -> dict[str, dict[str, Any]]:
    spec = find_spec("litellm")
    places = list(spec.submodule_search_locations or ()) if spec else []
    found = next((path for place in places if (path := Path(place) / _FILE).is_file()), None)
    entries: dict[str, dict[str, Any]] = json.loads(found.read_text(encoding="utf-8")) if found else {}
    return entries


def listed(model: str) -> dict[str, Any]:
    """What the list says of a LiteLLM id, with or without its provider; empty where it does not know it."""
    return _entries().get(model) or _entries().get(model.partition("/")[2]) or {}


def completions(model: str) -> Price | None:
    """Dollars per token of prompts and completions; None where they are not listed."""
    known = listed(model)
    into, out = known.get("input_cost_per_token"), known.get("output_cost_per_token")
    # A price of zero in the list means that nobody entered one.
    return Price(float(into), float(out)) if into and out else None


def embeddings(model: str) -> Price | None:
    """Dollars per token of texts that are embedded; None where they are not listed."""
    into = listed(model).get("input_cost_per_token")
    return Price(float(into), 0.0) if into else None
