"""A store as one small file, and back."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest

from compound.core import StoreError
from compound.experiment import Experiment, run
from compound.store import SampleStore
from compound.store.dump import dump, restore


def bought(folder: Path) -> SampleStore:
    experiment = Experiment.model_validate(
        {"name": "a", "model": "sim/beta(2,2)", "strategies": ["vote(cot, n=5)"], "tasks": ["add1"], "questions": 6}
    )
    asyncio.run(run(experiment, results=folder))
    return SampleStore(folder / "samples.db")


def test_a_restored_store_has_the_same_samples_under_the_same_draws(tmp_path: Path) -> None:
    with bought(tmp_path) as store, SampleStore(tmp_path / "other.db") as other:
        assert dump(store, tmp_path / "pool.jsonl.gz") == store.count() == 36
        assert restore(tmp_path / "pool.jsonl.gz", other) == 36
        everything = list(store.everything())
        assert list(other.everything()) == everything
        assert other.read(draw for draw, _ in everything) == dict(everything)
        dump(other, tmp_path / "again.jsonl.gz")
    assert (tmp_path / "again.jsonl.gz").read_bytes() == (tmp_path / "pool.jsonl.gz").read_bytes()


def test_restoring_twice_adds_nothing(tmp_path: Path) -> None:
    with bought(tmp_path) as store:
        dump(store, tmp_path / "pool.jsonl.gz")
        restore(tmp_path / "pool.jsonl.gz", store)
        assert store.count() == 36


@pytest.mark.parametrize("spoil", ["truncated", "no json", "no request", "not gzip", "missing"])
def test_what_is_no_dump_is_one_error_that_names_the_file(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "pool.jsonl.gz"
    with bought(tmp_path) as store:
        dump(store, path)
    lines = gzip.decompress(path.read_bytes()).splitlines()
    spoiled = {
        "truncated": path.read_bytes()[:-20],
        "no json": gzip.compress(b"\n".join([*lines[:3], b"{", *lines[4:]])),
        "no request": gzip.compress(b"\n".join(lines[1:])),
        "not gzip": b"hello",
    }
    path.unlink()
    if spoil in spoiled:
        path.write_bytes(spoiled[spoil])
    with SampleStore(tmp_path / "other.db") as other, pytest.raises(StoreError, match=r"pool\.jsonl\.gz, line \d"):
        restore(path, other)
