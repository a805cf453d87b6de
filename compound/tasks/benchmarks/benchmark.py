"""What a benchmark is: where its rows come from, and how one of them becomes a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from compound.core import Question

Row = Mapping[str, Any]
SOURCE = "_source"  # in every row: the hub's configuration, or the name of the file, that it came from


class Source(NamedTuple):
    """A data set on the hub: its id, and one of its configurations."""

    hub: str
    config: str | None = None


@dataclass(frozen=True)
class Benchmark:
    """A public data set and how it is read.

    Attributes:
        description: one line for `compound tasks`.
        row: one row, of the hub or of the public file, as a question. It raises KeyError or ValueError for a row
            that has another shape. None: no answer kind reads this row's answer.
        sources: the data sets on the hub that make up the whole.
        splits: which split of the data plays `train`, `screen` and `test` here. `test` is always there.
        parts: subsets that have a name, `mmlu/astronomy`, each with its own source.
        part_of: the part that a question from a local copy belongs to; None where its rows do not say.
        stems: how the names of the public files begin, where not with the benchmark's own.
        columns: the columns of its CSV files where they come without a header.
        role: the role of a row, where it does not follow from the split that the row came in.
    """

    description: str
    row: Callable[[Row], Question]
    sources: tuple[Source, ...]
    splits: Mapping[str, str]
    parts: Mapping[str, Source] = field(default_factory=dict)
    part_of: Callable[[Question], str] | None = None
    stems: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    role: Callable[[Row], str] | None = None
