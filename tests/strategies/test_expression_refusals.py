"""Hostile text is refused, nothing in it is evaluated, and a mistake gets a message that helps."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compound.core import ExpressionError
from compound.strategies import Strategy, expand, parse

HOSTILE = [
    "__import__('os').system('touch /tmp/owned')", "lambda: cot", "cot.__class__", "cot().solve", "f'{cot}'",
    'single(prompt=f"{1}")', 'single(prompt=b"x")', 'single(prompt=rb"x")', "[cot for x in y]", "vote(*[cot])",
    "vote(**{})", "vote(cot, n=1e999)", "vote(cot, n=nan)", "vote(cot, n=inf)", "vote(cot, n=-inf)",
    "vote(cot, n=2j)",
    "vote(cot, n=0x10)", f"vote(cot, n={'9' * 400})", "vote(cot, n=08)", "cot\0", "cot\nsingle", "cot\r",
    "cot; single",
    "cot # comment", "cot if True else single", "vote(cot, n=1+1)", "vote(cot, n=(2))", "vote(cot, n=not 1)",
    "`cot`",
    'single(prompt="\\N{no such name}")', 'single(prompt="\\x1")', 'single(prompt="\\U99999999")', "cot()()",
    "cot[0]",
    'single(prompt="a" "b")', "'open", '"""open', "vote(cot", "vote(cot,, n=2)", "vote(cot))", "", " ", "()",
    "[]",
    "{}", "5", "'cot'", "None", "[cot]", "-cot", "@", "@ m", "cot @", "cot @ 5 6", "None @ m", "\\", "$", "?",
    "[" * 5000, "vote(" * 3000, "(" * 19_000, "{" * 5000, "-" * 5000, "x" * 30_000, "1..", "..1", "1...2",
    "\ud800",
    "\x0c", "vote(cot, n=True)", "vote(cot, n=8.0)", "vote(cot, n='8')", "vote(cot, n=None)", "vote(5)",
    "vote([cot])", "vote(cot, n=0)", "vote(cot, n=-1)", "few_shot(examples=0)", "few_shot(form='xml')",
    "vote(cot, 2, 3)",
    "vote(cot, candidate=cot)", "vote(cot, n=2, n=3)", "vote(n=2, cot)", "cot(prompt=5)", "vote(cot @ 5)",
    "lambda",
    "import os", "exec", "print", "eval('1')", "vote(cot, n=0b1)", "vote(cot, n=1_)", "vote(cot, n=1__0)",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_at_once(text):
    began = time.process_time()
    for read in (parse, expand):
        with pytest.raises(ExpressionError) as caught:
            read(text)
        assert str(caught.value)
    assert time.process_time() - began < 2.0


PIECES = ["vote", "cot", "single", "few_shot", "(", ")", "[", "]", "{", "}", ",", "=", "n", "prompt", "..",
    "1", "8.", ".4",
          "@", '"', "'", "\\", "-", " ", "None", "True", "#", "\n", "m/x", '"a"', "e9", "_", "candidate",
          "é"]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))


@settings(max_examples=400)
@given(TEXTS)
@example("vote(cot, n=8) @ m")
def test_any_text_is_a_strategy_or_an_expression_error(text):
    try:
        found = [parse(text)]
    except ExpressionError:
        try:
            found = expand(text)
        except ExpressionError:
            found = []
    assert all(isinstance(one, Strategy) for one in found)
    assert [parse(repr(one)) for one in found] == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vtoe(cot)", "unknown strategy 'vtoe': did you mean 'vote'. there is: .*cot, .*few_shot"),
        ("vote(cto)", "unknown strategy 'cto': did you mean 'cot'"),
        ("vote(cot, m=3)", "vote has no parameter 'm': .*candidate, .*n"),
        ("few_shot(exmaples=3)", "few_shot has no parameter 'exmaples': did you mean 'examples'"),
        ("vote", "vote needs candidate"),
        ("vote(n=3)", "vote needs candidate"),
        ("vote(cot, 2, 3)", "vote: by takes 'answer' or 'similarity', not 3"),
        ("mix([cot], 2, 3)", "mix takes at most 1 values: parts"),
        ("vote(cot, candidate=cot)", "'candidate' twice"),
        ("vote(cot, n=2, n=3)", "'n' twice"),
        ("vote(cot, n='8')", "vote: n takes a whole number, not '8'"),
        ("vote(5)", "vote: candidate takes a strategy, not 5"),
        ("few_shot(form='xml')", "'auto' or 'chat' or 'text'"),
        ("vote(cot, n=0)", "vote: n must be at least 1, not 0"),
        ("vote(cot n=2)", "column 10: 'n' stands where ',' should"),
        ("vote(cot", "not closed"),
        ("vote", "needs candidate: for example"),
        ("vote(cot, n=)", "column 13: .*a value"),
        ("vote(cot, n=1..4)", "is a sweep over several strategies"),
        ("7", "'7' is a value, not a strategy"),
        ("self_consistency(x=1)", "self_consistency has no parameter 'x': .*n"),
        ('single(prompt="\\N{nope}")', "string without unknown escapes"),
        ('single(prompt="\\d+")', "string without unknown escapes"),
        ("x" * 30_000, "20,000 characters"),
    ],
)
def test_a_mistake_is_named_with_what_there_is(text, said):
    with pytest.raises(ExpressionError, match=said):
        parse(text)
