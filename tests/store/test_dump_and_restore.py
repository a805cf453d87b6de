"""A store as one small file, and back."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest

from compound.core import Chat, Confidence, Draw, Request, Sample, StoreError
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


def test_log_probabilities_scores_and_vectors_come_back_and_absent_ones_take_no_room(tmp_path: Path) -> None:
    request, path = Request("m", "", Chat.user("?"), ()), tmp_path / "pool.jsonl.gz"
    told = Confidence(2, ((("é", -0.1), ("\ud83d", -2.5)), (("b", -0.2),)), 1.5, 1.5, 1.25, 1.0, 2)
    each = [
        Sample("a", logprob=-0.3, confidence=told, score=0.5),
        Sample("b", confidence=Confidence(1)),
        Sample("", vector=bytes(range(256))),
        Sample("c"),
    ]
    with SampleStore() as store, SampleStore() as other:
        filed = store.write([(Draw(request, 0, (i,), 0), sample) for i, sample in enumerate(each)])
        dump(store, path)
        restore(path, other)
        assert [sample for _, sample in other.everything()] == filed
    *_, last = gzip.decompress(path.read_bytes()).splitlines()
    assert last == b'{"lane":"3","text":"c"}'


def test_the_dump_of_a_committed_run_is_restored_and_written_as_it_is(tmp_path: Path) -> None:
    """It was written before samples had confidences and scores."""
    path = Path(__file__).parents[2] / "results" / "reference" / "more_agents" / "pool.jsonl.gz"
    with SampleStore() as store:
        assert restore(path, store) == store.count() > 1000
        assert all(s.confidence is None and s.score is None for _, s in store.everything())
        dump(store, tmp_path / "again.jsonl.gz")
    assert gzip.decompress((tmp_path / "again.jsonl.gz").read_bytes()) == gzip.decompress(path.read_bytes())


def test_a_confidence_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pool.jsonl.gz"
    request = b'{"model":"m","endpoint":"","prompt":"?","parameters":{}}'
    for said in (b"5", b'{"tokens":1}', b'{"tokens":1,"alternatives":[[5]]}', b'{"alternatives":[],"odd":1}'):
        path.write_bytes(gzip.compress(request + b'\n{"lane":"0","text":"x","confidence":' + said + b"}"))
        with SampleStore() as store, pytest.raises(StoreError, match=r"pool\.jsonl\.gz, line 2"):
            restore(path, store)


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
