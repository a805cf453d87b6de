"""What is exported comes back as it was; a training set has what it says, at its price."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compound.core import Chat, Draw, Request, Sample
from compound.store import SampleStore
from compound.store.pools import Pool, SamplesError, import_samples
from compound.store.pools.describe import pool_lines, store_lines
from compound.store.pools.exporting import export
from compound.store.pools.training import export_training

ROWS = [
    {
        "question_id": f"q{i}", "question": f"{i} + 1?", "gold": str(i + 1), "choices": [str(i), str(i + 1)],
        "cluster": "sums", "level": 3,
        "samples": [
            {
                "text": f"{'So ' * j}it is {i + (j != 1)}.", "answer": None if j == 3 else str(i + (j != 1)),
                "correct": j not in (1, 3), "tokens_in": 10, "tokens_out": 20 + j, "temperature": 0.7, "model": "m",
                "logprob": -1.5, "extra_thing": [j],
            }
            for j in range(4)
        ],
    }
    for i in range(3)
]  # fmt: skip


@pytest.fixture
def pools(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    import_samples(path, "mine", pools=tmp_path / "pools", price=(1e-6, 2e-6))
    return tmp_path / "pools"


@pytest.mark.parametrize("to", ["out.jsonl", "out.jsonl.gz", "out.parquet", "out"])
def test_a_round_trip_loses_nothing(pools: Path, tmp_path: Path, to: str) -> None:
    assert export("mine", tmp_path / to, pools=pools) == 12
    import_samples(tmp_path / to, "again", pools=pools)
    with Pool("mine", pools) as first, Pool("again", pools) as second:
        for (asked, drawn), (asked_again, drawn_again) in zip(first.walk(), second.walk(), strict=True):
            assert (asked.id, asked.gold, asked.choices, asked.cluster) == (
                asked_again.id, asked_again.gold, asked_again.choices, asked_again.cluster,
            )  # fmt: skip
            if "jsonl" in to:
                assert (asked.metadata, drawn) == (asked_again.metadata, drawn_again)
            else:
                assert [kept._replace(extra=None) for kept in drawn] == drawn_again
        assert first.facts.steps == second.facts.steps
        assert first.facts.unparsed == second.facts.unparsed == 3
    with pytest.raises(SamplesError, match=r"there already"):
        export("mine", tmp_path / to, pools=pools)


def test_an_export_that_cannot_be(pools: Path, tmp_path: Path) -> None:
    with pytest.raises(SamplesError, match=r"export writes .jsonl"):
        export("mine", tmp_path / "out.csv", pools=pools)
    with pytest.raises(SamplesError, match=r"no recorded pool 'mien'.*did you mean 'mine'"):
        export("mien", tmp_path / "out.jsonl", pools=pools)
    (tmp_path / "file").write_text("x")
    with pytest.raises(SamplesError):
        export("mine", tmp_path / "file" / "out.jsonl", pools=pools)


def examples(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_training_set_of_the_majority_with_its_price(pools: Path, tmp_path: Path) -> None:
    found = export_training("mine", tmp_path / "sft.jsonl", pools=pools)
    assert (found.examples, found.kept, found.questions) == (3, 3, 3)
    each = (4 * 10 * 1 + (20 + 21 + 22 + 23) * 2) * 1e-6
    assert found.usd_each == pytest.approx(each)
    assert examples(tmp_path / "sft.jsonl")[1] == {
        "messages": [
            {"role": "user", "content": "1 + 1?\n(A) 1\n(B) 2"},
            {"role": "assistant", "content": "it is 2."},
        ]
    }


def test_a_training_set_of_what_is_right(pools: Path, tmp_path: Path) -> None:
    found = export_training("mine", tmp_path / "sft.jsonl", verified=True, every=True, style="prompt", pools=pools)
    assert found.examples == 6
    assert [row["completion"] for row in examples(tmp_path / "sft.jsonl")[:2]] == ["it is 1.", "So So it is 1."]


def test_an_unknown_price_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"question": "1?", "gold": "1", "text": "1", "answer": "1", "model": "m"}) + "\n")
    import_samples(path, "plain", pools=tmp_path / "pools")
    assert export_training("plain", tmp_path / "sft.jsonl", pools=tmp_path / "pools").usd_each is None


def test_info_says_what_there_is(pools: Path) -> None:
    with Pool("mine", pools) as pool:
        said = "\n".join(pool_lines(pool.facts))
    for part in ("recorded/mine", "3, kind exact", "12", "4 to 4 a question", "0.7 (12)", "25.0%", "$1 / $2"):
        assert part in said


def test_a_sample_store_is_described_and_exported(tmp_path: Path) -> None:
    request = Request("openai/m", "", Chat.user("What is 1 + 1?"), (("max_tokens", 9), ("temperature", 0.7)))
    with SampleStore(tmp_path / "samples.db") as store:
        store.write(
            [
                (Draw(request, 0, (i,), 0), Sample(f"It is {i}.", tokens_in=4, tokens_out=i, estimated=i == 11))
                for i in reversed(range(12))
            ]
        )
    assert "  samples      12" in store_lines(tmp_path / "samples.db")
    assert export(str(tmp_path / "samples.db"), tmp_path / "out.jsonl") == 12
    import_samples(tmp_path / "out.jsonl", "mine", kind="number", pools=tmp_path / "pools")
    with Pool("mine", tmp_path / "pools") as pool:
        ((question, drawn),) = pool.walk()
    assert question.text == "What is 1 + 1?"
    assert [kept.text for kept in drawn] == [f"It is {i}." for i in range(12)]
    assert (drawn[1].tokens_out, drawn[11].tokens_out) == (1, None)
    with pytest.raises(SamplesError, match=r"is not a sample store"):
        export(str(tmp_path / "pools" / "mine.db"), tmp_path / "other.jsonl")
