"""Every format becomes the same pool: questions, samples in order, answers, verdicts, tokens."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from compound.store.pools import Kept, Pool, SamplesError, import_samples
from compound.store.pools.lines import items


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def pooled(folder: Path, source: Path | str, **options: Any) -> dict[str, tuple[Any, list[Kept]]]:
    """Question text -> (its gold or golds, its samples)."""
    import_samples(source, "it", pools=folder / "pools", replace=True, **options)
    with Pool("it", folder / "pools") as pool:
        return {question.text: (question.gold, samples) for question, samples in pool.walk()}


def test_a_sample_a_line_with_a_mapping_in_any_order(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "mine.jsonl",
        {"problem": "1 + 1?", "target": "2", "completion": "It is 2.", "temp": 0.7, "note": "a"},
        {"problem": "1 + 2?", "target": "3", "completion": "It is 4.", "temp": 0.7},
        {"problem": "1 + 1?", "target": "2", "completion": "It is 3.", "temp": 0.7},
    )
    fields = {"question": "problem", "gold": "target", "text": "completion", "temperature": "temp"}
    found = pooled(tmp_path, path, fields=fields, kind="number", stated={"model": "m"})
    gold, samples = found["1 + 1?"]
    assert gold == "2"
    assert [(s.number, s.text, s.model, s.temperature) for s in samples] == [
        (0, "It is 2.", "m", 0.7),
        (1, "It is 3.", "m", 0.7),
    ]
    assert json.loads(samples[0].extra or "") == {"note": "a"}
    assert len(found["1 + 2?"][1]) == 1


def test_flags_make_answers_gold_and_outweigh_the_gold(tmp_path: Path) -> None:
    drawn = [
        {"answer": "0.5", "correct": True},
        {"answer": "1/2", "correct": True},
        {"answer": "7", "correct": False},
    ]
    denied = [{"answer": "24", "correct": False}, {"answer": None, "correct": False}]
    path = lines(
        tmp_path / "flags.jsonl",
        {"question_id": 1, "question": "Half?", "gold": "1/2", "samples": drawn},
        {"question_id": 2, "question": "Make 24.", "gold": "24", "samples": denied},
        {"question_id": 3, "question": "No gold.", "gold": None, "samples": drawn},
    )
    found = pooled(tmp_path, path)
    assert found["Half?"][0] == ("1/2", "0.5")
    assert found["Make 24."][0] is None
    assert found["No gold."][0] == ("0.5", "1/2")
    assert pooled(tmp_path, path, ignore_correct=True)["Make 24."][0] == "24"


def test_temperature_0_is_kept_apart_as_the_baseline(tmp_path: Path) -> None:
    drawn = [{"answer": "2", "temperature": heat} for heat in (0.0, 0.7, 0.7, 1.0)]
    path = lines(tmp_path / "heat.jsonl", {"question": "1 + 1?", "gold": "2", "samples": drawn})
    samples = pooled(tmp_path, path, where={"temperature": ["0.7"]}, greedy=True)["1 + 1?"][1]
    assert [(s.step, s.number, s.temperature) for s in samples] == [
        ("answer", 0, 0.7),
        ("answer", 1, 0.7),
        ("greedy", 0, 0.0),
    ]


def monkey(**more: Any) -> dict[str, Any]:
    return {
        "question": "1 + 1?", "gt_answer": "2", "orig_dset_idx": 5, "orig_dset_split": "test",
        "samples": ["It is 2.", "It is 3."], "is_corrects": [True, False], **more,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet", "saved"])
def test_large_language_monkeys(tmp_path: Path, form: str) -> None:
    rows = [monkey(), monkey(question="1 + 2?", gt_answer="3", orig_dset_idx=6)]
    path = tmp_path / f"monkeys.{form}"
    if form == "jsonl":
        lines(path, *rows)
    elif form == "json":
        path.write_text(json.dumps(rows, indent=1))
    elif form == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    else:
        datasets = pytest.importorskip("datasets")
        datasets.disable_progress_bars()
        datasets.Dataset.from_list(rows).save_to_disk(str(path))
    found = pooled(tmp_path, path, kind="number")
    assert [s.text for s in found["1 + 1?"][1]] == ["It is 2.", "It is 3."]
    assert [s.correct for s in found["1 + 2?"][1]] == [True, False]
    assert found["1 + 2?"][0] == "3"
    flagged = pooled(tmp_path, path, kind="exact")
    assert flagged["1 + 1?"][0] == ("2", "It is 2.")


def test_monkeys_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    asked: list[Any] = []

    def load(*what: Any, **how: Any) -> Any:
        asked.append((what, how))
        return {"test": [monkey()]}

    monkeypatch.setattr(datasets, "load_dataset", load)
    found = pooled(tmp_path, "owner/set:GSM8K_Llama-3-8B", kind="number")
    assert asked[0] == (("owner/set", "GSM8K_Llama-3-8B"), {"streaming": True})
    assert len(found["1 + 1?"][1]) == 2


def test_monkeys_with_as_many_flags_as_samples_only(tmp_path: Path) -> None:
    path = lines(tmp_path / "monkeys.jsonl", monkey(is_corrects=[True]))
    with pytest.raises(SamplesError, match=r"line 1: is_corrects: not one flag for each of the 2 samples"):
        pooled(tmp_path, path, kind="number")


def harness(number: int, **more: Any) -> dict[str, Any]:
    return {
        "doc_id": number, "doc": {"question": f"{number} + 1?"}, "target": f"Add 1.\n#### {number + 1}",
        "arguments": [[f"Q: {number} + 1?\nA:", {"until": ["Q:"], "do_sample": True, "temperature": 0.7}]],
        "resps": [["So 2.", "So 3."]], "filtered_resps": ["2"], **more,
    }  # fmt: skip


def test_lm_eval_with_repeats_is_read_out_of_the_texts(tmp_path: Path) -> None:
    path = lines(tmp_path / "samples_gsm8k_2025.jsonl", harness(1), harness(2))
    with pytest.raises(SamplesError, match=r"line 1: samples\[0\]: no field 'answer': say how answers are read"):
        pooled(tmp_path, path)
    gold, samples = pooled(tmp_path, path, kind="number")["1 + 1?"]
    assert gold == "2"
    assert [(s.text, s.temperature) for s in samples] == [("So 2.", 0.7), ("So 3.", 0.7)]


def test_lm_eval_with_filters_and_the_newer_arguments(tmp_path: Path) -> None:
    newer = {
        "arguments": {"gen_args_0": {"arg_0": "Q: 1 + 1?", "arg_1": {"temperature": 0.0}}},
        "resps": [["So 2."]],
    }
    path = lines(
        tmp_path / "samples_gsm8k_2025.jsonl",
        harness(1, **newer, filter="strict-match", filtered_resps=["[invalid]"], exact_match=0.0),
        harness(1, **newer, filter="flexible-extract", filtered_resps=["2"], exact_match=1.0),
    )
    with pytest.raises(
        SamplesError, match=r"line 2: filter: a second one.*--where filter=flexible-extract or strict"
    ):
        pooled(tmp_path, path)
    _, samples = pooled(tmp_path, path, where={"filter": ["flexible-extract"]})["1 + 1?"]
    assert [(s.answer, s.correct, s.temperature) for s in samples] == [("2", True, 0.0)]


def test_lm_eval_without_texts(tmp_path: Path) -> None:
    path = lines(tmp_path / "samples_arc.jsonl", harness(1, resps=[[[-1.5, False]], [[-2.5, True]]]))
    with pytest.raises(SamplesError, match=r"line 1: resps: .* are likelihoods"):
        pooled(tmp_path, path)


def inspected(own: int, epoch: int, answer: str | None, **more: Any) -> dict[str, Any]:
    score = {"value": "C" if answer == "2" else "I", **({"answer": answer} if answer else {})}
    return {
        "id": own, "epoch": epoch, "input": f"{own} + 1?", "target": "2", "scores": {"match": score},
        "output": {
            "model": "openai/gpt-4o", "completion": f"It is {answer}.", "time": 1.5,
            "usage": {"input_tokens": 12, "output_tokens": 5, "total_tokens": 17},
        },
        **more,
    }  # fmt: skip


HEADER = {
    "version": 2, "status": "success", "eval": {"task": "sums", "model": "openai/gpt-4o"},
    "plan": {"config": {"temperature": 0.5}},
}  # fmt: skip


def inspect_log(path: Path, samples: list[dict[str, Any]], head: str = "header.json") -> Path:
    if path.suffix == ".json":
        path.write_text(json.dumps({**HEADER, "samples": samples}, indent=2))
        return path
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as log:
        for sample in reversed(samples):
            log.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
        log.writestr(head, json.dumps(HEADER))
    return path


@pytest.mark.parametrize("name", ["log.json", "log.eval", "older.eval"])
def test_inspect_logs(tmp_path: Path, name: str) -> None:
    samples = [inspected(1, epoch, "2" if epoch != 2 else None) for epoch in range(1, 12)]
    broken = {**inspected(1, 12, "2"), "error": {"message": "timeout"}, "scores": None}
    path = inspect_log(tmp_path / name, [*samples, broken], "start.json" if "older" in name else "header.json")
    gold, found = pooled(tmp_path, path)["1 + 1?"]
    assert gold == "2"
    assert [s.answer for s in found] == ["2", None, *["2"] * 9]
    assert {(s.model, s.temperature, s.tokens_in, s.tokens_out, s.seconds) for s in found} == {
        ("openai/gpt-4o", 0.5, 12, 5, 1.5)
    }
    assert [json.loads(s.extra or "")["epoch"] for s in found] == list(range(1, 12))


def test_inspect_with_messages_choices_and_several_scorers(tmp_path: Path) -> None:
    sample = inspected(1, 1, "B")
    sample["input"] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"text": "Which?"}]},
    ]
    sample |= {"choices": ["one", "two"], "target": "B", "scores": {**sample["scores"], "other": {"value": 1}}}
    path = inspect_log(tmp_path / "log.eval", [sample])
    with pytest.raises(SamplesError, match=r"_epoch_1\.json: scores: several: .*--map answer=NAME: match, other"):
        pooled(tmp_path, path)
    gold, found = pooled(tmp_path, path, fields={"answer": "match"}, ignore_correct=True)["Which?"]
    assert (gold, found[0].answer) == ("B", "B")


def test_damaged_inspect_logs(tmp_path: Path) -> None:
    path = inspect_log(tmp_path / "log.eval", [inspected(1, 1, "2")])
    path.write_bytes(path.read_bytes().replace(b"\x03\x14", b"\x07\x55")[:-1] + b"\x00")
    with pytest.raises(SamplesError, match=r"log\.eval"):
        pooled(tmp_path, path, format="inspect")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a.txt", "x")
    with pytest.raises(SamplesError, match=r"other\.zip: a zip file that is no Inspect log"):
        pooled(tmp_path, tmp_path / "other.zip")


@pytest.mark.parametrize("size", [1, 1 << 16, 200_000])
def test_a_list_of_objects_is_read_item_by_item(tmp_path: Path, size: int) -> None:
    rows = [{"number": i, "text": "é" * size} for i in range(3)]
    (tmp_path / "list.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False), encoding="utf-8")
    assert [row for _, row in items(tmp_path / "list.json")] == rows
    (tmp_path / "cut.json").write_text(json.dumps(rows)[:-5])
    with pytest.raises(SamplesError, match=r"cut\.json, item 3: not JSON, or cut off"):
        list(items(tmp_path / "cut.json"))
