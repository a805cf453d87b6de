"""A question a line with its samples: what `compound samples export` writes.

{"question_id": "date-0", "question": "What is …?", "gold": "11/22/2002", "model": "gpt-3.5-turbo",
 "prompt_style": "cot", "temperature": 0.7, "samples": [{"text": "First, …", "answer": "11/22/2002"}, …]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compound.store.pools.errors import SamplesError, shown
from compound.store.pools.records import Row
from compound.store.pools.source import Source

_CALLED = {"rm_score": "score"}  # a reward model's score, as some files call it


def fits(row: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """See `Format.fits`."""
    samples = row.get(fields.get("samples", "samples"))
    return isinstance(samples, list) and bool(samples) and isinstance(samples[0], dict)


def read(source: Source) -> Iterator[Row]:
    """See `Format.read`."""
    source.question_a_row = True
    theirs = {source.fields[ours]: ours for ours in source.fields}
    for where, line in source.rows():
        question = {theirs.get(name, name): value for name, value in line.items()}
        samples = question.pop("samples", None)
        if not isinstance(samples, list):
            raise SamplesError(f"{where}: samples: {shown(samples)} is not a list")
        if "choices" not in question and isinstance(question.get("options"), list):
            question["choices"] = question.pop("options")
        for number, sample in enumerate(samples):
            if not isinstance(sample, dict):
                raise SamplesError(f"{where}: samples[{number}]: {shown(sample)} is not an object")
        # A temperature that is a description ("0.0-1.0 sweep") says nothing where each sample has its own.
        own = {name for name in ("model", "temperature", "prompt_style") if all(name in s for s in samples)}
        yield Row(
            where,
            {name: value for name, value in question.items() if name not in own},
            [{_CALLED.get(name, theirs.get(name, name)): value for name, value in s.items()} for s in samples],
        )
