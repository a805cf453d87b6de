"""Mathematics: read from text, compared symbolically, in a process that hostile formulas cannot hurt."""

import asyncio
import gc
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compound.answers import grade, parse
from compound.answers.math import COMPARER, Math, comparer, equal, kind, tally, value_of
from compound.answers.math import worker as worker_module
from compound.answers.math.worker import Overrun, Worker
from compound.core import Question, Sample, UserError

GOLD = Path(__file__).parents[2].parent / "shared" / "data" / "gold"
QUESTION = Question("q", "math", "1")


def read(text, finish="stop"):
    return parse(Sample(text, finish=finish), QUESTION)


def canonical(text):
    return Math().read(text, QUESTION)


def classes(*texts):
    """How the answers fall into classes, as sets of their positions."""
    values = [canonical(text) for text in texts]
    assert None not in values, list(zip(texts, values, strict=True))
    names = Math().classes(values)
    return {frozenset(i for i, name in enumerate(names) if name == one) for one in names}


def golds(name, number):
    path = GOLD / name
    if not path.exists():
        pytest.skip(f"no {path}: the public data is not beside the repository")
    found = [str(json.loads(line)["answer"]) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert len(found) == number
    return found


@pytest.fixture
def fresh(monkeypatch):
    """A comparer of its own: nothing known, nothing counted."""
    own = comparer._Comparer(Worker(seconds=3.0))
    for module in (comparer, kind):
        monkeypatch.setattr(module, "COMPARER", own)
    yield own
    own.worker.close()


# ---- reading


def test_t03_boxes_may_nest_come_twice_and_be_followed_by_text():
    assert read(r"\boxed{\frac{1}{\sqrt{2}}} and so on, 7 times") == r"\frac{1}{\sqrt{2}}"
    assert read(r"first \boxed{1}, then \boxed{\left\{ 2, \frac{\pi}{3} \right\}} for 9") == r"\{2,\frac{\pi}{3}\}"
    assert read(r"\boxed{{3}} is it, } and { too") == "3"
    assert read(r"so \boxed{\text{Evelyn}}") == "evelyn"
    assert read(r"\boxed{\boxed{5}}") == "5"


def test_t05_fractions_keep_both_parts_and_tuples_are_no_numbers():
    assert read(r"\boxed{(3,4)}") == "(3,4)"
    assert read("Answer: (3, 4)") == "(3,4)"
    assert read(r"\boxed{\frac{14}{3}}") == "14/3"
    assert read(r"\boxed{1,200}") == "1200"
    assert read(r"\boxed{(1,200)}") == "(1,200)"
    assert read("Answer: 1 450 000") is None
    assert len(classes("(3,4)", "34", "3,4", r"\{3,4\}", "[3,4)", "(4,3)", "(3,4]")) == 6
    assert read("so x + 7 = 12 and we have 1", "length") is None
    assert read(r"so \boxed{12", "length") is None
    assert read(r"so \boxed{12} since", "length") == "12"


def test_t06_spellings_of_one_half_are_one_class():
    spellings = [r"\frac{1}{2}", "0.5", "1/2", ".50", r"\frac12", r"\dfrac 1 2", r"$\tfrac{2}{4}$", "½", r"x = 0.5",
                 r"\frac{\sqrt{4}}{4}", r"\sin\frac{\pi}{6}", r"2^{-1}",
                 r"0.5\text{ meters}", r"50/100"]  # fmt: skip
    assert classes(*spellings) == {frozenset(range(len(spellings)))}


def test_t13_grouping_is_the_closure_and_does_not_depend_on_the_order():
    # y=2k equals 2k, and so does z=2k: by closure the three are one class.
    assert classes("y=2k", "z=2k") == {frozenset({0}), frozenset({1})}
    assert classes("y=2k", "z=2k", "2k") == {frozenset({0, 1, 2})}
    assert classes("2k", "z=2k", "y=2k") == {frozenset({0, 1, 2})}


PMATRIX = r"\begin{pmatrix}0.5&0\\0&1\end{pmatrix}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The answer is $\\frac{1}{2}$.", "0.5"),
        ("The answer is 5 because 2 + 3 is 5", "5"),
        ("Answer: x = 5", "5"),
        ("Answer: $x=1$ and $x=2$", r"\{1,2\}"),
        (r"\boxed{x=1 \text{ or } x=-2}", r"\{-2,1\}"),
        (r"\boxed{x=1, y=2}", "x=1,y=2"),
        (r"\boxed{\$18.90}", "18.9"),
        ("Answer: $18.90", "18.9"),
        (r"\boxed{50\%}", "50"),
        (r"\boxed{90^\circ}", "90"),
        (r"\boxed{864 \mbox{ inches}^2}", "864"),
        ("Answer: 12 square feet", "12"),
        (r"\boxed{10,\!080}", "10080"),
        (r"\boxed{137 \frac{1}{2}}", "137.5"),
        (r"\boxed{-1\frac{4}{5}}", "-1.8"),
        ("Answer: 137 1/2", "137.5"),
        (r"\boxed{1 \pm \sqrt{19}}", r"\{1+\sqrt{19},1-\sqrt{19}\}"),
        (r"\boxed{\text{(C)}}", "C"),
        ("Answer: sqrt(2)/2", r"\sqrt{2}/2"),
        ("Answer: 2π", r"2\pi"),
        (r"\boxed{x \in [-2,7]}", "[-2,7]"),
        (r"\boxed{-2 \le x \le 7}", "[-2,7]"),
        (r"\boxed{x \in (-\infty, 2) \cup (3, \infty)}", r"(-\infty,2)\cup(3,\infty)"),
        (r"\boxed{x < 2 \cup x > 3}", r"(-\infty,2)\cup(3,\infty)"),
        (r"\boxed{2 < x}", r"(2,\infty)"),
        (r"\boxed{(2,3) \cup (-\infty,0]}", r"(-\infty,0]\cup(2,3)"),
        (r"\boxed{\begin{bmatrix} \frac12 & 0 \\ 0 & 1 \end{bmatrix}}", PMATRIX),
        (r"\boxed{17 \cdot 23 = 391}", "391"),
        (r"\boxed{10^{10}}", "10000000000"),
        ("Hence the total is $12$.", "12"),
        ("Answer: unknown", None),
        ("Answer: not 5", None),
        ("I don't know", None),
        ("Answer: it depends on what is asked of us here and by whom it is asked", None),
        ("", None),
        (r"\boxed{}", None),
        (r"\boxed{ }", None),
    ],
)
def test_what_a_reply_states_is_read(text, value):
    assert read(text) == value


SAME = [
    (r"\frac{1}{\sqrt{3}}", r"\frac{\sqrt3}{3}"), ("2(k+1)", "2k+2"), (r"3\sqrt{13}", r"\sqrt{117}"),
    (r"\cot x", r"\frac{1}{\tan x}"), ("y=2x+3", "2x-y+3=0"), ("y=2x+3", "2x+3"), (r"e^{i\pi}", "-1"),
    (r"\sqrt{5+2\sqrt6}", r"\sqrt2+\sqrt3"), (r"(3,\frac{1}{\sqrt2})", r"(3,\frac{\sqrt2}{2})"),
    (r"\log_2 8", "3"), (r"\{2,1\}", "1, 2"), ("6-5i", "-5i+6"), (r"0.1\pi", r"\frac{\pi}{10}"), ("10!", "3628800"),
    (r"\{1\pm\sqrt{5},-2\}", r"\{-2,1-\sqrt5,1+\sqrt5\}"), (r"\text{Evelyn}", "evelyn"), (r"x^{1/2}", r"\sqrt{x}"),
]  # fmt: skip
DIFFERENT = [
    ("1.00", "1.02"), ("0.333333", "1/3"), ("1.4142135623730950488016887242096980785697", r"\sqrt2"),
    (r"\sqrt{2}", r"\sqrt{3}"), ("52_8", "52"), ("52_8", "42"), ("50%", "0.5"), ("(1,2)", "(1,2]"), ("x+1", "x+2"),
    (r"\sqrt{x^2}", "x"), ("evelyn", "5"), (r"10^{-60}\sqrt2", r"2\cdot 10^{-60}\sqrt2"), ("x=1,y=2", "x=2,y=1"),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1&2\end{pmatrix}"), ("y=2x", "y=3x"), (r"\pi", "3.14"),
    (r"\pi", "3.14159265358979323846"), (r"\infty", r"-\infty"), ("p-q", "q-p"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equal_formulas_are_one_class_and_grade_as_right(one, other):
    assert len(classes(one, other)) == 1
    for said, gold in ((one, other), (other, one)):
        question = Question("q", "math", gold)
        assert grade(parse(Sample(rf"\boxed{{{said}}}"), question), question)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_formulas_are_two_classes_and_grade_as_wrong(one, other):
    assert len(classes(one, other)) == 2
    question = Question("q", "math", other)
    assert not grade(parse(Sample(rf"\boxed{{{one}}}"), question), question)


@pytest.mark.parametrize(("name", "number"), [("math500.jsonl.gz", 500), ("aime24.jsonl.gz", 30)])
def test_t08_every_gold_grades_as_right_and_its_value_is_canonical(name, number):
    right = 0
    for gold in golds(name, number):
        question = Question("q", "math", gold)
        value = parse(Sample(rf"Therefore \boxed{{{gold}}}."), question)
        assert canonical(value) == value
        right += grade(value, question)
    assert right == number


def test_the_golds_of_math_500_are_290_values_and_their_numbers_need_no_worker(fresh):
    values = [canonical(gold) for gold in golds("math500.jsonl.gz", 500)]
    assert len(set(values)) == 290
    numbers = [value for value in values if value_of(value).shape == "number"]
    assert len(numbers) == 401
    assert Math().classes(numbers) == numbers
    assert fresh.tally.asked == fresh.worker.starts == 0


# ---- properties


def formulas():
    leaf = st.one_of(
        st.integers(0, 40).map(str),
        st.sampled_from(["x", "y", r"\pi", r"\sqrt{2}", r"\sqrt{3}", "0.5", r"\frac{2}{3}", "i"]),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", r"\cdot "]), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
            st.tuples(inner, inner).map(lambda t: rf"\frac{{{t[0]}}}{{1+{t[1]}^{{2}}}}"),
            inner.map(lambda t: f"({t})^{{2}}"),
        ),
        max_leaves=5,
    )


def never(one, other):
    return False


@given(formulas(), formulas())
def test_equality_is_symmetric_and_reflexive(one, other):
    a, b = canonical(one), canonical(other)
    assert a is not None
    assert b is not None
    assert equal(a, a, never)
    assert equal(a, b, never) == equal(b, a, never)
    asked = []
    equal(a, b, lambda x, y: bool(asked.append((x, y))))
    first = list(asked)
    asked.clear()
    equal(b, a, lambda x, y: bool(asked.append((x, y))))
    assert asked == first, "the worker is asked the same question"


@given(formulas(), formulas())
def test_sums_and_products_commute_without_the_worker(one, other):
    for sign in ("+", r"\cdot "):
        a, b = canonical(f"({one}){sign}({other})"), canonical(f"({other}){sign}({one})")
        assert equal(a, b, never) or value_of(a).formal is None


@given(formulas())
def test_a_canonical_value_reads_as_itself_and_one_more_is_different(text):
    value = canonical(text)
    assert canonical(value) == value
    more = canonical(f"({text})+1")
    assert not equal(value, more, never)


SPELLINGS = ["0.5", r"\frac{1}{2}", r"\sqrt{2}", r"\frac{2}{\sqrt{2}}", "2k+2", "2(k+1)", "(3,4)", "3,4",
             "evelyn",
             "y=2k+2", r"\sin^2 x+\cos^2 x", "1", r"\pi", "[3,4]"]  # fmt: skip
CANONICAL = [canonical(text) for text in SPELLINGS]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(CANONICAL), max_size=12), st.randoms(use_true_random=False))
def test_classes_are_a_partition_that_no_order_changes(values, rng):
    names = Math().classes(values)
    assert len(names) == len(values)
    assert set(names) <= set(values)
    assert all(names[values.index(name)] == name for name in names), "a representative represents itself"
    order = rng.sample(range(len(values)), len(values))
    assert Math().classes([values[i] for i in order]) == [names[i] for i in order]


# ---- hostile text

UNITS = [r"\boxed{", "{", "}", "(", r"\frac", r"\frac{1}{", r"\sqrt{", r"\left(", "^", "^{9", "_", r"\text{", "!",
         "$", "1,", "9", "x", "=", r"\pm", r"\cup", r"\begin{pmatrix}", r"\\", "&", " and ", "answer is $", r"\(",
         "\ud800", "\0", "a b ", "½", "√", "9^", "1/", r"\sin ", "\\", "|", ",", "{,}", "sqrt(", ".", "1.", "_{",
         "<"]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_a_hundred_kilobytes_are_read_in_a_moment(unit):
    began = time.process_time()
    for text in (unit * (100_000 // len(unit)), rf"\boxed{{{unit * (290 // len(unit))}}}", f"Answer: {unit * 40}"):
        for finish in ("stop", "length"):
            value = read(text, finish)
            assert value is None or (len(value) <= 1600 and canonical(value) is not None)
    assert time.process_time() - began < 3.0


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.one_of(st.sampled_from([*UNITS, "1", "x", "+", "}"]), st.text(max_size=4)), max_size=40))
def test_no_text_raises_and_no_comparison_of_what_was_read_does(parts):
    said = "".join(parts)
    value = read(rf"\boxed{{{said}}}") or read(f"Answer: {said}")
    if value is None:
        return
    assert isinstance(value, str)
    assert value.encode("utf-8")
    assert equal(value, value, never)
    assert equal(value, "7", never) == equal("7", value, never)


PAYLOADS = [
    r"\boxed{__import__(" "os" ").system(" "touch HACKED" ")}",
    r'\boxed{__import__("os").system("touch HACKED")}',
    r"Answer: __import__('os').system('touch HACKED')",
    r"\boxed{eval(compile('open(chr(72)+chr(65),chr(119))','','exec'))}",
    r"\boxed{[c for c in ().__class__.__base__.__subclasses__()]}",
    r"\boxed{x.__class__}",
    r"\boxed{\sin(exit())}",
    r"\boxed{S('open(\"HACKED\",\"w\")')}",
    r"\boxed{\input{/etc/passwd}}",
    r"\boxed{\write18{touch HACKED}}",
]


def test_t43_a_payload_is_executed_nowhere(tmp_path, monkeypatch, fresh):
    monkeypatch.chdir(tmp_path)
    for payload in PAYLOADS:
        value = read(payload)
        if value is not None:
            assert Math().classes([value, "x", "2", r"\sin x"])[0] == value
            assert not grade(value, Question("q", "math", r"\sin x"))
    assert Math().classes([r"\frac{\sqrt{4}}{4}", "0.5"]) == ["0.5", "0.5"], "the worker lives"
    assert list(tmp_path.iterdir()) == []


HUGE = ["1000000!", "9^{9^{9^{9}}}", "9^{9^{9}}", "10^{100000}", "(10^{9})!", "99999!!", "x^{99999999}",
        "2^{2^{2^{2^{2^{2}}}}}", r"\sqrt[99999]{2}", "(x+1)^{9999}", "7" * 250]  # fmt: skip


def test_huge_numbers_cost_a_moment(fresh):
    began = time.monotonic()
    values = [value for text in HUGE if (value := read(rf"\boxed{{{text}}}")) is not None]
    assert len(values) >= 9
    names = Math().classes([*values, "3", "x", r"\pi"])
    assert names == [*values, "3", "x", r"\pi"]
    assert time.monotonic() - began < 25, "at most three comparisons are killed, each after three seconds"
    assert fresh.tally.overruns <= kind.MOST_OVERRUNS


# ---- the worker


def test_importing_and_cheap_comparisons_start_no_process_and_import_no_sympy():
    code = (
        "import sys, compound.answers as a, compound.answers.math as m; from compound.core import Question as Q;"
        "assert a.grade('0.5', Q('q', 'math', r'\\frac{1}{2}')); assert not a.grade('7', Q('q', 'math', r'2\\pi'));"
        "assert m.COMPARER.worker.pid is None;"
        "print([n for n in ('sympy', 'math_verify', 'numpy', 'asyncio') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_comparison_that_takes_too_long_is_killed_and_the_next_works():
    worker = Worker(seconds=3.0)
    try:
        assert worker.equal(r"\sqrt{4}", "2") is True
        first = worker.pid
        worker.seconds = 0.5
        began = time.monotonic()
        with pytest.raises(Overrun):
            worker.equal("(x+y+z+1)^{400}", "(x+y+z+2)^{400}")
        assert time.monotonic() - began < 2
        assert worker.pid is None
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
        worker.seconds = 5.0
        assert worker.equal(r"\sqrt{9}", "3") is True
        assert worker.starts == 2
    finally:
        worker.close()


def test_a_worker_killed_from_outside_comes_back_and_the_answer_is_right():
    worker = Worker()
    try:
        assert worker.equal(r"\sqrt{4}", "2") is True
        os.kill(worker.pid, signal.SIGKILL)
        time.sleep(0.2)
        assert worker.equal(r"\sqrt{9}", "3") is True
        assert worker.starts == 2
    finally:
        worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_a_comparison_that_takes_too_much_memory_ends_the_worker_and_the_next_works():
    worker = Worker(seconds=30.0, megabytes=400)
    try:
        began = time.monotonic()
        with pytest.raises(Overrun):
            worker.equal("2^{2^{33}}+x", "x+1")  # a number of one gigabyte
        assert time.monotonic() - began < 25, "ended by the limit of memory, not of time"
        assert worker.equal(r"\sqrt{9}", "3") is True
        assert worker.starts == 2
    finally:
        worker.close()


def test_garbage_in_the_worker_is_no_equality_and_no_crash():
    worker = Worker()
    try:
        for garbage in (
            "",
            "{",
            r"\frac",
            "\\" * 50,
            "(" * 200,
            r"\unknown{x}",
            "__import__('os')",
            "\0",
            "\ud800",
        ):
            assert worker.equal(garbage, "1") is False
        assert worker.starts == 1
    finally:
        worker.close()


def test_eight_threads_share_one_worker(fresh):
    pairs = [(rf"\sqrt{{{n * n}}}", str(n)) for n in range(2, 18)] + [
        (rf"\sqrt{{{n}}}", f"{n}") for n in range(2, 18)
    ]
    wanted = [True] * 16 + [False] * 16
    mixed = list(zip(pairs, wanted, strict=True)) * 4
    random.Random(3).shuffle(mixed)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda job: grade(job[0][0], Question("q", "math", job[0][1])), mixed))
    assert found == [wanted for _, wanted in mixed]
    assert fresh.worker.starts == 1
    assert fresh.tally.asked == 64, "the unequal ones are known to differ by their value"


def test_it_works_on_the_background_loop_and_inside_a_running_one(fresh):
    from compound.models.session import hop, wait_for

    async def vote():
        return Math().classes([r"\frac{1}{\sqrt{3}}", r"\frac{\sqrt{3}}{3}", "2"])

    wanted = [r"\frac{1}{\sqrt{3}}", r"\frac{1}{\sqrt{3}}", "2"]
    assert threading.current_thread() is threading.main_thread()
    assert wait_for(vote()) == wanted
    assert asyncio.run(hop(vote())) == wanted
    assert fresh.worker.starts == 1


def test_results_are_kept_by_the_unordered_pair(fresh):
    for one, other in [(r"\sqrt{4}", "2"), ("2", r"\sqrt{4}")] * 5:
        assert Math().classes([one, other]) == ["2", "2"]
        assert grade(one, Question("q", "math", other))
    assert (fresh.tally.asked, fresh.tally.kept, fresh.worker.starts) == (20, 19, 1)


def test_the_cap_falls_back_to_comparing_as_text_and_is_counted(fresh, monkeypatch):
    monkeypatch.setattr(kind, "MOST_COMPARISONS", 3)
    values = [rf"\sqrt{{{n}}}\sqrt{{{n}}}" for n in (20, 30, 50)] + ["20", "30", "50", r"\cot x", r"\tan x"]
    orders = [values, values[::-1], sorted(values)]
    found = [dict(zip(order, Math().classes(order), strict=True)) for order in orders]
    assert found[0] == found[1] == found[2]
    assert fresh.tally.capped == 3
    assert fresh.tally.asked == 9, "known results count, so what is known changes no class"
    monkeypatch.setattr(kind, "MOST_COMPARISONS", 200)
    assert len(set(Math().classes(values))) == 5
    assert fresh.tally.capped == 3


def test_after_three_overruns_a_question_is_compared_as_text(fresh, monkeypatch):
    asked = []

    def overrun(one, other):
        asked.append((one, other))
        raise Overrun

    monkeypatch.setattr(fresh.worker, "equal", overrun)
    values = [rf"\cot {letter}" for letter in "abcdefgh"]
    assert Math().classes(values) == values
    assert len(asked) == fresh.tally.overruns == 3
    assert fresh.tally.capped == 1


def test_without_math_verify_only_a_symbolic_comparison_complains(fresh, monkeypatch):
    monkeypatch.setattr(worker_module, "find_spec", lambda name: None)
    values = [canonical(text) for text in ("0.5", r"\frac{1}{2}", "(1,2)", r"\sqrt{2}", "x+1")]
    assert Math().classes(values) == ["0.5", "0.5", "(1,2)", r"\sqrt{2}", "x+1"]
    assert grade(canonical(r"\frac{1}{2}"), Question("q", "math", "0.5"))
    with pytest.raises(UserError, match=r"pip install 'compound\[math\]'"):
        Math().classes([r"\cot x", r"\frac{1}{\tan x}"])


def test_mixed_groups_of_the_math_kind_are_counted(fresh):
    from compound.answers.equivalence import mixed_groups

    values = ["0.5", r"\frac{\sqrt{4}}{4}", "7", None]
    assert mixed_groups(Math(), values, {"0.5": True, r"\frac{\sqrt{4}}{4}": False, "7": False}) == 1
    assert mixed_groups(Math(), values, {"0.5": True, r"\frac{\sqrt{4}}{4}": True, "7": False}) == 0


SCRIPT = r"""
import os, sys, time
from compound.answers.math import Math, COMPARER
assert Math().classes([r"\sqrt{4}", "2"]) == ["2", "2"]
print(COMPARER.worker.pid, flush=True)
"""


def run(more):
    return subprocess.run([sys.executable, "-c", SCRIPT + more], capture_output=True, text=True, timeout=120)


def gone(pid):
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(os.name != "posix", reason="signals and forks")
@pytest.mark.parametrize("end", ["", "os._exit(0)", "os.kill(os.getpid(), 9)", "sys.exit(3)"])
def test_the_worker_ends_with_its_parent_however_that_ends(end):
    done = run(end)
    assert done.stderr == ""
    assert gone(int(done.stdout.split()[0]))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_starts_its_own_worker_and_leaves_the_parents_alone():
    done = run(r"""
import warnings
warnings.simplefilter("ignore")
child = os.fork()
if not child:
    assert COMPARER.worker.pid is None
    ok = Math().classes([r"\sqrt{9}", "3"]) == ["3", "3"] and COMPARER.worker.starts == 2
    print(COMPARER.worker.pid, flush=True)
    sys.exit(0 if ok else 1)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
pid = COMPARER.worker.pid
assert Math().classes([r"\sqrt{16}", "4"]) == ["4", "4"]
assert COMPARER.worker.starts == 1 and COMPARER.worker.pid == pid
print(code)
""")
    parents, childs, code = done.stdout.split()
    assert code == "0", done.stderr
    assert parents != childs
    assert gone(int(parents))
    assert gone(int(childs))


def test_the_worker_gets_no_keys(fresh, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert fresh.worker.equal(r"\sqrt{4}", "2")
    environ = Path(f"/proc/{fresh.worker.pid}/environ")
    if not environ.exists():
        pytest.skip("no /proc")
    assert b"sk-secret" not in environ.read_bytes()


def test_a_closed_worker_leaves_no_thread_and_no_open_pipe():
    worker = Worker()
    before = {thread.name for thread in threading.enumerate()}
    assert worker.equal(r"\sqrt{4}", "2")
    process = worker._process
    worker.close()
    for _ in range(100):
        if process.stdout.closed:
            break
        time.sleep(0.02)
    assert process.stdin.closed
    assert process.stdout.closed
    assert process.returncode is not None
    gc.collect()
    assert "math worker" not in {thread.name for thread in threading.enumerate()} - before


@pytest.mark.slow
def test_recorded_answers_to_math_grade_as_they_were_graded(fresh):
    path = GOLD.parent / "recorded" / "qwenmath_math100_n8_rm.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no {path}")
    agreed = total = unread = 0
    for line in gzip.decompress(path.read_bytes()).splitlines():
        item = json.loads(line)
        question = Question(item["question"], "math", item["gold"])
        for sample in item["samples"]:
            value = parse(Sample(sample["text"]), question)
            unread += value is None
            agreed += grade(value, question) == sample["correct"]
            total += 1
    # The one that differs: the gold 10000, the answer 10000, and a recorded verdict of "wrong".
    assert (total, agreed, unread) == (800, 799, 0)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(formulas(), formulas())
def test_the_worker_is_symmetric_and_agrees_with_what_was_decided_without_it(one, other):
    a, b = canonical(one), canonical(other)
    left, right = comparer._sendable(a), comparer._sendable(b)
    assume(left is not None and right is not None)
    # x/(1+i^2) has no value; it is equal to itself here, and to nothing for sympy.
    assume(all(value.exact is not None or value.numeric for value in (value_of(a), value_of(b))))
    try:
        there, back = COMPARER.worker.equal(left, right), COMPARER.worker.equal(right, left)
    except Overrun:
        return
    assert there == back
    asked = []
    cheap = equal(a, b, lambda x, y: bool(asked.append(1)))
    assert asked or cheap == there, (a, b, tally())
