"""Large tasks, evaluated piece by piece: the same numbers, readable on the way, taken up again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from compound.core import Draw, ModelFailure, Sample
from compound.experiment import Experiment, Run, pieces, run
from compound.experiment import evaluation as evaluating
from compound.experiment.sides import sides_of
from compound.models.backend import Call
from compound.models.simulated import Simulated
from compound.store import SampleStore
from compound.strategies.scorers.reward import REWARDS

MODEL = "sim/0.6*beta(6,2)+0.4*beta(2,6)?wrong=3&abstain=0.1"


def experiment(**changes: Any) -> Experiment:
    settings = {
        "name": "try", "model": MODEL, "strategies": ["vote(cot, n=6)", "single"], "tasks": ["add2"],
        "questions": 45, "parameters": {"max_tokens": 100},
    }  # fmt: skip
    return Experiment.model_validate({**settings, **changes})


def go(folder: Path, config: Experiment) -> Run:
    return asyncio.run(run(config, results=folder))


def derived(folder: Path) -> dict[str, str]:
    return {name: (folder / "try" / name).read_text() for name in ("curves.csv", "summary.md", "experiment.yaml")}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pieces, evaluating):
        monkeypatch.setattr(module, "QUESTIONS", 10)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Draw]]:
    """Every draw that is looked up in the store."""
    looked: list[Draw] = []
    read = SampleStore.read

    def counted(self: SampleStore, draws: Any) -> Any:
        looked.extend(draws)
        return read(self, draws)

    monkeypatch.setattr(SampleStore, "read", counted)
    yield looked


def facts(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "try" / "run.json").read_text())
    return {name: found[name] for name in ("questions", "draws", "unparsed", "truncated", "failed", "fingerprints")}


def test_pieces_say_what_the_whole_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = go(tmp_path / "whole", experiment())
    for module in (pieces, evaluating):
        monkeypatch.setattr(module, "QUESTIONS", 10)
    cut = go(tmp_path / "cut", experiment())
    assert derived(tmp_path / "cut") == derived(tmp_path / "whole")
    assert facts(tmp_path / "cut") == facts(tmp_path / "whole")
    assert len(list((tmp_path / "cut" / "try" / "answers").glob("*.parquet"))) == 10
    assert all(not curves.arm.pools for curves in cut.curves) and all(curves.arm.pools for curves in whole.curves)
    for one, other in zip(*(sides_of(tmp_path / n / "try").values() for n in ("cut", "whole")), strict=True):
        assert (one.accuracy == other.accuracy).all() and (one.cost["tokens"] == other.cost["tokens"]).all()


def test_a_rerun_takes_pieces_up_without_reading_a_sample(small: None, tmp_path: Path, reads: list[Draw]) -> None:
    go(tmp_path, experiment())
    before, files, asked = derived(tmp_path), facts(tmp_path), len(reads)
    reads.clear()
    found = go(tmp_path, experiment())
    assert asked == 45 * 9 and reads == []
    assert derived(tmp_path) == before and facts(tmp_path) == files
    assert found.facts["spent"]["completions"] == 0


@pytest.mark.parametrize("change", [{"seed": 1}, {"parameters": {"max_tokens": 99}}, {"greedy": False}])
def test_what_has_changed_is_evaluated_anew(
    small: None, tmp_path: Path, reads: list[Draw], change: dict[str, Any]
) -> None:
    go(tmp_path / "a", experiment())
    reads.clear()
    go(tmp_path / "a", experiment(**change))
    assert len(reads) >= 45 * 7
    go(tmp_path / "b", experiment(**change))
    assert derived(tmp_path / "a") == derived(tmp_path / "b")


def test_another_store_of_the_same_name_is_another_store(small: None, tmp_path: Path) -> None:
    go(tmp_path, experiment())
    for file in tmp_path.glob("samples.db*"):
        file.unlink()
    assert go(tmp_path, experiment()).facts["spent"]["completions"] == 45 * 9


@pytest.mark.parametrize("spoiled", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_a_piece_that_cannot_be_read_is_evaluated_anew(small: None, tmp_path: Path, spoiled: bytes) -> None:
    go(tmp_path, experiment())
    before = derived(tmp_path)
    for path in (tmp_path / "try" / ".pieces").iterdir():
        path.write_bytes(spoiled)
    go(tmp_path, experiment())
    assert derived(tmp_path) == before


def test_answers_can_be_read_before_the_run_is_complete(small: None, tmp_path: Path) -> None:
    found = go(tmp_path, experiment(strategies=["vote(cot, n=6)"], budget={"tokens": 11_000}, greedy=False))
    assert found.stopped
    parts = sorted((tmp_path / "try" / "answers").glob("*.parquet"))
    complete = {row["question"] for part in parts for row in pq.read_table(part).to_pylist()}
    assert len(parts) >= 2 and 10 <= len(complete) == found.facts["questions"] < 45


def test_files_of_another_config_go(small: None, tmp_path: Path) -> None:
    go(tmp_path, experiment())
    go(tmp_path, experiment(questions=20))
    assert len(list((tmp_path / "try" / "answers").iterdir())) == 4
    assert len(list((tmp_path / "try" / ".pieces").iterdir())) == 4


def test_debates_are_compared_whole(small: None, tmp_path: Path) -> None:
    found = go(tmp_path, experiment(strategies=["debate(cot)"], questions=15, greedy=False))
    assert len(list((tmp_path / "try" / "answers").iterdir())) == 1
    assert found.rounds


def test_a_piece_with_a_failed_call_is_tried_again(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete, broken = Simulated.complete, experiment().loaded()[0].questions()[12].id

    async def fails(self: Simulated, call: Call) -> list[Sample]:
        if call.question.id == broken:
            raise ModelFailure("bad request", "it is broken", retryable=False)
        return await complete(self, call)

    config = experiment(strategies=["vote(cot, n=6)"], greedy=False)
    monkeypatch.setattr(Simulated, "complete", fails)
    assert go(tmp_path / "a", config).facts["failed"] == 6
    assert len(list((tmp_path / "a" / "try" / ".pieces").iterdir())) == 4
    monkeypatch.setattr(Simulated, "complete", complete)
    assert go(tmp_path / "a", config).facts["failed"] == 0
    go(tmp_path / "b", config)
    assert derived(tmp_path / "a") == derived(tmp_path / "b")


def file_of(folder: Path, **changes: Any) -> dict[str, Any]:
    """A task of questions with ids of their own, so that an id does not follow from the content."""
    rows = [{"id": str(i), "q": f"{changes.get('said', 'What is')} {i} + 1?", "a": str(i + 1)} for i in range(15)]
    (folder / "mine.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    fields = {"text": "q", "gold": "a", "id": "id"}
    return {
        "name": "mine",
        "file": str(folder / "mine.jsonl"),
        "kind": changes.get("kind", "number"),
        "fields": fields,
    }


@pytest.mark.parametrize("change", [{"said": "Tell me"}, {"kind": "text"}], ids=str)
def test_an_id_of_the_data_sets_own_does_not_stand_for_the_content(
    small: None, tmp_path: Path, change: dict[str, str]
) -> None:
    def config(**changes: str) -> Experiment:
        return experiment(strategies=["vote(cot, n=4)"], tasks=[file_of(tmp_path, **changes)], greedy=False)

    go(tmp_path / "a", config())
    found = go(tmp_path / "a", config(**change))
    assert found.facts["spent"]["completions"] == 15 * 4
    go(tmp_path / "b", config(**change))
    assert derived(tmp_path / "a")["curves.csv"] == derived(tmp_path / "b")["curves.csv"]


def test_what_a_function_of_the_users_decides_is_decided_anew(small: None, tmp_path: Path) -> None:
    sign = 1.0
    REWARDS["mine"] = lambda question, answer: sign * len(answer.text)
    try:
        config = experiment(strategies=['best_of(cot, by=reward("mine"), n=4)'], questions=20, greedy=False)
        go(tmp_path / "a", config)
        sign = -1.0
        go(tmp_path / "a", config)
        go(tmp_path / "b", config)
    finally:
        del REWARDS["mine"]
    assert derived(tmp_path / "a")["curves.csv"] == derived(tmp_path / "b")["curves.csv"]


def test_conversations_without_rounds_are_let_go_too(small: None, tmp_path: Path) -> None:
    found = go(tmp_path, experiment(strategies=["decompose"], questions=15, greedy=False))
    assert len(list((tmp_path / "try" / "answers").iterdir())) == 2
    assert not found.curves[0].arm.pools and found.curves[0].arm.answered == 15
