"""Bad samples are refused in one line that names file, line and field; nothing is half-imported."""

from __future__ import annotations

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from compound.store.pools import Pool, SamplesError, import_samples, names


def asked(number: int, samples: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    drawn = [{"text": f"It is {number}.", "answer": str(number)}, {"text": "It is 9.", "answer": "9"}]
    return {
        "question_id": f"q{number}", "question": f"What is {number - 1} + 1?", "gold": str(number), "model": "m",
        "temperature": 0.7, "samples": drawn if samples is None else samples, **more,
    }  # fmt: skip


def write(folder: Path, *rows: Any, name: str = "samples.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def refused(folder: Path, source: Path | str, *said: str, **options: Any) -> str:
    """The one line that refuses the import, with all of `said` in it; no file is left."""
    pools = folder / "pools"
    with pytest.raises(SamplesError) as caught:
        import_samples(source, "bad", pools=pools, **options)
    message = str(caught.value)
    assert "\n" not in message
    for part in said:
        assert part in message, message
    assert not pools.exists() or not list(pools.iterdir())
    return message


def without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


ROWS = {
    "no question": (without(asked(2), "question"), ["line 2", "no field 'question'", "gold"]),
    "empty question": (asked(2, question="  "), ["line 2", "question: '  '"]),
    "question is a number": (asked(2, question=7), ["line 2", "question: 7"]),
    "no gold": (without(asked(2), "gold"), ["line 2", "no field 'gold'"]),
    "gold is an object": (asked(2, gold={"a": 1}), ["line 2", "gold", "neither an answer nor a list"]),
    "gold is NaN": (asked(2, gold=float("nan")), ["line 2", "gold: nan"]),
    "id is a list": (asked(2, question_id=["q"]), ["line 2", "question_id: ['q']"]),
    "id is that of another": (asked(2, question_id="q1"), ["line 2", "question_id", "'q1'", "line 1 already"]),
    "choices are text": (asked(2, choices="A B"), ["line 2", "choices: 'A B'"]),
    "choices without the gold": (asked(2, choices=["7", "8"]), ["line 2", "gold: '2'", "none of the choices"]),
    "samples are missing": (without(asked(2), "samples"), ["line 2", "samples: None is not a list"]),
    "samples are empty": (asked(2, []), ["line 2", "samples: none"]),
    "a sample is text": (asked(2, ["2"]), ["line 2", "samples[0]: '2' is not an object"]),
    "no text, no answer": (asked(2, [{"reply": "2"}]), ["line 2", "no field 'text' or 'answer'", "reply"]),
    "no answer": (asked(2, [{"text": "2"}]), ["line 2", "answer: missing here"]),
    "text is a number": (asked(2, [{"text": 2, "answer": "2"}]), ["line 2", "text: 2 is not text"]),
    "answer is a list": (asked(2, [{"text": "", "answer": ["2"]}]), ["line 2", "answer: ['2']"]),
    "answer is NaN": (asked(2, [{"text": "", "answer": float("nan")}]), ["line 2", "answer: nan"]),
    "tokens are NaN": (asked(2, [{"answer": "2", "tokens_in": float("nan")}]), ["line 2", "tokens_in: nan"]),
    "tokens are a half": (asked(2, [{"answer": "2", "tokens_out": 1.5}]), ["line 2", "tokens_out: 1.5"]),
    "tokens below zero": (asked(2, [{"answer": "2", "tokens_out": -1}]), ["line 2", "-1 is below zero"]),
    "tokens are text": (asked(2, [{"answer": "2", "tokens_in": "12"}]), ["line 2", "tokens_in: '12'"]),
    "dollars are infinite": (asked(2, [{"answer": "2", "usd": float("inf")}]), ["line 2", "usd: inf"]),
    "temperature is text": (asked(2, temperature="0-1 sweep"), ["line 2", "temperature: '0-1 sweep'"]),
    "temperature is true": (asked(2, temperature=True), ["line 2", "temperature: True"]),
    "correct is text": (asked(2, [{"answer": "2", "correct": "yes"}]), ["line 2", "correct: 'yes'"]),
    "right without an answer": (asked(2, [{"answer": None, "correct": True}]), ["line 2", "correct: true"]),
    "half a character": (asked(2, [{"text": "\ud800", "answer": "2"}]), ["line 2", "text: has half a character"]),
    "an unknown field with NaN": (asked(2, [{"answer": "2", "depth": float("nan")}]), ["line 2", "depth"]),
    "a score that is none": (asked(2, [{"answer": "2", "score": "high"}]), ["line 2", "score: 'high'"]),
    "a list in its place": ([1, 2], ["line 2", "not a JSON object"]),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_is_named_by_file_line_and_field(tmp_path: Path, case: str) -> None:
    row, said = ROWS[case]
    path = write(tmp_path, asked(1), row, asked(3))
    refused(tmp_path, path, "samples.jsonl", *said)


def test_a_sample_among_several_is_named(tmp_path: Path) -> None:
    row = asked(2, [{"answer": "2"}, {"answer": "2"}, {"answer": "2", "tokens_in": "x"}])
    refused(tmp_path, write(tmp_path, asked(1), row), "line 2: samples[2].tokens_in: 'x'")


def test_not_json(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1))
    path.write_text(path.read_text() + '{"question": "What\n')
    refused(tmp_path, path, "line 2: not JSON")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "nothing.jsonl").write_text("\n\n")
    refused(tmp_path, tmp_path / "nothing.jsonl", "nothing.jsonl", "empty")
    (tmp_path / "nothing.jsonl").write_bytes(b"")
    refused(tmp_path, tmp_path / "nothing.jsonl", "empty")


def test_mixed_encodings(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1))
    path.write_bytes(path.read_bytes() + '{"question": "café"}\n'.encode("latin-1"))
    refused(tmp_path, path, "line 2", "byte 0xe9", "not UTF-8")


def test_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "wide.jsonl"
    path.write_text(json.dumps(asked(1)), encoding="utf-16")
    refused(tmp_path, path, "line 1", "UTF-16")


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1), asked(2))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert import_samples(path, "good", pools=tmp_path / "pools").facts.samples == 4


def test_a_line_of_50_mb_is_refused_in_flat_memory(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1))
    with path.open("a") as file:
        file.write('{"question": "')
        for _ in range(50):
            file.write("x" * (1 << 20))
        file.write('"}\n')
    code = (
        "import sys; from pathlib import Path; from compound.store.pools import import_samples\n"
        "try: import_samples(sys.argv[1], 'bad', pools=sys.argv[2])\n"
        "except Exception as error: print(error)\n"
        "status = Path('/proc/self/status')\n"
        "print(status.read_text().split('VmHWM:')[1].split()[0] if status.exists() else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "pools")], capture_output=True, text=True, check=True
    )
    message, peak = done.stdout.splitlines()
    assert "line 2: longer than 32 MB" in message
    assert int(peak) < 150_000  # kB, the interpreter and a buffer of 32 MB included
    assert not names(tmp_path / "pools")


def test_a_truncated_gzip(tmp_path: Path) -> None:
    whole = gzip.compress("".join(json.dumps(asked(i)) + "\n" for i in range(1, 200)).encode())
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    refused(tmp_path, path, "cut.jsonl.gz, line", "gzip data ends in the middle")


def test_a_damaged_gzip(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress("".join(json.dumps(asked(i)) + "\n" for i in range(1, 200)).encode()))
    whole[len(whole) // 2] ^= 0xFF
    path = tmp_path / "damaged.jsonl.gz"
    path.write_bytes(bytes(whole))
    refused(tmp_path, path, "damaged.jsonl.gz")


def test_gold_that_its_own_kind_cannot_read(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1), asked(2, gold="a prime"))
    refused(tmp_path, path, "line 2", "gold: ('a prime',)", "kind 'number'", kind="number")


def test_kind_choice_without_choices(tmp_path: Path) -> None:
    refused(tmp_path, write(tmp_path, asked(1)), "line 1", "choices: none", kind="choice")


def test_an_unknown_kind_format_or_field(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1))
    refused(tmp_path, path, "--kind numbr", "did you mean 'number'", kind="numbr")
    refused(tmp_path, path, "unknown format 'recordd'", "did you mean 'recorded'", format="recordd")
    refused(tmp_path, path, "--map txt", "did you mean 'text'", fields={"txt": "completion"})
    refused(tmp_path, path, "--state modl", "model", stated={"modl": "x"})
    refused(tmp_path, path, "temperature: 'hot'", stated={"temperature": "hot"})


def test_a_format_that_cannot_be_told(tmp_path: Path) -> None:
    refused(tmp_path, write(tmp_path, {"a": 1, "b": 2}), "cannot be told", "a, b", "--map question=")


def test_a_mapped_field_that_a_line_lacks(tmp_path: Path) -> None:
    rows = [{"question": "1 + 1?", "gold": "2", "said": "2"}, {"question": "1 + 2?", "gold": "3", "sad": "3"}]
    fields = {"text": "said"}
    refused(
        tmp_path,
        write(tmp_path, *rows),
        "line 2: no field 'said' (mapped to text)",
        "sad",
        fields=fields,
        kind="number",
    )


def test_one_question_with_two_golds(tmp_path: Path) -> None:
    rows = [{"question_id": 1, "question": "1 + 1?", "gold": gold, "answer": "2"} for gold in ("2", "3")]
    refused(tmp_path, write(tmp_path, *rows), "line 2: gold", "question '1'", "line 1")


def test_answers_flagged_both_ways(tmp_path: Path) -> None:
    both = [{"answer": "7", "correct": True}, {"answer": "7", "correct": False}]
    path = write(tmp_path, asked(1), asked(2, both))
    refused(tmp_path, path, "line 2", "'7'", "'q2'", "right 1 times", "wrong 1 times", "--ignore-correct")
    done = import_samples(path, "good", pools=tmp_path / "pools", ignore_correct=True)
    with Pool("good", tmp_path / "pools") as pool:
        assert [question.gold for question in pool.questions()] == ["1", "2"]
    assert done.facts.samples == 4


@pytest.mark.parametrize("field", ["temperature", "model", "prompt_style"])
def test_a_mixture_is_refused_with_its_values_and_the_way_out(tmp_path: Path, field: str) -> None:
    values = (0.1, 0.9) if field == "temperature" else ("one", "other")
    drawn = [{"answer": "2", field: value} for value in values for _ in range(3)]
    path = write(tmp_path, asked(2, drawn))
    refused(
        tmp_path, path, f"{field}: {values[0]} (3), {values[1]} (3)", f"--where '{field}={values[0]}'", "--mixed"
    )
    done = import_samples(path, "both", pools=tmp_path / "pools", mixed=True)
    assert done.facts.label == f"recorded/both (mixed: {field})"
    one = import_samples(path, "one", pools=tmp_path / "pools", where={field: [str(values[1])]})
    assert one.facts.samples == 3
    assert not one.facts.mixed


def test_a_filter_that_wants_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1))
    refused(tmp_path, path, "no sample has a field 'temprature'", "temperature", where={"temprature": ["0.7"]})
    refused(tmp_path, path, "no sample is wanted", "0.7 (2)", where={"temperature": ["0.8"]})


def test_a_folder_without_a_data_set_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    refused(tmp_path, tmp_path / "logs", "logs: a folder without a data set")
    refused(tmp_path, tmp_path / "gone.jsonl", "gone.jsonl: no such file")


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, asked(1))
    really = Path.open

    def guarded(self: Path, *options: Any, **more: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return really(self, *options, **more)

    monkeypatch.setattr(Path, "open", guarded)
    refused(tmp_path, path, "samples.jsonl: cannot be read: Permission denied")


def test_wrong_splits(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    rows = datasets.Dataset.from_list([without(asked(1), "samples") | {"samples": ["1"], "is_corrects": [True]}])
    datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(str(tmp_path / "set"))
    refused(tmp_path, tmp_path / "set", "several splits", "train, test", kind="number")
    refused(tmp_path, tmp_path / "set", "no split 'tset'", "train, test", kind="number", split="tset")
    refused(tmp_path, write(tmp_path, asked(1)), "a file has no splits", split="test")
    done = import_samples(tmp_path / "set", "good", pools=tmp_path / "pools", split="test", kind="number")
    assert done.facts.samples == 1


def test_not_parquet(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and then nothing")
    refused(tmp_path, tmp_path / "rows.parquet", "rows.parquet: not a Parquet file")


def test_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")

    def fails(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(datasets, "load_dataset", fails)
    refused(tmp_path, "owner/name:config", "owner/name:config", "no route to host", "local copy")


def test_a_pool_that_is_there_already_stays(tmp_path: Path) -> None:
    path, pools = write(tmp_path, asked(1)), tmp_path / "pools"
    import_samples(path, "mine", pools=pools)
    before = (pools / "mine.db").read_bytes()
    for options in ({}, {"replace": True, "kind": "choice"}):
        with pytest.raises(SamplesError):
            import_samples(path, "mine", pools=pools, **options)
        assert (pools / "mine.db").read_bytes() == before
    assert [each.name for each in pools.iterdir()] == ["mine.db"]


def test_names_that_name_no_file(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1))
    for name in ("../up", "", ".hidden", "a b"):
        with pytest.raises(SamplesError, match="names no pool"):
            import_samples(path, name, pools=tmp_path / "pools")


def test_empty_texts_cannot_be_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1, [{"text": "", "answer": "1"}]), asked(2, [{"answer": "2"}]))
    refused(tmp_path, path, "reads answers out of the texts", "2 of 2", kind="number")


def test_short_questions_are_named_and_left_out_only_on_demand(tmp_path: Path) -> None:
    path = write(tmp_path, asked(1), asked(2, [{"text": "2", "answer": "2"}]))
    done = import_samples(path, "all", pools=tmp_path / "pools")
    assert (done.facts.most(), done.facts.shortest) == (1, "q2")
    assert any("1 to 2 samples" in note and "q2" in note for note in done.facts.notes)
    fewer = import_samples(path, "fewer", pools=tmp_path / "pools", at_least=2)
    assert (fewer.facts.questions, fewer.facts.samples, fewer.facts.most()) == (1, 2, 2)
    assert any("1 questions with fewer than 2" in note for note in fewer.facts.notes)


def test_a_killed_import_leaves_no_pool_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    pools, fifo = tmp_path / "pools", tmp_path / "samples.jsonl"
    write(tmp_path, *(asked(i) for i in range(1, 6000)))
    code = (
        "import sys, time\nfrom compound.store.pools import import_samples\n"
        "from compound.store.pools.writer import PoolWriter\n"
        "flush = PoolWriter.flush\n"
        "def slow(self):\n    flush(self); print('flushed', flush=True); time.sleep(60)\n"
        "PoolWriter.flush = slow\nimport_samples(sys.argv[1], 'mine', pools=sys.argv[2])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(fifo), str(pools)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "flushed\n"
        os.kill(process.pid, signal.SIGKILL)
    assert names(pools) == []
    with pytest.raises(SamplesError, match="no recorded pool 'mine'"):
        Pool("mine", pools)
    assert len(list(pools.iterdir())) == 1
    import_samples(fifo, "mine", pools=pools)
    assert [each.name for each in pools.iterdir()] == ["mine.db"]


def test_opening_and_counting_is_quick_and_flat(tmp_path: Path) -> None:
    rows = [asked(i, [{"answer": str(i % 7)}] * 100) for i in range(1, 201)]
    import_samples(write(tmp_path, *rows), "many", pools=tmp_path / "pools")
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with Pool("many", tmp_path / "pools") as pool:
        assert (pool.facts.questions, pool.facts.samples, pool.facts.most()) == (200, 20_000, 100)
    assert time.perf_counter() - began < 0.1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
