"""A file of one's own becomes a task, or is refused in one sentence that names file, line and field."""

import csv
import json
import re

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.core import TaskError
from compound.tasks import load_file

FIELDS = {"text": "problem", "gold": "answer"}
CHOICES = {**FIELDS, "choices": "options"}


def rows(count, **more):
    return [{"problem": f"What is {i} + 1?", "answer": str(i + 1), **more} for i in range(count)]


def write(path, data):
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in data), encoding="utf-8")
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(data), path)
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(data[0]))
            writer.writeheader()
            cells = [{k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in data]
            writer.writerows(cells)
    return path


def load(path, kind="number", fields=FIELDS, **options):
    return load_file("mine", path, kind, fields, **options)


def refusal(path, *args, **options):
    with pytest.raises(TaskError) as caught:
        load(path, *args, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(params=["jsonl", "csv", "parquet"])
def path(request, tmp_path):
    return tmp_path / f"mine.{request.param}"


def test_every_format_gives_the_same_task(path, tmp_path):
    task = load(write(path, rows(12)), examples=2, screen=3)
    assert {split: len(part) for split, part in task.splits.items()} == {"train": 2, "screen": 3, "test": 7}
    assert task.splits == load(write(tmp_path / "other.jsonl", rows(12)), examples=2, screen=3).splits
    golds = {q.text: q.gold for part in task.splits.values() for q in part}
    assert golds == {row["problem"]: row["answer"] for row in rows(12)}
    assert all(question.kind == "number" for question in task.questions())
    assert task.questions()[0].examples == task.splits["train"]


def test_choices_ids_and_clusters_are_read(path):
    data = [
        {"problem": "Sky?", "answer": "blue", "options": ["red", "blue"], "key": "q1", "passage": "p"},
        {"problem": "Grass?", "answer": "B", "options": ["red", "green"], "key": "q2", "passage": "p"},
    ]
    fields = {**CHOICES, "id": "key", "cluster": "passage"}
    found = {q.id: q for q in load(write(path, data), "choice", fields).questions()}
    assert {i: (q.gold, q.choices, q.cluster) for i, q in found.items()} == {
        "q1": ("B", ("red", "blue"), "p"),
        "q2": ("B", ("red", "green"), "p"),
    }


@pytest.mark.parametrize(
    ("gold", "options", "letter"),
    [
        ("C", ["x", "y", "z"], "C"),
        ("c", ["x", "y", "z"], "C"),
        ("z", ["x", "y", "z"], "C"),
        (2, ["x", "y", "z"], "C"),
        (2, ["1", "2", "3"], "C"),
        ("2", ["1", "2", "3"], "B"),
        (2, [1, 2, 3], "B"),
        (True, ["True", "False"], "A"),
        (True, [False, True], "B"),
        (False, ["no", "False"], "B"),
        (["A", "C"], ["x", "y", "z"], ("A", "C")),
    ],
)
def test_a_gold_may_be_the_option_its_index_or_its_letter(tmp_path, gold, options, letter):
    path = write(tmp_path / "mine.jsonl", [{"problem": "?", "answer": gold, "options": options}])
    assert load(path, "choice", CHOICES).questions()[0].gold == letter


def test_several_golds_are_equally_right(tmp_path):
    path = write(tmp_path / "mine.jsonl", [{"problem": "Past tense of dive?", "answer": ["dived", "dove"]}])
    assert load(path, "text").questions()[0].golds == ("dived", "dove")


def test_t09_no_row_is_lost_and_a_byte_order_mark_does_not_matter(tmp_path):
    path = write(tmp_path / "mine.csv", rows(5))
    assert len(load(path).questions()) == 5
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(load(path).questions()) == 5
    path = write(tmp_path / "mine.jsonl", rows(5))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n\r\n"))
    assert len(load(path).questions()) == 5


@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_t38_the_order_of_the_file_does_not_matter_for_the_splits(tmp_path_factory, rng, seed):
    path = tmp_path_factory.getbasetemp() / "order.jsonl"
    data = rows(10) + rows(3) + [{**row, "passage": "p"} for row in rows(2, passage="q")]
    data = [{"passage": "x", **row} for row in data]
    fields = {**FIELDS, "cluster": "passage"}
    one = load(write(path, data), fields=fields, examples=2, screen=2, seed=seed)
    other = load(write(path, rng.sample(data, len(data))), fields=fields, examples=2, screen=2, seed=seed)
    assert one.splits == other.splits
    assert sum(map(len, one.splits.values())) == 10


def test_the_seed_decides_what_goes_where(tmp_path):
    path = write(tmp_path / "mine.jsonl", rows(30))
    assert len({load(path, examples=3, seed=seed).splits["train"] for seed in range(5)}) > 1
    assert load(path, examples=3, seed=1).splits == load(path, examples=3, seed=1).splits


def test_a_duplicate_is_one_question(path):
    assert len(load(write(path, rows(4) + rows(4))).questions()) == 4


def test_a_duplicate_with_another_gold_is_refused(path):
    data = [*rows(3), {"problem": "What is 1 + 1?", "answer": "11"}]
    said = refusal(write(path, data))
    assert "stands at" in said
    assert said.count(str(path)) == 2


def test_two_questions_of_one_id_are_refused(path):
    said = refusal(write(path, rows(3, key="same")), fields={**FIELDS, "id": "key"})
    assert str(path) in said
    assert "id 'same'" in said


def test_a_missing_field_is_named_with_what_there_is(path):
    write(path, [{"problem": "1 + 1?", "result": "2"}])
    said = refusal(path)
    assert f"{path}, line" in said
    assert "no field 'answer' (mapped to gold); the line has: problem, result" in said


def test_an_empty_question_is_refused(path):
    said = refusal(write(path, [*rows(1), {"problem": "  ", "answer": "2"}]))
    assert f"{path}, line" in said
    assert "question is empty" in said


def test_a_gold_that_its_kind_cannot_read_is_named(path):
    said = refusal(write(path, [*rows(1), {"problem": "How many?", "answer": "many"}]))
    assert f"{path}, line" in said
    assert "gold 'many' is no answer of kind 'number'" in said
    assert "How many?" in said


def test_a_gold_that_is_none_of_the_choices_is_named(path):
    data = [{"problem": "Sky?", "answer": "pink", "options": ["red", "blue"]}]
    said = refusal(write(path, data), "choice", CHOICES)
    assert f"{path}, line" in said
    assert "gold 'pink' is none of the choices" in said


def test_too_few_questions_for_the_splits_are_refused(path):
    assert "cannot give 3 worked examples, 2 to screen on" in refusal(write(path, rows(5)), examples=3, screen=2)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{not json}", "line 2: not JSON"),
        ('{"problem": "x", "answer": "1"', "line 2: not JSON"),
        ("[" * 100_000, "line 2: not JSON"),
        ("[1, 2]", "line 2: not a JSON object"),
        ('"text"', "line 2: not a JSON object"),
        ("null", "line 2: not a JSON object"),
        ("{}", "line 2: no field 'problem'"),
        ('{"problem": "x", "answer": null}', "line 2: no field 'answer'"),
        ('{"problem": "x", "answer": []}', "line 2: gold [] is neither"),
        ('{"problem": "x", "answer": {"value": 1}}', "line 2: gold {'value': 1} is neither"),
        ('{"problem": "x", "answer": [null]}', "line 2: gold [None] is neither"),
        ('{"problem": "x", "answer": ""}', "line 2: .*gold ''"),
        ('{"problem": "x", "answer": NaN}', "line 2: .*gold 'nan'"),
        ('{"problem": "x", "answer": 1e300}', "line 2: .*gold '1e[+]300'"),
        (r'{"problem": "half \ud800", "answer": "1"}', "line 2: .*half a character"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, said):
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{json.dumps(rows(1)[0])}\n{line}\n")
    message = refusal(path)
    assert message.startswith(f"{path}, line 2: ")
    assert re.search(said.replace("[]", r"\[\]").replace("[None]", r"\[None\]"), message), message


@pytest.mark.parametrize("options", ["red, blue", '{"text": ["a"], "label": ["A"]}', "5", "null", "[" * 100_000])
def test_choices_that_are_no_list_are_refused(tmp_path, options):
    path = write(tmp_path / "mine.csv", [{"problem": "?", "answer": "A", "options": options}])
    assert "choices must be a list" in refusal(path, "choice", CHOICES)
    path = write(tmp_path / "mine.jsonl", [{"problem": "?", "answer": "A", "options": {"text": ["a"]}}])
    assert "line 1: choices must be a list" in refusal(path, "choice", CHOICES)


def test_more_options_than_letters_are_refused(tmp_path):
    data = [{"problem": "?", "answer": "A", "options": [f"option {i}" for i in range(27)]}]
    assert "line 1: " in (said := refusal(write(tmp_path / "mine.jsonl", data), "choice", CHOICES))
    assert "27 choices" in said


def test_a_choice_without_choices_is_refused(path):
    assert "needs choices (fields: choices)" in refusal(write(path, rows(2)), "choice")
    data = [{"problem": "?", "answer": "A", "options": []}, {"problem": "!", "answer": "A", "options": ["x"]}]
    said = refusal(write(path, data), "choice", CHOICES)
    assert f"{path}, line" in said
    assert "needs choices" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("problem,answer\n1 + 1?,2,3\n", "line 2: more values than the header has names"),
        ("problem,answer\n1 + 1?\n", "line 2: no field 'answer'"),
        ("1 + 1?,2\n1 + 2?,3\n", "line 2: no field 'problem'"),
        ("problem,answer\n", "no questions in it"),
        ("", "no questions in it"),
        ("problem,answer\n1\0 + 1?,\n", "gold ''|NUL"),
        ("problem,answer\n" + "x" * 200_000 + ",2\n", "cannot be read: field larger"),
    ],
)
def test_a_bad_table_is_refused(tmp_path, content, said):
    path = tmp_path / "mine.csv"
    path.write_text(content)
    message = refusal(path)
    assert message.startswith(str(path))
    assert re.search(said, message), message


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_file_that_is_missing_empty_or_in_another_encoding_is_refused(tmp_path, suffix):
    path = tmp_path / f"mine.{suffix}"
    assert refusal(path) == f"{path}: no such file (task 'mine')"
    path.write_bytes(b"")
    assert str(path) in refusal(path)
    path.write_bytes("problem,answer\nWhat is ö?,1\n".encode("utf-16"))
    assert str(path) in refusal(path)
    path.unlink()
    path.mkdir()
    assert str(path) in refusal(path)


def test_a_truncated_parquet_file_is_refused(tmp_path):
    path = write(tmp_path / "mine.parquet", rows(100))
    whole = path.read_bytes()
    for part in (whole[: len(whole) // 2], whole[:10], whole[:-4], b"PAR1" + b"\0" * 100 + b"PAR1"):
        path.write_bytes(part)
        assert str(path) in refusal(path)


def test_a_wrong_suffix_kind_or_mapping_lists_what_there_is(tmp_path):
    good = write(tmp_path / "mine.jsonl", rows(2))
    assert ".jsonl, .csv, .parquet" in refusal(tmp_path / "mine.xlsx")
    assert "did you mean 'number'" in refusal(good, "numbr")
    assert "unknown field 'txt'; there is: text, gold" in refusal(good, fields={**FIELDS, "txt": "x"})
    assert "which column holds 'gold'" in refusal(good, fields={"text": "problem"})
    assert "which column holds 'text'" in refusal(good, fields={})
