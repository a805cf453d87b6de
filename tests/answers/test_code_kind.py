"""Programs: read from replies, written in one way, hostile ones refused; graded in the sandbox by hidden tests."""

from __future__ import annotations

import ast
import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.answers import check_golds, grade, grades, kind_named, parse
from compound.core import Question, Sample, SandboxError, TaskError

PROMPT = 'import math\n\n\ndef area(r):\n    """The area.\n    >>> area(0)\n    0.0\n    """\n'
META = {
    "prompt": PROMPT,
    "entry_point": "area",
    "setup": "import math",
    "tests": ["assert area(0) == 0", "assert abs(area(2) - 4 * math.pi) < 1e-9"],
    "visible": ["assert area(0) == 0.0"],
}
QUESTION = Question("The area of a circle.", "code", "def area(r): return math.pi * r * r", metadata=META)
BODY = "    return math.pi * r ** 2\n"
WHOLE = "def area(r):\n    return math.pi * r ** 2"
CODE = kind_named("code")


def said(text: str, question: Question = QUESTION, finish: str = "stop") -> str | None:
    return parse(Sample(text, finish=finish), question)


def fenced(source: str, language: str = "python") -> str:
    return f"```{language}\n{source}\n```"


@pytest.mark.parametrize(
    "reply",
    [
        fenced(WHOLE),
        fenced(WHOLE, ""),
        f"Think of circles.\n\n{fenced('x = 1')}\nBetter:\n{fenced(WHOLE)}\nDone.",
        f"{fenced(WHOLE)}\nUse it so:\n{fenced('print(area(2))')}\n{fenced('12.56', 'text')}",
        f"1. First:\n   {fenced(WHOLE)}".replace("\n", "\n   "),
        f"~~~py\n{WHOLE}\n~~~",
        f"````python\n{WHOLE}\n````",
        f"Here.\n```python\n{WHOLE}",
        WHOLE,
        f"\r\n{WHOLE}\r\n".replace("\n", "\r\n"),
        '# By definition:\ndef area(r):\n    """The area."""\n    # pi r squared\n    return (math.pi * (r ** 2))',
    ],
)
def test_one_program_is_read_from_many_replies(reply: str) -> None:
    assert said(reply) == WHOLE


def test_a_bare_body_continues_the_prompt() -> None:
    whole = f"import math\n\n{WHOLE}"
    assert said(BODY) == said("    # squared\n\n" + BODY) == said(fenced(BODY)) == said(PROMPT + BODY) == whole
    assert said(BODY + "\n\ndef other():\n    return 1\n") == f"{whole}\n\ndef other():\n    return 1"
    bare = Question("q", "code", metadata={"entry_point": "area"})
    assert said(BODY, bare) is None


def test_an_indented_whole_function_is_not_put_inside_the_one_of_the_prompt() -> None:
    assert said("\n".join("    " + line for line in WHOLE.split("\n"))) == WHOLE


@pytest.mark.parametrize(
    "reply",
    [
        "", "   ", "I cannot do that.", "area", "    # nothing\n", "    ####", fenced("def area(r"),
        fenced("def volume(r): return r"), fenced("{'area': 1}", "json"), "def area(r):\n\0    return 1",
        "def area(r):\n    return 1 +", f"The function is {WHOLE}", "return 1", "    return (",
    ],
)  # fmt: skip
def test_what_does_not_define_the_function_abstains(reply: str) -> None:
    assert said(reply) is None


def test_a_truncated_reply_counts_only_if_its_fence_was_closed() -> None:
    closed = f"{fenced(WHOLE)}\nAs you can"
    assert said(closed, finish="length") == WHOLE
    assert said(f"{closed} see\n```python\ndef area(r): return 0", finish="length") == WHOLE
    assert said(f"```python\n{WHOLE}", finish="length") is None
    assert said(WHOLE, finish="length") is None
    assert said(BODY, finish="length") is None


def test_programs_that_differ_in_layout_only_are_one_and_others_are_not() -> None:
    same = ["def f(a,b): return a+b", "def f(a, b):\n\t'''Add.'''\n\treturn (a + b)  # sum"]
    question = Question("q", "code", metadata={"entry_point": "f"})
    assert len({said(text, question) for text in same}) == 1
    assert (
        len({said(t, question) for t in (same[0], "def f(a, b): return b + a", "def f(x, y): return x + y")}) == 3
    )
    assert CODE.classes(["a", "b", "a"]) == ["a", "b", "a"]


def test_a_literal_keeps_its_spaces_and_empty_lines() -> None:
    source = "def area(r):\n    x = '''a\n   \n  b'''\n    return x"
    value = said(fenced(source))
    assert value is not None
    assert ast.literal_eval(ast.parse(value).body[0].body[0].value) == "a\n   \n  b"  # type: ignore[attr-defined]


@given(st.sampled_from([WHOLE, PROMPT + BODY, "def area(r): ''; ''", "area = lambda r: f'{r!r:>{10}} {{}}'"]))
def test_a_canonical_program_reads_as_itself(source: str) -> None:
    value = CODE.read(source, QUESTION)
    assert value is not None
    assert CODE.read(value, QUESTION) == value


UNITS = {
    "brackets": "(", "lists": "[", "minus": "-", "nots": "not ", "sums": "1+", "dots": "a.", "lambdas": "lambda:",
    "conditions": "1 if 1 else ", "calls": "f(", "fences": "```\n", "python fences": "```python\n", "tildes": "~",
    "blanks": " ", "lines": "\n", "comments": "    #\n", "indents": "    x\n", "nul": "\0", "halves": "\ud800",
    "strings": "''' ", "formats": "f'{", "backslashes": "\\\n", "digits": "9", "hexadecimal": "0xf", "ifs": "if 1:",
    "powers": "9**", "escapes": "'\\d'\n", "semicolons": "x;", "decorators": "@x\n", "tabs": "\t", "stars": "*a,",
}  # fmt: skip


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("size", [2_000, 49_000])
def test_hostile_text_is_read_and_nothing_is_raised(name: str, size: int) -> None:
    text = UNITS[name] * (size // len(UNITS[name]))
    for reply in (fenced(text), f"def area(r):\n    return {text}", f"    return {text}", text * 4):
        value = said(reply)
        assert value is None or "area" in value


def test_many_blocks_are_looked_at_from_the_last() -> None:
    other = fenced("x = 1") + "\n"
    assert said(fenced(WHOLE) + "\n" + other * 30) == WHOLE
    assert said(fenced(WHOLE) + "\n" + other * 5_000) is None


@pytest.mark.parametrize("literal", ["9" * 5_000, "0x" + "f" * 40_000, "1e999", "'\\ud800'", "b'\\xff'", "..."])
def test_odd_literals_are_kept_or_refused(literal: str) -> None:
    value = said(f"def area(r):\n    return {literal}")
    assert value is None or ast.parse(value)


def test_nothing_is_run_by_reading(tmp_path) -> None:
    mark = tmp_path / "mark"
    assert said(f"def area(r): return 1\nopen({str(mark)!r}, 'w')")
    assert not mark.exists()


def test_what_is_asked_for_names_the_function() -> None:
    assert "`area`" in CODE.ask(QUESTION)
    assert "complete program" in CODE.ask(Question("q", "code"))


WRONG = "def area(r):\n    return 0"
LOOP = "def area(r):\n    while True:\n        pass"
FAKE = "import os\n\ndef area(r):\n    print('passed')\n    os._exit(0)"


def test_programs_are_right_if_all_hidden_tests_pass(sandboxed: None) -> None:
    values = [WHOLE, WRONG, FAKE, "def area(r):\n    return 1 / 0", "def area():\n    pass", "area = 3", "1 / 0"]
    right = asyncio.run(grades(values, QUESTION))
    assert right == {value: value == WHOLE for value in values}
    assert grade(WHOLE, QUESTION)
    assert not grade(WRONG, QUESTION)
    assert not grade(None, QUESTION)


def test_a_blocking_grade_works_inside_a_running_loop(sandboxed: None) -> None:
    async def inside() -> bool:
        return grade(WHOLE, QUESTION)

    assert asyncio.run(inside())


def test_golds_are_run(sandboxed: None) -> None:
    check_golds([QUESTION])
    with pytest.raises(TaskError, match="is no answer of kind 'code'"):
        check_golds([Question("q", "code", WRONG, metadata=META)])


@pytest.mark.slow
def test_a_program_that_never_ends_is_wrong(sandboxed: None) -> None:
    assert asyncio.run(grades([LOOP, WHOLE], QUESTION)) == {LOOP: False, WHOLE: True}


def test_every_test_counts(sandboxed: None) -> None:
    first = Question("q", "code", metadata={**META, "tests": META["tests"][:1]})
    assert grade(WRONG, first)
    assert not grade(WRONG, QUESTION)


def test_without_a_sandbox_nothing_is_graded(no_sandbox: None) -> None:
    with pytest.raises(SandboxError, match=r"bwrap is not installed|setpriv|needs Linux"):
        asyncio.run(grades([WHOLE, WRONG], QUESTION))
    with pytest.raises(SandboxError):
        grade(WHOLE, QUESTION)
    with pytest.raises(SandboxError):
        check_golds([QUESTION])
    assert said(fenced(WHOLE)) == WHOLE  # reading needs none


@pytest.mark.parametrize(
    ("metadata", "fault"),
    [
        ({}, r"needs its tests \(metadata: tests\)"),
        ({"tests": "assert 1"}, "tests is 'assert 1': it must be a list"),
        ({"tests": [1]}, "must be a list of Python texts"),
        ({"tests": ["assert 1"], "setup": 3}, "setup is 3: it must be a text"),
    ],
)
def test_a_question_whose_tests_cannot_be_read_is_named(metadata: dict, fault: str) -> None:
    question = Question("q", "code", metadata=metadata)
    with pytest.raises(TaskError, match=f"question {question.id}: .*{fault}"):
        grade(WHOLE, question)
