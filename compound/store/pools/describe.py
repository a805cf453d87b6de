"""What a pool or a store holds, in lines for a reader."""

from __future__ import annotations

import sqlite3
import statistics
from collections import Counter
from pathlib import Path

from compound.store.pools.errors import SamplesError
from compound.store.pools.mixture import listed
from compound.store.pools.pool import Facts
from compound.store.pools.stored import open_store


def pool_lines(facts: Facts) -> list[str]:
    """The facts of a pool."""
    price = "not stated" if facts.price is None else " / ".join(f"${each * 1e6:g}" for each in facts.price)
    lines = [
        f"{facts.label}",
        f"  from         {facts.source} ({facts.format}), imported {facts.imported}",
        f"  questions    {facts.questions:,}, kind {facts.kind}"
        + ("" if facts.answered and facts.kind == "exact" else ", answers read out of the texts"),
        f"  samples      {facts.samples:,}",
    ]
    lines += [
        f"  step {step:<8}{each['min']:,.0f} to {each['max']:,.0f} a question, median {each['median']:,.0f}"
        for step, each in facts.steps.items()
    ]
    for name in ("model", "temperature", "prompt_style"):
        counts: Counter[str] = Counter()
        for origin in facts.origins:
            counts[str(origin[name]) if origin[name] is not None else "not stated"] += origin["samples"]
        lines.append(
            f"  {name.replace('_', ' '):<13}{listed(counts)}" + ("   MIXED" if name in facts.mixed else "")
        )
    if facts.where:
        lines.append("  filter       " + ", ".join(f"{name}={'|'.join(v)}" for name, v in facts.where.items()))
    if facts.unparsed is not None:
        lines.append(f"  unparsed     {facts.unparsed / max(1, facts.samples):.1%}")
    lines.append(
        f"  list price   {price}" + ("" if facts.price is None else " a million prompt / completion tokens")
    )
    return lines + [f"  note: {note}" for note in facts.notes]


def store_lines(path: Path) -> list[str]:
    """What a sample store holds.

    Raises:
        SamplesError: it is something else.
    """
    db = open_store(path)
    try:
        counts = [count for (count,) in db.execute("SELECT count(*) FROM samples GROUP BY request")]
        models = Counter(
            dict(db.execute("SELECT model, count(*) FROM samples JOIN requests ON id = request GROUP BY model"))
        )
        heats: Counter[str] = Counter()
        query = (
            "SELECT json_extract(parameters, '$.temperature'), count(*) FROM samples JOIN requests ON id = request "
            "GROUP BY 1"
        )
        for heat, count in db.execute(query):
            heats["not stated" if heat is None else str(heat)] += count
    except sqlite3.Error as error:
        raise SamplesError(f"{path}: cannot be read: {error}") from None
    finally:
        db.close()
    each = counts or [0]
    return [
        f"{path}: a sample store",
        f"  requests     {len(counts):,}",
        f"  samples      {sum(counts):,}",
        f"  a request    {min(each):,} to {max(each):,}, median {statistics.median(each):,.0f}",
        f"  model        {listed(models)}",
        f"  temperature  {listed(heats)}",
    ]
