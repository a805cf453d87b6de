"""Verdicts: right for honest programs, and out of reach of those that cheat."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections import Counter, OrderedDict, namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from blocking_sandbox import Blocking
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.sandbox import Limits, Sandbox, SandboxError
from compound.sandbox.inside import wire

DATA = Path(__file__).parents[3] / "shared" / "data"
with_data = pytest.mark.skipif(not DATA.is_dir(), reason="the public files are not at ../shared/data")

ADD = "def add(a, b):\n    return a + b\n"


def test_a_test_passes_fails_or_stops(jail: Blocking) -> None:
    found = jail.test(ADD, ["assert add(1, 2) == 3", "x = 1\nassert add(1, 2) == 4, 'no'", "add(1, '')", "1 +", ""])
    assert [verdict.status for verdict in found] == ["passed", "failed", "error", "error", "passed"]
    assert found[1].detail == "AssertionError: no in: assert add(1, 2) == 4, 'no'"
    assert found[2].detail.startswith("TypeError: unsupported operand") and found[2].detail.endswith("add(1, '')")


def test_long_reports_on_many_tests_all_arrive(jail: Blocking) -> None:
    found = jail.test("", ["assert False, '\U0001f600' * 9999"] * 150, limits=Limits(total=120))
    assert [verdict.status for verdict in found] == ["failed"] * 150 and len(found[149].detail) == 500


def test_a_program_too_long_to_send_is_refused(jail: Blocking) -> None:
    with pytest.raises(SandboxError, match="setup, program cannot be sent"):
        jail.test("#" * (1 << 25), ["pass"])


def test_no_tests_no_verdicts(jail: Blocking) -> None:
    assert jail.test(ADD, []) == []


@pytest.mark.parametrize(
    "program",
    [
        "1 +",
        "raise ValueError('x')",
        "raise SystemExit(0)",
        "import os; os._exit(0)",
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.kill(-1, 9)",
        "x = bytearray(3 << 30)",
        "import sys; sys.exit(0)",
        "",
        "add = 3",
        "'\ud800'",
    ],
)
def test_a_program_that_does_not_load_passes_nothing(jail: Blocking, program: str) -> None:
    assert jail.marks(program, "assert add(1, 2) == 3", "assert add(0, 0) == 0") == ["error"] * 2


def test_a_test_that_hangs_is_late_alone(jail: Blocking) -> None:
    program = ADD + "def hang():\n    while True: pass\n"
    tests = ["assert add(1, 2) == 3", "hang()", "while True: pass", "assert add(1, 2) == 3"]
    assert jail.marks(program, *tests, limits=Limits(seconds=1)) == ["passed", "timeout", "timeout", "passed"]


def test_the_time_of_all_tests_is_bounded(jail: Blocking) -> None:
    tests = ["pass", "while True: pass", "while True: pass", "while True: pass"]
    found = jail.test("", tests, limits=Limits(seconds=30, total=1))
    assert [verdict.status for verdict in found] == ["passed", *["timeout"] * 3]
    assert "not reached within 1 s" in found[3].detail
    assert jail.marks("while True: pass", "pass", "pass", limits=Limits(seconds=0.5)) == ["timeout"] * 2


def test_every_test_starts_from_the_freshly_loaded_program(jail: Blocking) -> None:
    program = "seen = []\ndef visit():\n    seen.append(1)\n    return len(seen)\n"
    assert jail.marks(program, *["assert (visit(), visit()) == (1, 2)"] * 4) == ["passed"] * 4


def test_plain_data_crosses_unchanged(jail: Blocking) -> None:
    values: list[Any] = [
        None,
        True,
        1,
        -(2**200),
        0.1,
        -0.0,
        1j,
        "é\ud800\0",
        b"\xff",
        [1, [2]],
        (1, (2,)),
    ]
    values += [{"a": {1: (2,)}, (1, 2): None}, {1, "x"}, frozenset({(1,)}), [], (), {}, set()]
    check = (
        "y = {0!r}\nx = same(y)\nassert x == y and type(x) is type(y) and (repr(x) == repr(y) or {{*x}} == y), x"
    )
    checks = [check.format(value) for value in values]
    checks += ["import math\nassert math.isnan(same(float('nan')))", "assert same(float('inf')) == float('inf')"]
    assert jail.marks("def same(x): return x", *checks) == ["passed"] * len(checks)


def test_what_is_no_plain_data_is_unsupported_even_under_an_except(jail: Blocking) -> None:
    program = """
class Node: pass
def node(): return Node()
def count():
    yield 1
def deep():
    x = []
    for _ in range(100000): x = [x]
    return x
def huge(): return "x" * (1 << 25)
def same(x): return x
"""
    calls = ["node()", "count()", "deep()", "huge()", "same(print)", "same({1: object()})", "Node()"]
    tests = [f"try:\n    {call}\nexcept BaseException:\n    pass" for call in calls]
    found = jail.test(program, tests)
    assert [verdict.status for verdict in found] == ["unsupported"] * len(calls)
    assert "a value of type Node" in found[0].detail and "in the call of node" in found[0].detail


def test_arguments_changed_in_place_are_changed_for_the_test(jail: Blocking) -> None:
    program = """
def sort(x): x.sort()
def fill(d, s, rows, *, key):
    d["a"] = 1; s.add(2); rows[0].append(9); rows.append([7]); key[0] = "new"; d.pop("b")
"""
    test = """
x = [3, 1, 2]; y = x
assert sort(x) is None and y == [1, 2, 3]
d, s, rows, key = {"b": 2}, {1}, [[1], [2]], ["old"]
first = rows[0]
fill(d, s, rows, key=key)
assert (d, s, rows, key) == ({"a": 1}, {1, 2}, [[1, 9], [2], [7]], ["new"]) and first == [1, 9]
"""
    assert jail.marks(program, test) == ["passed"]


def test_exceptions_arrive_as_their_type(jail: Blocking) -> None:
    program = """
class Empty(LookupError): pass
class Own(Exception): pass
def fail(kind):
    if kind == "key": raise KeyError("k", 1)
    if kind == "empty": raise Empty("e")
    if kind == "own": raise Own
    if kind == "unicode": b"\\xff".decode()
    if kind == "exit": raise SystemExit(0)
    1 / 0
"""
    expected = {
        "key": "KeyError",
        "empty": "Empty",
        "own": "Own",
        "unicode": "UnicodeDecodeError",
        "": "ArithmeticError",
    }
    tests = [
        f"try:\n    fail({name!r})\nexcept {kind} as error:\n    pass\nelse:\n    assert False"
        for name, kind in {**expected, "exit": "SystemExit"}.items()
    ]
    tests += ["try:\n    fail('key')\nexcept KeyError as error:\n    assert error.args == ('k', 1)"]
    tests += ["try:\n    fail('empty')\nexcept LookupError:\n    pass"]
    assert jail.marks(program, *tests) == ["passed"] * len(tests)
    assert jail.marks(program, "fail('exit')", "fail('own')") == ["error"] * 2


def test_the_setup_is_there_on_both_sides_and_wins(jail: Blocking) -> None:
    setup = "import math\ndef double(x):\n    return 2 * x\n"
    program = "import string\nRATE = 3\ndef half(x): return double(x) / 4\ndef double(x): return 0\n"
    program += "def _own(): return 1\n"
    tests = ["assert double(2) == 4 and math.floor(half(1)) == 0", "assert RATE == 3 and _own() == 1"]
    tests += ["assert string.digits[:2] == '01'"]
    assert jail.marks(program, *tests, setup=setup) == ["passed"] * 3
    assert jail.marks(program, "pass", setup="1 / 0") == ["error"]


# Each wants `assert f(1) == 2` (or the like) to pass without knowing how to compute it.
_CHEATS = {
    "says so": "print('passed'); print('ok')\ndef f(x): print('passed'); return 0",
    "exits in the call": "import os\ndef f(x): os._exit(0)",
    "leaves by SystemExit": "def f(x): raise SystemExit(0)",
    "is equal to all": "class Yes:\n    __eq__ = lambda *_: True\n    __hash__ = None\ndef f(x): return Yes()",
    "is an int that is equal to all": "class Yes(int):\n    __eq__ = lambda *_: True\ndef f(x): return Yes(0)",
    "is a list that is equal to all": "class Yes(list):\n    __eq__ = lambda *_: True\ndef f(x): return Yes()",
    "replaces built-ins": """
import builtins
builtins.AssertionError = builtins.BaseException = type("None_", (Exception,), {})
builtins.compile = builtins.exec = lambda *a: None
def f(x): return 0""",
    "defines what tests call": "def abs(x): return 2\ndef sorted(x): return [2]\ndef f(x): return 0\nnot_ = print",
    "kills all it can": "import os\ndef f(x): os.kill(-1, 9)",
    "stops itself": "import os\ndef f(x): os.kill(os.getpid(), 19)",
    "writes to every file": """
import os, struct
def f(x):
    line = b"l" + struct.pack(">I", 3) + b"i\\0\\0\\0\\1\\0" + b"u\\0\\0\\0\\6passed" + b"u\\0\\0\\0\\0"
    for number in range(256):
        for report in (line, struct.pack(">I", len(line)) + line, b"[0, 'passed', '']\\n"):
            try:
                os.set_blocking(number, False); os.write(number, report)
            except OSError:
                pass
    return 0""",
    "claims names that are not its own": """
import sys
wire = sys.modules["compound.sandbox.inside.wire"]
true = ["value", True]
def lie(channel, _):
    names = {"f": ["call"], "__builtins__": ["value", {}], "abs": ["call"], "sum": true, "AssertionError": true}
    wire.send(channel, ["names", names])
sys.modules["compound.sandbox.inside.candidate"].send = lie
def f(x): return 0""",
    "answers before it is asked": """
import sys, threading
wire = sys.modules["compound.sandbox.inside.wire"]
def f(x):
    for _ in range(50): wire.send(4, ["return", True, None]); wire.send(3, ["return", True, None])
    return 0""",
    "floods the judge": "import os\ndef f(x):\n    while True:\n        for n in range(3, 9):\n"
    "            try: os.write(n, b'l' + bytes([255]) * 65536)\n            except OSError: pass",
    "looks for the expected value": """
import gc, os, sys
def f(x):
    frame, texts = sys._getframe(), [repr(sys.argv), repr(dict(os.environ)), sys.stdin.read()]
    while frame:
        texts.append(repr(frame.f_locals) + repr(frame.f_globals)); frame = frame.f_back
    texts += [repr(item) for item in gc.get_objects() if isinstance(item, (str, bytes, list, dict, tuple))]
    for text in texts:
        if (at := text.find("EXPECTED-")) >= 0 and text[at + 9:at + 10].isdigit(): return text[at:at + 12]
    return 0""",
}


@pytest.mark.parametrize("program", _CHEATS.values(), ids=_CHEATS)
def test_a_verdict_cannot_be_forged(jail: Blocking, program: str) -> None:
    tests = [
        "assert f(1) == 2",
        "assert abs(f(1) - 2) < 1e-9",
        "assert not f(1) != 2",
        "assert sorted([f(1)]) == [2] and isinstance(f(1), int)",
        "assert f(1) == 'EXPECTED-731'",
        "try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
    ]
    found = jail.test(program, tests, limits=Limits(seconds=0.3))
    assert not any(verdict.passed for verdict in found), found


def test_a_hostile_test_reaches_nothing_but_its_own_verdict(jail: Blocking, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    hostile = [
        f"open({str(secret)!r})",
        "import socket; socket.create_connection(('127.0.0.1', 1))",
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "raise SystemExit(0)",
        "import os\nfor n in range(3, 99):\n    try: os.write(n, bytes(99))\n    except OSError: pass\nos._exit(0)",
    ]
    found = jail.test(ADD, [*hostile, "assert add(1, 2) == 3"])
    assert [verdict.status for verdict in found] == [*["error"] * len(hostile), "passed"]
    killer = jail.test(ADD, ["assert add(1, 2) == 3", "import os; os.kill(-1, 9)", "assert add(1, 2) == 3"])
    assert [verdict.status for verdict in killer] == ["passed", "error", "error"]


@pytest.mark.slow
def test_sixty_at_once_all_get_their_verdicts(jail: Blocking) -> None:
    sandbox = Sandbox(concurrency=60)

    async def all_of_them() -> list[list[str]]:
        tests = ["assert add({0}, 1) == {0} + 1", "assert add({0}, 1) == 0"]
        jobs = (sandbox.test(ADD, [test.format(i) for test in tests], limits=Limits(seconds=60)) for i in range(60))
        return [[verdict.status for verdict in found] for found in await asyncio.gather(*jobs)]

    assert asyncio.run(all_of_them()) == [["passed", "failed"]] * 60


def rows(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(DATA / name, "rt") as file:
        yield from map(json.loads, file)


async def solved(sandbox: Sandbox, row: dict[str, Any], completion: str) -> bool:
    """Whether a completion of a HumanEval prompt passes the question's test."""
    entry = row["entry_point"]
    setup = row["prompt"][: row["prompt"].index(f"def {entry}(")]
    tests = [f"{row['test']}\ncheck({entry})"]
    return (await sandbox.test(row["prompt"] + completion, tests, setup=setup))[0].passed


@with_data
@pytest.mark.parametrize("count", [8, pytest.param(164, marks=pytest.mark.slow)])
def test_the_canonical_solutions_of_humaneval_pass_and_empty_ones_do_not(jail: Blocking, count: int) -> None:
    asked = random.Random(0).sample(list(rows("gold/HumanEval.jsonl.gz")), count)

    async def both() -> list[bool]:
        jobs = [solved(jail.sandbox, row, row["canonical_solution"]) for row in asked]
        return await asyncio.gather(*jobs, *(solved(jail.sandbox, row, "    return None\n") for row in asked))

    assert asyncio.run(both()) == [True] * count + [False] * count


@with_data
@pytest.mark.slow
def test_recorded_completions_of_humaneval_get_their_recorded_verdicts(jail: Blocking) -> None:
    known = {row["task_id"]: row for row in rows("gold/HumanEval.jsonl.gz")}
    asked = [
        (known[row["question_id"]], sample)
        for row in rows("recorded/codet_humaneval_codegen16b.jsonl.gz")
        for sample in row["samples"][:4]
    ]

    async def all_of_them() -> list[bool]:
        return await asyncio.gather(*(solved(jail.sandbox, row, sample["text"]) for row, sample in asked))

    wrong = [
        (row["task_id"], sample["text"], sample["correct"])
        for (row, sample), passed in zip(asked, asyncio.run(all_of_them()), strict=True)
        if passed != sample["correct"]
    ]
    assert not wrong


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner)
    | st.sets(st.integers() | st.text()) | st.frozensets(st.booleans() | st.binary()),
    max_leaves=8,
)  # fmt: skip


def types(value: Any) -> Any:
    """The type of a value and of all that it holds."""
    if isinstance(value, dict):
        return [types(pair) for pair in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [types(item) for item in value]
    return type(value), Counter(map(type, value)) if isinstance(value, set | frozenset) else None


@settings(max_examples=50)
@given(PLAIN)
def test_decoding_undoes_encoding(value: Any) -> None:
    again = wire.decode(wire.encode(value))
    assert again == value and types(again) == types(value)


@settings(max_examples=50)
@given(st.binary(max_size=60), st.integers(0, 50), PLAIN)
def test_hostile_bytes_give_plain_data_or_garbled(noise: bytes, cut: int, value: Any) -> None:
    for data in (noise, wire.encode(value)[:cut], wire.encode(value)[:cut] + noise):
        try:
            again = wire.decode(data)
        except wire.Garbled:
            continue
        assert types(wire.decode(wire.encode(again))) == types(again)


def test_a_subclass_arrives_as_what_it_extends() -> None:
    pair = namedtuple("pair", "x y")(1, 2)
    again = wire.decode(wire.encode([pair, Counter("aab"), OrderedDict(a=1), type("Text", (str,), {})("t")]))
    assert repr(again) == "[(1, 2), {'a': 2, 'b': 1}, {'a': 1}, 't']"
