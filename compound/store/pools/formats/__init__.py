"""The formats that can be imported. Each is a small file: how it is recognised, and how it becomes rows."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from compound.store.pools.errors import SamplesError
from compound.store.pools.formats import inspect_logs, lm_eval, monkeys, recorded, sample_lines
from compound.store.pools.lines import first_byte
from compound.store.pools.records import Row
from compound.store.pools.source import Source


class Format(NamedTuple):
    """One format.

    Attributes:
        what: one line for help.
        fits: whether a first row is of this format, given the fields that the user mapped.
        read: its rows.
    """

    what: str
    fits: Callable[[Mapping[str, Any], Mapping[str, str]], bool]
    read: Callable[[Source], Iterator[Row]]


FORMATS = {
    "recorded": Format("a question a line with its `samples` (what export writes)", recorded.fits, recorded.read),
    "inspect": Format("an Inspect log (.eval or .json); epochs are samples", inspect_logs.fits, inspect_logs.read),
    "lm-eval": Format("samples_*.jsonl of lm-evaluation-harness", lm_eval.fits, lm_eval.read),
    "monkeys": Format("a question a row with a list of texts: Large Language Monkeys", monkeys.fits, monkeys.read),
    "jsonl": Format("a sample a line or row, with --map", sample_lines.fits, sample_lines.read),
}


def recognise(source: Source) -> str:
    """The format of a source, by its content.

    Raises:
        SamplesError: it cannot be told; the message says what was seen.
    """
    path = source.path
    if path is not None and path.is_file():
        if zipfile.is_zipfile(path):
            return "inspect"
        if path.suffix == ".json" and first_byte(path) == b"{" and inspect_logs.is_log(path):
            return "inspect"
    _, first = next(source.rows(), ("", None))
    if first is None:
        raise SamplesError(f"{source.name}: empty: no samples in it")
    for name, form in FORMATS.items():
        if form.fits(first, source.fields):
            return name
    raise SamplesError(
        f"{source.name}: its format cannot be told; the first line has: {', '.join(map(str, first)) or 'nothing'}. "
        "Say which field holds what, a sample a line: --map question=… --map gold=… --map text=…; or name a "
        "--format: " + ", ".join(FORMATS)
    )
