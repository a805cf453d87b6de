"""What is imported: a file, a folder of a data set, or a data set on the hub, as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from compound.store.pools.errors import SamplesError
from compound.store.pools.lines import items, open_bytes

_HUB = re.compile(r"[\w.-]+/[\w.-]+(?::[\w.+-]+)?")
_TABLES = (".parquet", ".jsonl", ".json", ".jsonl.gz", ".json.gz")


@dataclass
class Source:
    """A source of samples.

    Attributes:
        name: as the user wrote it.
        fields: from our field names to the file's.
        split: of a data set with several.
        chosen: the fields that the import filters by.
        question_a_row: whether every row is a question of its own; the format says so.
    """

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    chosen: frozenset[str] = frozenset()
    question_a_row: bool = False

    @cached_property
    def path(self) -> Path | None:
        """The file or folder; None for a data set on the hub.

        Raises:
            SamplesError: there is no such file, and the name is no hub id.
        """
        path = Path(self.name).expanduser()
        if path.exists():
            return path
        if _HUB.fullmatch(self.name) and not Path(self.name).suffix:
            return None
        raise SamplesError(f"{self.name}: no such file, and no hub id (owner/name or owner/name:config)")

    @property
    def file(self) -> Path:
        """The file of a format that reads files only."""
        if self.path is None or not self.path.is_file():
            raise SamplesError(f"{self.name}: not a file")
        return self.path

    def field(self, ours: str, *theirs: str) -> str:
        """What one of our fields is called: as mapped, else ours."""
        return self.fields.get(ours, theirs[0] if theirs else ours)

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(where, row) of everything, streamed.

        Raises:
            SamplesError: names what cannot be read.
        """
        path = self.path
        if path is None:
            yield from self._numbered(self.name, self._hub())
        elif path.is_dir():
            yield from self._folder(path)
        else:
            if self.split:
                raise SamplesError(f"{path}: a file has no splits (--split {self.split})")
            yield from _file(path)

    def _folder(self, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
        if (path / "dataset_dict.json").exists() or (path / "state.json").exists():
            yield from self._numbered(self.name, self._saved(path))
            return
        files = sorted(each for each in path.iterdir() if each.name.endswith(_TABLES))
        if not files:
            raise SamplesError(f"{path}: a folder without a data set: give a file ({', '.join(_TABLES)}, .eval)")
        if self.split:
            raise SamplesError(f"{path}: its files have no splits (--split {self.split}): give one of them")
        for each in files:
            yield from _file(each)

    def _saved(self, path: Path) -> Iterable[Mapping[str, Any]]:
        import datasets

        try:
            found = datasets.load_from_disk(str(path))
        except Exception as error:
            raise SamplesError(f"{path}: not a saved data set: {_line(error)}") from None
        return self._one(found)

    def _hub(self) -> Iterable[Mapping[str, Any]]:
        import datasets

        owner_name, _, config = self.name.partition(":")
        try:
            found = datasets.load_dataset(owner_name, config or None, streaming=True)
        except Exception as error:
            raise SamplesError(
                f"{self.name}: cannot be had from the hub: {_line(error)}; without a network import a local copy: "
                "its .parquet, .jsonl or .json file, or a folder that save_to_disk made"
            ) from None
        return self._one(found)

    def _one(self, found: Any) -> Iterable[Mapping[str, Any]]:
        """A data set, or the wanted split of several."""
        if not hasattr(found, "keys"):
            if self.split:
                raise SamplesError(f"{self.name}: has no splits (--split {self.split})")
            rows: Iterable[Mapping[str, Any]] = found
            return rows
        splits = list(found.keys())
        if self.split is None and len(splits) > 1:
            raise SamplesError(f"{self.name}: several splits: choose one with --split: {', '.join(splits)}")
        if self.split is not None and self.split not in splits:
            raise SamplesError(f"{self.name}: no split '{self.split}'; there is: {', '.join(splits)}")
        chosen: Iterable[Mapping[str, Any]] = found[self.split or splits[0]]
        return chosen

    @staticmethod
    def _numbered(name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        for number, row in enumerate(rows, 1):
            yield f"{name}, row {number}", dict(row)


def _file(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with open_bytes(path) as file:
        try:
            magic = file.read(4)
        except (OSError, EOFError) as error:
            raise SamplesError(f"{path}, line 1: cannot be read: {error}") from None
    if magic == b"PAR1" or path.suffix == ".parquet":
        yield from _parquet(path)
    elif magic.startswith(b"PK"):
        raise SamplesError(f"{path}: a zip file that is no Inspect log (no header.json or start.json in it)")
    else:
        yield from items(path)


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=256):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", row
    except (OSError, pyarrow.ArrowException) as error:
        raise SamplesError(f"{path}: not a Parquet file, or damaged: {_line(error)}") from None


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
