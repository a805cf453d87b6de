"""The public files of the benchmarks, where they lie beside the repository: counts, golds, splits, order."""

import csv
import gzip
import json
import random
import re
import shutil
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from compound.answers import check_golds, grade, kind_named
from compound.core import Question, TaskError
from compound.tasks.benchmarks import benchmarks, load_benchmark, names
from compound.tasks.benchmarks.bbh import TASKS
from compound.tasks.benchmarks.dealing import deal
from compound.tasks.benchmarks.game24 import solution
from compound.tasks.benchmarks.mmlu import SUBJECTS

GOLD = Path(__file__).parents[3] / "shared" / "data" / "gold"
published = pytest.mark.skipif(not GOLD.is_dir(), reason="the public files are not at ../shared/data/gold")

# What the papers report, less what the files hold twice (mmlu 105, strategyqa 1, bbh 2), the two questions of bbh
# with two golds each, its 250 answers in brackets and its four broken lists of options.
COUNTS = {
    "aime": 30,
    "aqua": 254,
    "arc_challenge": 1_172,
    "bbh": 6_511 - 2 - 4 - 250 - 4,
    "chess": 1_000,
    "csqa": 1_221,
    "date": 369,
    "game24": 100,
    "gsm8k": 1_319,
    "last_letters": 500,
    "math500": 500,
    "medqa": 300,
    "mmlu": 14_042 - 105,
    "pubmedqa": 1_000,
    "strategyqa": 2_290 - 1,
    "svamp": 1_000,
    "truthfulqa": 100,
}
_TASKS = {}


def public(name, **options):
    """The benchmark from its public files; read once."""
    key = (name, *sorted(options.items()))
    if key not in _TASKS:
        _TASKS[key] = load_benchmark(name, path=GOLD, **{"screen": 0, **options})
    return _TASKS[key]


def records(file):
    """The rows of a public file, as they stand there."""
    with gzip.open(GOLD / file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def plain(question):
    return " ".join(question.text.casefold().split())


def by_text(task, part):
    (question,) = [q for q in task.splits["test"] if part in q.text]
    return question


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@published
@pytest.mark.parametrize("name", COUNTS)
def test_every_gold_grades_as_right_and_the_count_is_the_published_one(name):
    task = public(name)
    assert len(task.splits["test"]) == COUNTS[name]
    for questions in task.splits.values():
        assert all(question.golds for question in questions)
        check_golds(questions)


@published
@pytest.mark.parametrize("name", COUNTS)
def test_choices_have_no_letters_and_hold_the_gold(name):
    for question in public(name).splits["test"]:
        assert (question.kind == "choice") == bool(question.choices)
        if question.choices:
            assert set(question.golds) <= set(question.letters)
            assert all(choice == choice.strip() != "" for choice in question.choices) or name == "mmlu"
            assert not all(
                re.match(rf"\(?{'ABCDEFGHIJKLMNOPQ'[i]}[).:]", c) for i, c in enumerate(question.choices)
            )


@published
@pytest.mark.parametrize("name", COUNTS)
def test_splits_share_no_question_no_id_and_no_passage(name):
    splits = public(name, screen=20).splits
    everything = [question for part in splits.values() for question in part]
    assert len({(q.text, q.choices) for q in everything}) == len({q.id for q in everything}) == len(everything)
    for one, other in (("train", "test"), ("train", "screen"), ("screen", "test")):
        passages = [{q.cluster for q in splits[split]} - {None} for split in (one, other)]
        assert not set.intersection(*passages)
    assert not {plain(q) for q in splits["train"]} & {plain(q) for q in (*splits["test"], *splits["screen"])}
    assert 15 <= len(splits["screen"]) <= 20 if name != "aime" else len(splits["screen"]) == 15


@published
@pytest.mark.parametrize("name", ["gsm8k", "csqa", "bbh", "game24"])
def test_the_seed_alone_decides_the_order(name):
    again = load_benchmark(name, path=GOLD, screen=0)
    assert again.splits == public(name).splits
    other = load_benchmark(name, path=GOLD, screen=0, seed=1)
    assert other.splits["test"] != again.splits["test"]
    assert set(other.splits["test"]) == set(again.splits["test"])


@published
def test_all_golds_of_gsm8k_are_exact():
    """T01: the golds that others misread."""
    rows = records("gsm8k_test.jsonl.gz")
    exact = {row["question"].strip(): int(row["answer"].split("#### ")[1].replace(",", "")) for row in rows}
    read = {q.text: Fraction(kind_named("number").read(q.gold, q)) for q in public("gsm8k").splits["test"]}
    assert read == exact
    assert {"1,450,000", "5,600", "2,125", "-10", "-3"} <= {
        q.gold for split in ("test", "train") for q in public("gsm8k").splits[split]
    }


@published
def test_gsm8k_examples_come_from_its_train_split_only():
    task = public("gsm8k")
    assert len(task.splits["train"]) == 7_473
    trained = {row["question"].strip() for row in records("gsm8k_train.jsonl.gz")}
    assert {question.text for question in task.questions("test", 1)[0].examples} == trained


@published
@pytest.mark.parametrize(
    ("name", "part", "gold", "answer"),
    [
        ("aime", "Let $p$ be the least prime number for which there exists a positive integer $n$", "110", "110"),
        ("aime", "Eight circles of radius $34$ are sequentially tangent", "197", "197"),
        ("math500", "Convert the point $(0,3)$ in rectangular", None, r"\left(3,\frac{\pi}{2}\right)"),
        ("pubmedqa", "Do mitochondria play a role in remodelling lace plant leaves", "A", "yes"),
        ("strategyqa", "Is it common to see frost during some college commencements?", "A", "Yes"),
        ("svamp", "Each pack of dvds costs 76 dollars.", "51", "51.0"),
        ("date", "Yesterday was April 30, 2021. What is the date tomorrow", "05/02/2021", "05/02/2021"),
        ("last_letters", '"Whitney Erika Tj Benito"', "yajo", "Yajo."),
        ("aqua", "A car is being driven, in a straight line", "A", "5(√3 + 1)"),
        ("arc_challenge", "a planet rotates faster after a meteorite impact", "C", "(C)"),
        ("csqa", "A revolving door is convenient for two direction travel", "A", "bank"),
    ],
)
def test_a_question_that_is_known(name, part, gold, answer):
    question = by_text(public(name), part)
    assert gold is None or question.gold == gold
    assert grade(kind_named(question.kind).read(answer, question), question)


@published
def test_aime_golds_lose_their_leading_zeros():
    golds = {question.gold for question in public("aime").splits["test"]}
    assert {"23", "25", "33", "45", "55", "73", "80"} <= golds
    assert all(gold == str(int(gold)) for gold in golds)


@published
def test_arc_labels_that_are_digits_become_letters():
    task = public("arc_challenge")
    assert Counter(len(q.choices) for q in task.splits["test"]) == {4: 1_165, 3: 4, 5: 3}
    rows = records("arc_challenge_test.jsonl.gz")
    numbered = {r["question"]["stem"].strip(): r for r in rows if r["answerKey"] in "12345"}
    assert len(numbered) == 22
    for question in task.splits["test"]:
        if question.text in numbered:
            row = numbered[question.text]
            right = next(c["text"] for c in row["question"]["choices"] if c["label"] == row["answerKey"])
            assert question.choices["ABCDE".index(question.gold)] == right.strip()


@published
def test_any_legal_square_is_right_in_chess():
    question = by_text(public("chess"), "\ng2g3 f7f5 f1\n")
    assert question.gold == ("g2", "h3")
    assert [grade(square, question) for square in ("g2", "h3", "f1", "e2")] == [True, True, False, False]


@published
def test_mmlu_has_its_57_subjects_and_its_passages_make_clusters():
    questions = public("mmlu").splits["test"]
    assert {question.metadata["subject"] for question in questions} == set(SUBJECTS)
    assert len(SUBJECTS) == 57
    history = [question for question in questions if question.cluster]
    assert {q.metadata["subject"].removeprefix("high_school_") for q in history} == {
        "european_history", "us_history", "world_history",
    }  # fmt: skip
    assert len(history) > 600
    assert max(Counter(question.cluster for question in history).values()) == 6


@published
def test_a_part_of_mmlu_and_of_bbh():
    astronomy = load_benchmark("mmlu/astronomy", path=GOLD, screen=0)
    assert len(astronomy.splits["test"]) == 152
    assert {question.metadata["subject"] for question in astronomy.splits["test"]} == {"astronomy"}
    dates = load_benchmark("bbh/date_understanding", path=GOLD, screen=0)
    assert len(dates.splits["test"]) == 250
    assert (astronomy.name, dates.name) == ("mmlu/astronomy", "bbh/date_understanding")
    with pytest.raises(TaskError, match="did you mean 'astronomy'"):
        load_benchmark("mmlu/astronomie", path=GOLD)
    with pytest.raises(TaskError, match="no part 'x' of benchmark 'gsm8k': it has no parts"):
        load_benchmark("gsm8k/x", path=GOLD)
    with pytest.raises(TaskError, match="no part 'dyck_languages'"):
        load_benchmark("bbh/dyck_languages", path=GOLD)


@published
def test_bbh_kinds_options_and_what_is_left_out():
    task = public("bbh")
    kinds = {task: {q.kind for q in task_} for task, task_ in groups(task.splits["test"], "task").items()}
    assert set(kinds) == set(TASKS)
    assert len(TASKS) == 26
    assert {name for name, kind in kinds.items() if kind != {"choice"}} == {
        "multistep_arithmetic_two", "object_counting", "word_sorting",
    }  # fmt: skip
    assert "254 whose answer no kind reads" in task.description
    assert "4 with two different golds" in task.description
    snarks = groups(task.splits["test"], "task")["snarks"]
    assert {len(question.choices) for question in snarks} == {2}
    assert all("Options" not in question.text for question in task.splits["test"])


def groups(questions, key):
    found = {}
    for question in questions:
        found.setdefault(question.metadata[key], []).append(question)
    return found


@published
def test_questions_about_one_passage_share_a_cluster():
    of = groups(public("bbh").splits["test"], "task")
    assert len({q.cluster for q in of["penguins_in_a_table"]}) == 1
    assert len({q.cluster for q in of["logical_deduction_three_objects"]}) == 99
    assert {q.cluster for q in of["hyperbaton"]} == {None}
    assert max(Counter(q.cluster for q in public("date").splits["test"]).values()) == 9


@published
def test_no_position_of_truthfulqa_is_favoured_by_the_order_of_the_file():
    golds = Counter(question.gold for question in public("truthfulqa").splits["test"])
    assert max(golds.values()) < 40


@published
def test_game24_reports_on_the_ranks_901_to_1000():
    task = public("game24")
    with gzip.open(GOLD / "game24.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    reported = {tuple(sorted(map(int, row["Puzzles"].split()))) for row in rows[900:1000]}
    assert {tuple(question.metadata["numbers"]) for question in task.splits["test"]} == reported
    assert len(task.splits["train"]) == 1_262


@published
def test_the_order_of_a_file_changes_nothing(tmp_path):
    """T38."""
    rows = records("csqa_dev.jsonl.gz")
    random.Random(3).shuffle(rows)
    moved = load_benchmark("csqa", path=write(tmp_path / "csqa_dev.jsonl", rows), screen=20)
    assert moved.splits == public("csqa", screen=20).splits


@published
@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".json", ".json.gz", ".csv.gz", ".parquet"])
def test_every_format_gives_the_same_questions(ending, tmp_path):
    rows = records("gsm8k_test.jsonl.gz")[:40]
    path = tmp_path / f"gsm8k_test{ending}"
    if ending == ".parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif ending.startswith(".csv"):
        with gzip.open(path, "wt", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        lines = [json.dumps(row) for row in rows]
        text = "\n".join(lines) if "jsonl" in ending else f"[{','.join(lines)}]"
        path.write_bytes(gzip.compress(text.encode()) if ending.endswith("gz") else b"\xef\xbb\xbf" + text.encode())
    ids = [question.id for question in load_benchmark("gsm8k", path=path, screen=0).splits["test"]]
    assert len(ids) == 40
    assert set(ids) < {question.id for question in public("gsm8k").splits["test"]}


@published
def test_recorded_attempts_at_game24_are_graded_as_they_were():
    """The 20,000 answers behind table 2 of the paper: each expression, right or wrong, and what is none."""
    recorded = GOLD.parent / "recorded"
    kind, agreed = kind_named("game24"), Counter()
    for path in [recorded / f"tot_game24_gpt4_{style}.jsonl.gz" for style in ("cot", "standard")]:
        for record in records(path):
            question = Question("24", "game24", metadata={"numbers": [*map(int, record["question"].split())]})
            for sample in record["samples"][::5]:
                value = kind.parse(sample["text"], question)
                assert value is None or kind.read(value, question) == value
                agreed[grade(value, question) == sample["correct"]] += 1
    assert agreed == {True: 4_000}


def test_the_four_numbers_of_game24_are_solved_exactly():
    question = Question("24", "game24", metadata={"numbers": [3, 3, 8, 8]})
    assert solution((3, 3, 8, 8)) == "8 / (3 - (8 / 3))"
    assert grade(kind_named("game24").read("8/(3-8/3)", question), question)
    assert solution((1, 1, 1, 1)) is None
    assert solution((4, 6)) is not None


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("(10 - 4) * (5 - 1)", "(10-4)*(5-1)"),
        ("(5 - 1) * (10 - 4) = 24", "(10-4)*(5-1)"),
        ("24 = ((10 - 4) * (5 - 1))", "(10-4)*(5-1)"),
        ("$(10 - 4) \\times (5 - 1)$.", "(10-4)*(5-1)"),
        ("[10 − 4] × (5 – 1)", "(10-4)*(5-1)"),
        ("4 - (5 - (10 + 1))", "1+4+10-5"),
        ("4 / (5 / 10)", "4*10/5"),
        ("-4 * 5 + 10 * 6", "6*10-4*5"),
        ("(-4) * 5 + 10", "10+5*(-4)"),
        ("24", None),
        ("6 * 4 = 24 = 24", None),
        ("10 - 4 = 6 (left: 5 6 6)", None),
        ("4 * 6 = 3 * 8", None),
        ("5 / (3 - 3) + 4", None),
        ("2 ** 3 * 3", None),
        ("4.5 * 2", None),
        ("(4 * 6", None),
        ("4 * 6)", None),
        ("__import__('os').abort()", None),
        ("(" * 150 + "1" + ")" * 149, None),
        ("1+" * 99 + "1", "1" + "+1" * 99),
    ],
)
def test_expressions_are_read_and_written_in_one_way(said, value):
    question = Question("24", "game24", metadata={"numbers": [1, 4, 5, 10]})
    assert kind_named("game24").read(said, question) == value
    assert value is None or kind_named("game24").read(value, question) == value


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("(5-1)*(10-4)", True),
        ("4*5+4", False),  # 24, of other numbers
        ("4*(5+1)", False),  # one number is missing
        ("1*4*5+10", False),  # not 24
        ("4*5*10/10+5-1", False),  # 24, with numbers used twice
    ],
)
def test_game24_wants_its_numbers_and_24(value, right):
    question = Question("24", "game24", metadata={"numbers": [1, 4, 5, 10]})
    assert grade(value, question) is right


def test_game24_without_numbers_says_so():
    with pytest.raises(TaskError, match="needs its numbers"):
        grade("4*6", Question("24", "game24"))


def questions(count, **more):
    return [Question(f"What is {i} + 1?", "number", str(i + 1), **more) for i in range(count)]


def test_no_test_question_is_a_worked_example_whatever_its_spacing():
    test = questions(5)
    leaked = Question("what is  3 +\n1?", "number", "4")
    splits, _ = deal({"train": [leaked, *questions(9)[5:]], "test": test}, screen=0, seed=0)
    assert {question.text for question in splits["train"]} == {f"What is {i} + 1?" for i in range(5, 9)}
    assert len(splits["test"]) == 5


def test_screening_questions_come_from_validation_then_train_then_test():
    many = questions(60)
    parts = {"train": many[:30], "screen": many[30:40], "test": many[40:]}
    splits, _ = deal(parts, screen=5, seed=0)
    assert set(splits["screen"]) < set(parts["screen"])
    assert (len(splits["train"]), len(splits["screen"]), len(splits["test"])) == (30, 5, 20)
    splits, _ = deal({"train": many[:30], "test": many[40:]}, screen=5, seed=0)
    assert set(splits["screen"]) < set(parts["train"])
    assert (len(splits["train"]), len(splits["test"])) == (25, 20)
    splits, _ = deal({"test": many}, screen=5, seed=0)
    assert (len(splits["screen"]), len(splits["test"])) == (5, 55)
    assert not set(splits["screen"]) & set(splits["test"])


def test_worked_examples_share_no_text_and_no_passage_with_any_other_split():
    test, screened = questions(5, cluster="5"), Question("What is 7 + 1?", "number", "8")
    examples = [
        Question("Another about passage 5?", "number", "1", cluster="5"),
        Question("WHAT is 7 + 1?", "number", "8"),
        Question("What is 9 + 1?", "number", "10"),
    ]
    splits, _ = deal({"train": examples, "screen": [screened], "test": test}, screen=1, seed=0)
    assert [question.text for question in splits["train"]] == ["What is 9 + 1?"]
    assert splits["screen"] == (screened,)


def test_a_passage_is_never_divided_between_screen_and_test():
    passages = [Question(f"What is {i} + 1?", "number", str(i + 1), cluster=str(i // 3)) for i in range(60)]
    for seed in range(5):
        splits, _ = deal({"test": passages}, screen=10, seed=seed)
        assert len(splits["screen"]) == 9
        assert not {q.cluster for q in splits["screen"]} & {q.cluster for q in splits["test"]}


def test_a_question_with_two_golds_has_none_and_a_repeated_one_counts_once():
    again = [*questions(4), *questions(2), Question("What is 3 + 1?", "number", "5")]
    splits, left_out = deal({"test": again}, screen=0, seed=0)
    assert {question.text for question in splits["test"]} == {f"What is {i} + 1?" for i in range(3)}
    assert left_out == {"that came before": 2, "with two different golds": 2}


def test_a_csv_without_a_header_loses_no_row(tmp_path):
    """T09, and the layout of MMLU: one file a subject and split."""
    for folder, split, row in (("test", "test", "1"), ("dev", "dev", "2"), ("val", "val", "3")):
        (tmp_path / folder).mkdir()
        for subject in ("astronomy", "anatomy"):
            text = f'"Which is {row} of {subject}?",one,"two, too",three,four,B\n'
            (tmp_path / folder / f"{subject}_{split}.csv").write_text(text, encoding="utf-8")
    task = load_benchmark("mmlu", path=tmp_path, screen=5)
    assert {split: {q.text for q in part} for split, part in task.splits.items()} == {
        "train": {"Which is 2 of astronomy?", "Which is 2 of anatomy?"},
        "screen": {"Which is 3 of astronomy?", "Which is 3 of anatomy?"},
        "test": {"Which is 1 of astronomy?", "Which is 1 of anatomy?"},
    }
    assert all(q.gold == "B" and q.choices[1] == "two, too" for q in task.splits["test"])
    assert {q.metadata["subject"] for q in task.splits["test"]} == {"astronomy", "anatomy"}
    assert len(load_benchmark("mmlu/anatomy", path=tmp_path, screen=0).splits["test"]) == 1


def test_a_train_file_alone_is_not_reported_on(tmp_path):
    path = write(tmp_path / "gsm8k_train.jsonl", [{"question": "1?", "answer": "#### 1"}])
    with pytest.raises(TaskError, match=r"no test questions in .*gsm8k_train.jsonl; it holds: 'train'"):
        load_benchmark("gsm8k", path=path)


def test_a_folder_of_other_benchmarks_is_not_read_by_mistake(tmp_path):
    write(tmp_path / "mmlu_pro_test.jsonl", [{"question": "1?", "answer": "#### 1"}])
    with pytest.raises(TaskError, match=r"none of the files in .* has its name"):
        load_benchmark("mmlu", path=tmp_path)
    shutil.move(tmp_path / "mmlu_pro_test.jsonl", tmp_path / "whatever.jsonl")
    assert len(load_benchmark("gsm8k", path=tmp_path, screen=0).splits["test"]) == 1


GOOD = '{"question": "1?", "answer": "#### 1"}\n'


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (
            "a.jsonl",
            GOOD + '{"question": "2?", "anser": "#### 2"}',
            r"row 2: no field 'answer'; .* question, anser",
        ),
        ("a.jsonl", GOOD + '{"question": "2?", "answer": "2"}', r"row 2: .* does not end in '#### N': '2'"),
        ("a.jsonl", GOOD + '{"question": "", "answer": "#### 2"}', r"row 2: the question is empty"),
        ("a.jsonl", GOOD + '{"question": 2, "answer": "#### 2"}', r"row 2: not a row of this benchmark"),
        ("a.jsonl", GOOD + "[1]", r"row 2: not a JSON object"),
        ("a.jsonl", GOOD + "{", r"row 2: not JSON"),
        ("a.json", "7", r"neither a list of rows"),
        ("a.jsonl", b"\xff\xfe", r"cannot be read: 'utf-8' codec"),
        ("a.jsonl.gz", gzip.compress(GOOD.encode() * 99)[:-9], r"cannot be read: Compressed file ended"),
        ("a.jsonl.gz", GOOD, r"cannot be read: Not a gzipped file"),
        ("a.csv", "question,answer\n1?\n", r"row 2: 1 values in 2 columns"),
        ("a.parquet", GOOD, r"not a Parquet file"),
        ("a.jsonl", "", r"no test questions in .*; it holds: nothing"),
        ("a.txt", GOOD, r"not one of .jsonl"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_that_names_it(file, content, said, tmp_path):
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TaskError, match=said) as caught:
        load_benchmark("gsm8k", path=path)
    assert file in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_gold_that_is_none_of_the_options_is_refused(tmp_path):
    row = {"question": "1?", "options": ["A)1", "B)2"], "correct": "C"}
    with pytest.raises(TaskError, match="row 1: gold 'C' is none of the 2 options"):
        load_benchmark("aqua", path=write(tmp_path / "aqua_test.jsonl", [row]))


def test_paths_that_are_not_there(tmp_path):
    with pytest.raises(TaskError, match="no such file or folder"):
        load_benchmark("gsm8k", path=tmp_path / "nothing")
    with pytest.raises(TaskError, match="no file in it that ends in"):
        load_benchmark("gsm8k", path=tmp_path)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(TaskError, match="did you mean 'gsm8k'"):
        load_benchmark("gsm-8k")


def test_every_benchmark_has_a_test_split_and_says_what_it_is():
    assert len(names()) >= 18
    for benchmark in benchmarks().values():
        assert benchmark.splits["test"]
        assert set(benchmark.splits) <= {"train", "screen", "test", "prompt"}
        assert benchmark.description and all(source.hub.count("/") == 1 for source in benchmark.sources)
