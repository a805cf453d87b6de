"""A question a row with a list of texts: the layout of Large Language Monkeys (Brown et al. 2024, 2407.21787).

{"question": "Natalia sold …", "gt_answer": "72", "orig_dset_idx": 5, "samples": ["She sold …", …],
 "is_corrects": [true, …]}

Data sets on the hub come one model each (`ScalingIntelligence/monkey_business:GSM8K_Llama-3-8B-Instruct`); which
one, and at what temperature, is said with --state model=… --state temperature=….
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from compound.store.pools.errors import SamplesError, shown
from compound.store.pools.records import Row
from compound.store.pools.source import Source

_NAMES: dict[str, tuple[str, ...]] = {
    "samples": ("samples", "completions", "responses", "generations"),
    "question": ("question", "problem", "prompt", "description", "formal_statement"),
    "gold": ("gt_answer", "gold", "answer", "target"),
    "correct": ("is_corrects", "is_correct", "corrects", "correct"),
    "question_id": ("question_id", "orig_dset_idx", "id", "name", "theorem_name"),
}


def _called(row: Mapping[str, Any], fields: Mapping[str, str], ours: str) -> str | None:
    """What one of our fields is called in a row."""
    if ours in fields:
        return fields[ours]
    return next((name for name in _NAMES[ours] if name in row), None)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def fits(row: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """See `Format.fits`."""
    name = _called(row, fields, "samples")
    return name is not None and bool(row.get(name)) and _texts(row[name])


def read(source: Source) -> Iterator[Row]:
    """See `Format.read`."""
    source.question_a_row = True
    for where, line in source.rows():
        names = {ours: _called(line, source.fields, ours) for ours in _NAMES}
        for ours, name in names.items():
            if name is not None and name not in line:
                has = ", ".join(map(str, line)) or "nothing"
                raise SamplesError(f"{where}: no field '{name}' (mapped to {ours}); the row has: {has}")
        listed = names["samples"]
        texts: Any = line[listed] if listed else None
        if not _texts(texts):
            raise SamplesError(f"{where}: {listed or 'samples'}: {shown(texts)} is not a list of texts")
        flags = line[names["correct"]] if names["correct"] else None
        if flags is not None and (not isinstance(flags, list) or len(flags) != len(texts)):
            raise SamplesError(f"{where}: {names['correct']}: not one flag for each of the {len(texts)} samples")
        known = {name for name in names.values() if name}
        question = {name: value for name, value in line.items() if name not in known}
        for ours in ("question_id", "question", "gold"):
            if (name := names[ours]) is not None:
                question[ours] = line[name]
        yield Row(where, question, _samples(texts, flags))


def _samples(texts: Sequence[str], flags: Sequence[Any] | None) -> list[Mapping[str, Any]]:
    if flags is None:
        return [{"text": text} for text in texts]
    return [{"text": text, "correct": flag} for text, flag in zip(texts, flags, strict=True)]
