"""Exporting: a pool, or a sample store, to JSONL, Parquet, or a folder of `datasets`.

JSONL has a question a line with its samples (format `recorded`), the others a sample a row (format `jsonl`).
Imported again, a pool gives the same curves; what is unknown is left out, so that it stays unknown.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from compound.store.pools.errors import SamplesError
from compound.store.pools.pool import Kept, Pool
from compound.store.pools.stored import stored_questions
from compound.store.whole import whole

Exported = dict[str, Any]  # a question with its samples, as a line of format `recorded`
_BATCH = 2_000


def export(name: str, to: Path | str, *, pools: Path | str | None = None) -> int:
    """Write a pool (by name) or a sample store (by path) to a file or folder.

    Args:
        name: a pool, or the path of a `samples.db`.
        to: `….jsonl`, `….jsonl.gz`, `….parquet`, or a folder for `datasets.load_from_disk`.
        pools: the folder of pools.

    Returns:
        How many samples were written.

    Raises:
        SamplesError: there is no such pool or store, or the file is there already.
    """
    to = Path(to)
    if to.exists():
        raise SamplesError(f"{to} is there already: move it away or name another")
    write = _writer(to)
    if Path(name).is_file():
        return write(to, stored_questions(Path(name)))
    with Pool(name, pools) as pool:
        return write(to, pooled_questions(pool))


def _writer(to: Path) -> Callable[[Path, Iterator[Exported]], int]:
    if to.name.endswith((".jsonl", ".jsonl.gz")):
        return _jsonl
    if to.suffix == ".parquet":
        return _parquet
    if to.suffix:
        raise SamplesError(f"{to}: export writes .jsonl, .jsonl.gz, .parquet, or a folder (no suffix)")
    return _folder


def pooled_questions(pool: Pool) -> Iterator[Exported]:
    """The questions of a pool with their samples."""
    for question, samples in pool.walk("gold"):
        line: Exported = {"question_id": question.id, "question": question.text, "gold": question.gold}
        if question.choices:
            line["choices"] = list(question.choices)
        if question.cluster is not None:
            line["cluster"] = question.cluster
        yield {**dict(question.metadata), **line, "samples": [_sample(pool, kept) for kept in samples]}


def _sample(pool: Pool, kept: Kept) -> Exported:
    said = kept._asdict()
    extra = said.pop("extra")
    del said["number"]
    known = {key: value for key, value in said.items() if value is not None}
    if known.get("step") == "answer":
        del known["step"]
    if pool.facts.answered:
        known["answer"] = kept.answer
    return {**(json.loads(extra) if extra else {}), **known}


@contextlib.contextmanager
def writing(to: Path) -> Iterator[Path]:
    """A path beside the one wanted, renamed into it if all goes well."""
    try:
        with whole(to) as beside:
            yield beside
    except OSError as error:
        raise SamplesError(f"{to}: cannot be written: {error}") from None


def write_lines(to: Path, lines: Iterable[Exported]) -> int:
    """Write objects a line each, packed where the name ends in .gz; how many."""
    count = 0
    with writing(to) as beside:
        write = gzip.open if to.suffix == ".gz" else open
        with write(beside, "wt", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
    return count


def _jsonl(to: Path, questions: Iterator[Exported]) -> int:
    total = 0

    def counted() -> Iterator[Exported]:
        nonlocal total
        for question in questions:
            total += len(question["samples"])
            yield question

    write_lines(to, counted())
    return total


def _rows(questions: Iterator[Exported]) -> Iterator[Exported]:
    """A sample a row; what only some files have is kept as JSON, since a table has one set of columns."""
    for line in questions:
        shared = {key: line.get(key) for key in ("question_id", "question", "cluster")}
        shared |= {key: _listed(line.get(key)) for key in ("gold", "choices")}
        for sample in line["samples"]:
            yield {**shared, **{name: sample.get(name) for name in _SAMPLE}}


def _listed(value: Any) -> list[str] | None:
    return (
        None
        if value is None
        else value
        if isinstance(value, list)
        else list(value)
        if isinstance(value, tuple)
        else [value]
    )


_TEXTS = ("question_id", "question", "cluster", "text", "answer", "step", "model", "prompt_style")
_SAMPLE = (
    "text", "answer", "correct", "tokens_in", "tokens_out", "usd", "seconds", "logprob", "score", "step", "model",
    "temperature", "prompt_style",
)  # fmt: skip


def _parquet(to: Path, questions: Iterator[Exported]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = next(questions, None)
    if first is None:
        raise SamplesError(f"{to}: nothing to export")
    answered = any("answer" in sample for sample in first["samples"])
    kinds = {"correct": pa.bool_(), "tokens_in": pa.int64(), "tokens_out": pa.int64()}
    names = [
        "question_id",
        "question",
        "gold",
        "choices",
        "cluster",
        *(n for n in _SAMPLE if answered or n != "answer"),
    ]
    schema = pa.schema(
        [
            (
                name,
                pa.list_(pa.string())
                if name in ("gold", "choices")
                else pa.string()
                if name in _TEXTS
                else kinds.get(name, pa.float64()),
            )
            for name in names
        ]
    )
    total, batch = 0, []

    def chained() -> Iterator[Exported]:
        yield first
        yield from questions

    with writing(to) as beside, pq.ParquetWriter(beside, schema) as file:
        for row in _rows(chained()):
            batch.append(row)
            if len(batch) == _BATCH:
                file.write_table(pa.Table.from_pylist(batch, schema))
                total, batch = total + len(batch), []
        file.write_table(pa.Table.from_pylist(batch, schema))
    return total + len(batch)


def _folder(to: Path, questions: Iterator[Exported]) -> int:
    import datasets

    datasets.disable_progress_bars()
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent) as scratch:
        total = _parquet(Path(scratch) / "rows.parquet", questions)
        rows = datasets.Dataset.from_parquet(str(Path(scratch) / "rows.parquet"), cache_dir=scratch)
        rows.save_to_disk(str(Path(scratch) / "saved"))
        (Path(scratch) / "saved").replace(to)
    return total
