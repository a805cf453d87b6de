"""`compound tasks` lists, `compound tasks check` grades every gold; and the tasks of reasoning-gym."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from typer.testing import CliRunner

from compound.cli import app
from compound.core import Question, TaskError
from compound.tasks import Task, generated, load_task
from compound.tasks.benchmarks import names
from compound.tasks.benchmarks.checks import check_task

GOLD = Path(__file__).parents[3] / "shared" / "data" / "gold"


def run(*arguments):
    return CliRunner().invoke(app, ["tasks", *map(str, arguments)], env={"COLUMNS": "120"})


def question(text, gold="1", kind="number", **more):
    return Question(text, kind, gold, **more)


def test_the_bare_command_lists_every_task():
    listed = run()
    assert listed.exit_code == 0
    first = {line.split()[0] for line in listed.output.splitlines() if line.strip()}
    assert {*names(), "add1", "opposites"} <= first
    assert "bbh/boolean_expressions" in listed.output


def test_a_generated_task_is_counted_by_split_and_kind():
    checked = run("check", "add1")
    assert checked.exit_code == 0
    rows = [line.split()[:3] for line in checked.output.splitlines()]
    assert ["train", "number", "8"] in rows
    assert ["test", "number", "64"] in rows
    assert "Every gold of 92 questions grades as right" in checked.output


def test_a_benchmark_is_checked_from_a_copy(tmp_path):
    rows = [
        {"question": f"{i}?", "answer": f"#### {gold}"} for i, gold in enumerate(["5", "1,450,000", "-3", "5.0"])
    ]
    for split, part in (("test", rows), ("train", [*rows[:1], {"question": "8?", "answer": "#### 8"}])):
        text = "".join(json.dumps(row) + "\n" for row in part)
        (tmp_path / f"gsm8k_{split}.jsonl").write_text(text, encoding="utf-8")
    checked = run("check", "gsm8k", "--path", tmp_path)
    assert checked.exit_code == 0
    rows = [line.split() for line in checked.output.splitlines()]
    assert ["train", "number", "1", "8", "100.0%"] in rows
    assert ["test", "number", "4", "5", "50.0%"] in rows


@pytest.mark.skipif(not GOLD.is_dir(), reason="the public files are not at ../shared/data/gold")
def test_all_golds_of_the_published_gsm8k_grade_as_right():
    checked = run("check", "gsm8k", "--path", GOLD)
    assert checked.exit_code == 0
    rows = [line.split()[:3] for line in checked.output.splitlines()]
    assert ["train", "number", "7,473"] in rows
    assert ["test", "number", "1,319"] in rows


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "gsm8k", "--path", "gone"), "gone: no such file or folder"),
        (("check", "gsm9k"), "no task 'gsm9k'; did you mean 'gsm8k'?"),
        (("check", "add1", "--path", "x"), "task 'add1' reads no local copy"),
        (("check", "gsm8k", "--path", "bad.jsonl"), "gold 'many' is no answer of kind 'number'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_exit_code_2(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.jsonl").write_text('{"question": "1?", "answer": "#### many"}\n', encoding="utf-8")
    checked = run(*arguments)
    assert checked.exit_code == 2
    assert said in checked.stderr
    assert checked.stderr.count("\n") == 1
    assert "Traceback" not in checked.stderr


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        ({"test": [question("a", "many")]}, "split 'test': question .* gold 'many' is no answer of kind 'number'"),
        ({"test": [question("a", None)]}, "'a'.* in split 'test' has no gold"),
        ({"test": [question("a"), question("b"), question("a", "2")]}, "'a'.* in split 'test' stands there twice"),
        ({"train": [question("a")], "test": [question("a")]}, "in split 'test' stands there in split 'train' too"),
        (
            {"train": [question("A  b")], "test": [question("a b", metadata={"x": 1})]},
            "worked example .*'A  b'.* has the text of question .* in split 'test'",
        ),
        ({"test": [question("a"), question("b", id=question("a").id)]}, "has the id of another"),
    ],
)
def test_each_fault_of_a_task_is_found(splits, said):
    task = Task("mine", {split: tuple(part) for split, part in splits.items()})
    with pytest.raises(TaskError, match=said):
        check_task(task)


def test_the_same_words_with_other_options_are_another_question():
    of = {"kind": "choice", "gold": "A"}
    one, other = (question("Which is right?", **of, choices=choices) for choices in (("1", "2"), ("3", "4")))
    (part,) = check_task(Task("mine", {"test": (one, other)}))
    assert part == ("test", "choice", 2, "A", 1.0)


def test_the_favourite_counts_every_right_answer_of_a_question():
    squares = [question("a", ("e4", "e5"), "text"), question("b", ("E5",), "text"), question("c", ("e6",), "text")]
    (part,) = check_task(Task("mine", {"test": tuple(squares)}))
    assert (part.favourite, part.share) == ("e5", 2 / 3)


def test_generated_tasks_pass():
    for name in generated.names():
        assert {part.split for part in check_task(generated.generate(name))} == {"train", "screen", "test"}


class Plain:
    def score_answer(self, answer, entry):
        return float(answer == entry["answer"])


class Own(Plain):
    def score_answer(self, answer, entry):
        return 1.0


@pytest.fixture
def gym(monkeypatch):
    """A stand-in for reasoning-gym with the parts of it that are used."""
    answers = {"legs": str, "bits": lambda i: f"w{i % 5}", "grid": lambda i: f"{i}\n{i}", "marks": lambda i: "?!"}
    known = dict.fromkeys(answers, (Plain, None)) | {"countdown": (Own, None)}

    def create_dataset(name, size, seed):
        return [{"question": f"{name} {seed} {i // 2}?", "answer": answers[name](i // 2)} for i in range(size)]

    module = ModuleType("reasoning_gym")
    module.create_dataset = create_dataset
    monkeypatch.setitem(sys.modules, "reasoning_gym", module)
    monkeypatch.setitem(sys.modules, "reasoning_gym.factory", SimpleNamespace(DATASETS=known))
    monkeypatch.setitem(sys.modules, "reasoning_gym.dataset", SimpleNamespace(ProceduralDataset=Plain))
    monkeypatch.setattr("compound.tasks.reasoning.version", lambda name: "1.2.3")


def test_reasoning_gym_by_name(gym):
    task = load_task("reasoning_gym/legs", screen=5, seed=3)
    assert {split: len(part) for split, part in task.splits.items()} == {"train": 8, "screen": 5, "test": 100}
    assert {q.kind for q in task.splits["test"]} == {"number"}
    assert all(q.text == f"legs 3 {q.gold}?" for q in task.splits["test"])
    assert "1.2.3" in task.description
    check_task(task)
    assert load_task("reasoning_gym/legs", screen=5, seed=3).splits == task.splits
    assert load_task("reasoning_gym/bits").splits["test"][0].kind == "text"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("countdown", "its answers need reasoning-gym's own scorer"),
        ("grid", "its answers have several lines"),
        ("marks", "gold '\\?!' is no answer of kind 'text'"),
        ("legz", "reasoning-gym has no 'legz': did you mean 'legs'"),
    ],
)
def test_reasoning_tasks_that_cannot_be_graded_here_are_refused(name, said, gym):
    with pytest.raises(TaskError, match=said):
        load_task(f"reasoning_gym/{name}")


def test_reasoning_gym_that_is_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    with pytest.raises(TaskError, match=r"pip install 'compound\[reasoning\]'"):
        load_task("reasoning_gym/leg_counting")
