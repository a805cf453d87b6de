"""Loading from the hub, with folders here that are laid out as the data sets there are; and without a network."""

import json
import shutil
import socket
import time

import pyarrow
import pyarrow.parquet
import pytest

from compound.answers import check_golds
from compound.core import ConfigError, TaskError
from compound.experiment import load
from compound.tasks import hub, load_task
from compound.tasks.benchmarks import benchmarks, load_benchmark
from compound.tasks.hub import load_hub


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder and a cache of our own, and no hub: an address at which nobody listens."""
    import datasets
    import huggingface_hub

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", nobody)
    datasets.disable_progress_bars()
    return tmp_path


def dataset(root, name, configs):
    """A folder as the hub has it: `{config: {split: rows}}`, one Parquet file each, and a README that says so."""
    folder = root / name
    card = ["---", "configs:"]
    for config, splits in configs.items():
        card += [f"- config_name: {config or 'default'}", "  data_files:"]
        (folder / str(config)).mkdir(parents=True)
        for split, rows in splits.items():
            card += [f"  - split: {split}", f"    path: {config}/{split}-*.parquet"]
            table = pyarrow.Table.from_pylist(rows)
            pyarrow.parquet.write_table(table, folder / str(config) / f"{split}-00000-of-00001.parquet")
    (folder / "README.md").write_text("\n".join([*card, "---", ""]), encoding="utf-8")


SCORES = {"05/01/2021": 1, "02/23/2021": 0}
ARC = {"text": ["density", "years", "days"], "label": ["1", "2", "3"]}
ABSTRACT = {"contexts": ["Cells die.", "They were seen to."], "labels": ["BACKGROUND", "RESULTS"]}
OPTIONS = {"A": "one", "B": "two", "C": "three", "D": "four"}
MOVES = "For each of the following (in-progress) chess games, please complete it:\n\ng2g3 f7f5 f1"
FUNCTION = {
    "prompt": 'def f(x):\n    """Twice x.\n    >>> f(2)\n    4\n    """\n', "entry_point": "f",
    "canonical_solution": "    return 2 * x\n", "test": "def check(candidate):\n    assert candidate(1) == 2\n",
}  # fmt: skip
PROGRAM = FUNCTION["prompt"] + FUNCTION["canonical_solution"]
TESTS = {"test_setup_code": "", "test_list": ["assert f(1) == 2"], "challenge_test_list": []}
CHECKED = {"test_imports": ["import math"], "test_list": ["assert f(1) == math.sqrt(1)"]}

# One row as the hub has it (the columns that are read, and some that are not), the same as the public file has it,
# its gold, and the number of choices.
ROWS = {
    "aime": (
        {"id": 60, "problem": "How many?", "solution": "…", "answer": "025", "year": "2024"},
        {"id": 60, "problem": "How many?", "solution": "…", "answer": "025"},
        "25", 0,
    ),
    "aime2025": (
        {"problem": "How many?", "answer": "70", "id": "0"}, {"problem": "How many?", "answer": "70"}, "70", 0,
    ),
    "aqua": (
        {"question": "How old?", "options": ["A)A)1", "B)√2", "C)3"], "rationale": "…", "correct": "B"},
        {"question": "How old?", "options": ["A)1", "B)√2", "C)3"], "rationale": "…", "correct": "B"},
        "B", 3,
    ),
    "arc_challenge": (
        {"id": "M1", "question": "Which?", "choices": ARC, "answerKey": "3"},
        {"id": "M1", "answerKey": "C", "question": {"stem": "Which?", "choices": [
            {"text": "density", "label": "A"}, {"text": "years", "label": "B"}, {"text": "days", "label": "C"}]}},
        "C", 3,
    ),
    "bbh/navigate": (
        {"input": "Do you return?\nOptions:\n- Yes\n- No", "target": "No"},
        {"task": "navigate", "idx": 0, "input": "Do you return?\nOptions:\n- Yes\n- No", "target": "No"},
        "B", 2,
    ),
    "chess": (
        {"idx": 1, "inputs": MOVES, "targets": ["h3", "g2"], "multiple_choice_targets": ["x"]},
        {"input": "g2g3 f7f5 f1", "target": ["h3", "g2"]},
        ("g2", "h3"), 0,
    ),
    "csqa": (
        {"id": "1", "question": "Where?", "question_concept": "door", "choices": {"label": ["A", "B"],
         "text": ["bank", "mall"]}, "answerKey": "B"},
        {"id": "1", "answerKey": "B", "question": {"stem": "Where?", "choices": [
            {"label": "A", "text": "bank"}, {"label": "B", "text": "mall"}]}},
        "B", 2,
    ),
    "date": (
        {"idx": 0, "inputs": "Q: Yesterday was April 30, 2021. What is the date today in MM/DD/YYYY?\nA:",
         "targets": ["05/01/2021"], "multiple_choice_targets": [*SCORES], "multiple_choice_scores": [1, 0]},
        {"input": "Yesterday was April 30, 2021. What is the date today in MM/DD/YYYY?", "target_scores": SCORES},
        "05/01/2021", 0,
    ),
    "game24": (
        {"Rank": 901, "Puzzles": "4 5 6 10", "AMT (s)": 20.1, "Solved rate": "75%"},
        {"Rank": "901", "Puzzles": "4 5 6 10"},
        "(4 * 5) - (6 - 10)", 0,
    ),
    "gsm8k": (
        {"question": "How many?", "answer": "Many.\n#### 1,450,000"},
        {"question": "How many? ", "answer": "Many.\n#### 1,450,000"},
        "1,450,000", 0,
    ),
    "humaneval": (
        {"task_id": "HumanEval/0", **FUNCTION}, {"task_id": "HumanEval/0", **FUNCTION}, PROGRAM, 0,
    ),
    "last_letters": (
        {"question": "Take the last letters", "answer": "yajo"},
        {"question": "Take the last letters", "answer": "yajo"},
        "yajo", 0,
    ),
    "math500": (
        {"problem": "Half?", "solution": "…", "answer": r"\frac{1}{2}", "subject": "Algebra", "level": 2},
        {"problem": "Half?", "solution": "…", "answer": r"\frac{1}{2}", "subject": "Algebra", "level": "Level 2"},
        r"\frac{1}{2}", 0,
    ),
    "mbpp": (
        {"task_id": 11, "text": "Double it.", "code": "def f(x):\r\n    return 2 * x", **TESTS},
        {"task_id": 11, "text": "Double it. ", "code": "def f(x):\n    return 2 * x", **TESTS},
        "def f(x):\n    return 2 * x", 0,
    ),
    "mbpp/sanitized": (
        {"source_file": "x", "task_id": 510, "prompt": "Root.", "code": "def f(x): return x", **CHECKED},
        {"task_id": 510, "prompt": "Root.", "code": "def f(x): return x", **CHECKED},
        "def f(x): return x", 0,
    ),
    "medqa": (
        {"question": "Which?", "answer": "three", "options": OPTIONS, "answer_idx": "C", "meta_info": "step1"},
        {"query": "Which?\nA. one\nB. two\nC. three\nD. four\nChoose the correct option.", "options": OPTIONS,
         "answer_idx": "C"},
        "C", 4,
    ),
    "mmlu": (
        {"question": "Which?", "subject": "astronomy", "choices": ["1", "2", "3", "4"], "answer": 3},
        {"subject": "astronomy", "idx": 0, "question": "Which?", "choices": ["1", "2", "3", "4"], "answer": "D"},
        "D", 4,
    ),
    "mmlu/astronomy": (
        {"question": "Which?", "subject": "astronomy", "choices": ["1", "2", "3", "4"], "answer": 3},
        {"subject": "astronomy", "question": "Which?", "choices": ["1", "2", "3", "4"], "answer": "D"},
        "D", 4,
    ),
    "mmlu_pro": (
        {"question_id": 70, "question": "Which?", "options": ["1", "N/A", "3"], "answer": "C", "answer_index": 2,
         "cot_content": "", "category": "law", "src": "x"},
        {"question": "Which?", "options": ["1", "3"], "answer": "B", "category": "law"},
        "B", 2,
    ),
    "pubmedqa": (
        {"pubid": 1, "question": "Do they?", "context": ABSTRACT, "long_answer": "…", "final_decision": "maybe"},
        {"QUESTION": "Do they?", "CONTEXTS": ABSTRACT["contexts"], "LABELS": [], "final_decision": "maybe"},
        "C", 3,
    ),
    "strategyqa": (
        {"qid": "1", "term": "frost", "question": "Is it?", "answer": True, "facts": "…"},
        {"input": "Is it?", "target_scores": {"Yes": 1, "No": 0}, "target": "Yes. …"},
        "A", 2,
    ),
    "svamp": (
        {"ID": "chal-1", "Body": "It costs 76 dollars", "Question": "How much?", "Answer": "51.0", "Type": "x"},
        {"ID": "chal-1", "Body": "It costs 76 dollars", "Question": "How much?", "Answer": 51.0},
        "51", 0,
    ),
    "truthfulqa": (
        {"question": "Which?", "mc1_targets": {"choices": ["right", "wrong", "bad"], "labels": [1, 0, 0]},
         "mc2_targets": {"choices": ["right"], "labels": [1]}},
        {"question": "Which?", "choices": ["bad", "wrong", "right"], "answer": 2},
        None, 3,
    ),
}  # fmt: skip


def test_the_table_above_is_of_every_benchmark():
    assert {name.partition("/")[0] for name in ROWS} == set(benchmarks())


@pytest.mark.parametrize("name", ROWS)
def test_the_hub_and_the_public_file_give_the_same_question(name, elsewhere):
    online, public, gold, choices = ROWS[name]
    whole, _, part = name.partition("/")
    benchmark = benchmarks()[whole]
    source = benchmark.parts[part] if part else benchmark.sources[0]
    dataset(elsewhere, source.hub, {source.config: {split: [online] for split in set(benchmark.splits.values())}})
    task = load_benchmark(name, screen=0)
    (question,) = task.splits["test"]
    assert gold is None or question.gold == gold
    assert len(question.choices) == choices
    if question.kind != "code":  # those are run: test_code_benchmarks.py
        check_golds([question])
    assert task.splits["train"] == ()  # it was the test question
    (elsewhere / "copy.json").write_text(json.dumps({"examples": [public]}), encoding="utf-8")
    (same,) = load_benchmark(name, path=elsewhere / "copy.json", screen=0).splits["test"]
    assert (same, same.id) == (question, question.id)
    if name == "truthfulqa":
        assert question.choices["ABC".index(question.gold)] == "right"


def test_the_whole_of_bbh_is_all_its_parts(elsewhere):
    sources = benchmarks()["bbh"].sources
    rows = {
        source.config: {"test": [{"input": f"{source.config}?\nOptions:\n(A) a\n(B) b", "target": "(B)"}]}
        for source in sources
    }
    dataset(elsewhere, "SaylorTwift/bbh", rows)
    questions = load_benchmark("bbh", screen=0).splits["test"]
    assert {q.metadata["task"] for q in questions} == {source.config for source in sources}
    assert len(sources) == 26


def gsm8k(elsewhere, tests=3, trains=9):
    rows = [{"question": f"What is {i} + 1?", "answer": f"So.\n#### {i + 1}"} for i in range(tests + trains)]
    dataset(elsewhere, "openai/gsm8k", {"main": {"train": rows[tests:], "test": rows[:tests]}})


def test_splits_come_from_the_splits_of_the_hub(elsewhere):
    gsm8k(elsewhere)
    splits = load_task("gsm8k", screen=4).splits
    assert {split: len(part) for split, part in splits.items()} == {"train": 5, "screen": 4, "test": 3}
    assert {q.text for q in splits["test"]} == {f"What is {i} + 1?" for i in range(3)}


def test_any_data_set_by_id_with_a_mapping(elsewhere):
    rows = [{"problem": f"What is {i} + 1?", "solution": i + 1} for i in range(12)]
    dataset(elsewhere, "org/data", {"easy": {"dev": rows}})
    fields = {"text": "problem", "gold": "solution"}
    task = load_hub("mine", "org/data", "number", fields, config="easy", split="dev", examples=2, screen=3)
    assert {split: len(part) for split, part in task.splits.items()} == {"train": 2, "screen": 3, "test": 7}
    assert {q.gold: q.text for part in task.splits.values() for q in part}["3"] == "What is 2 + 1?"
    with pytest.raises(TaskError, match=r"org/data \(easy, dev\), row 1: no field 'answer' .*problem, solution"):
        load_hub("mine", "org/data", "number", {**fields, "gold": "answer"}, config="easy", split="dev")
    with pytest.raises(TaskError, match=r"row 1: .* is no answer of kind 'number'"):
        load_hub("mine", "org/data", "number", {**fields, "gold": "problem"}, config="easy", split="dev")
    with pytest.raises(TaskError, match="cannot give 6 worked examples, 6 to screen on"):
        load_hub("mine", "org/data", "number", fields, config="easy", split="dev", examples=6, screen=6)
    with pytest.raises(TaskError, match="`fields` must say which column holds 'gold'"):
        load_hub("mine", "org/data", "number", {"text": "problem"})
    with pytest.raises(TaskError, match="unknown field 'golds'"):
        load_hub("mine", "org/data", "number", {**fields, "golds": "solution"})


def test_a_wrong_configuration_or_split_is_told_in_one_line(elsewhere):
    gsm8k(elsewhere)
    with pytest.raises(TaskError, match=r"openai/gsm8k \(socratic, test\): .*'socratic' not found"):
        hub.rows("mine", "openai/gsm8k", "socratic", "test")
    with pytest.raises(TaskError, match=r"Unknown split .dev.. Should be one of"):
        hub.rows("mine", "openai/gsm8k", "main", "dev")


def test_without_a_network_one_clear_error_at_once():
    started = time.monotonic()
    with pytest.raises(TaskError) as caught:
        load_task("gsm8k")
    assert time.monotonic() - started < 5
    said = str(caught.value)
    assert "\n" not in said
    for part in ("'gsm8k'", "openai/gsm8k (main)", "cannot be reached", "path:", "--path", "file:", "generated"):
        assert part in said


def test_what_was_downloaded_before_is_read_without_a_network(elsewhere):
    import datasets

    gsm8k(elsewhere)
    fresh = load_task("gsm8k")
    shutil.rmtree(elsewhere / "openai")  # as if it had come from the hub: its cache is named by owner and name
    (elsewhere / "cache" / "gsm8k").rename(elsewhere / "cache" / "openai___gsm8k")
    assert load_task("gsm8k").splits == fresh.splits
    assert not datasets.config.HF_HUB_OFFLINE


def config(elsewhere, tasks):
    path = elsewhere / "mine.yaml"
    path.write_text(f"name: mine\nmodel: sim/x\nstrategies: [cot]\ntasks: {tasks}\n", encoding="utf-8")
    return load(path)


def test_an_experiment_names_benchmarks_copies_and_data_sets(elsewhere):
    gsm8k(elsewhere)
    dataset(elsewhere, "org/data", {"easy": {"dev": [{"q": "What is 2 + 2?", "a": "4"}]}})
    (elsewhere / "copies").mkdir()
    (elsewhere / "copies" / "svamp.json").write_text(json.dumps([ROWS["svamp"][1]]), encoding="utf-8")
    mapped = "{name: mine, hub: org/data, config: easy, split: dev, kind: number, fields: {text: q, gold: a}}"
    experiment = config(elsewhere, f"[gsm8k, add1, {{name: svamp, path: copies/svamp.json}}, {mapped}]")
    loaded = {task.name: len(task.splits["test"]) for task in experiment.loaded()}
    assert loaded == {"gsm8k": 3, "add1": 64, "svamp": 1, "mine": 1}


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("{name: x, hub: a/b, file: c.jsonl}", "'x' has file and hub: give one of them"),
        ("{name: x, path: a, file: c.jsonl}", "'x' has path and file: give one of them"),
        ("{name: gsm8k, split: train}", "'gsm8k' has a config or split and no hub"),
        ("{name: gsm8k, fields: {text: q}}", "'gsm8k' maps fields, and has neither file nor hub"),
    ],
)
def test_a_task_with_two_origins_or_with_parts_of_none_is_refused(task, said, elsewhere):
    with pytest.raises(ConfigError, match=said):
        config(elsewhere, f"[{task}]")


def test_names_are_looked_for_among_all_tasks():
    with pytest.raises(TaskError, match=r"no task 'add_1'; did you mean 'add1'\? there is: .*gsm8k"):
        load_task("add_1")
    with pytest.raises(TaskError, match=r"no task 'gsm-8k'; did you mean 'gsm8k'\?"):
        load_task("gsm-8k")
    with pytest.raises(TaskError, match="'add1' reads no local copy; these do: aime,"):
        load_task("add1", path="anything")
