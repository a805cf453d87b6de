"""Model output is hostile: whatever it is, it is read in a moment and nothing is raised."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.answers import parse
from compound.core import Question, Sample

SIZE = 100_000
UNITS = {
    "digits": "7", "boxes": "\\boxed{", "statements": "answer is ", "stated lines": "answer: 1/0\n",
    "wide statements": "answer   is", "signs": "#", "gsm8k": "#### x\n", "commas": "1,111", "groups": ",111",
    "slashes": "1/", "spaced slashes": "1 1/", "ones": "1 ", "minus": "-", "minus ones": "- 1 ", "equals": "=",
    "fractions": "\\frac{1}{2}", "open fractions": "\\frac{", "powers": "1^", "carets": "^{", "tens": "1 x 10^",
    "parentheses": "(", "spaced parentheses": "( ", "macros": "\\text{", "marks": "a\u0315\u0300",
    "halves": "\ud800",
    "nul": "\0", "stars": "*", "starred": "answer*_", "quotes": "'", "lines": "\n", "dots": ".", "dotted": "1.",
    "exponents": "1e1", "ors": "1 or ", "letters": "B or ", "closed letters": "(B)", "nots": "not ",
    "emoji": "😀",
    "joiners": "\u200d", "vulgar": "½", "would": "answer would be ", "pi": "π", "spaces": " ",
    "wide": "1" + " " * 50,
    "under": "1_", "threes": "123 ", "escapes": "\x1b[31m", "right to left": "\u202e", "crlf": "\r\n",
}  # fmt: skip
WHOLE = {
    "closed boxes": "\\boxed{" * (SIZE // 8) + "}" * (SIZE // 8),
    "a box of equals": "\\boxed{" + "=" * SIZE + "}",
    "a long number": "1" + ",111" * (SIZE // 4),
    "answer and spaces": "answer" + " " * SIZE,
    "answer would and spaces": "answer would" + " " * SIZE + "b",
    "answer is and lines": "answer is" + " \n" * (SIZE // 2) + "x",
    "a number, spaces, a number": "1" + " " * SIZE + "2",
    "a fraction and spaces": "\\frac" + " " * SIZE + "{",
    "a bracket and spaces": "(" + " " * SIZE + "b",
    "a half and commas": "1/2" + "," * SIZE + "3",
    "a heading": "####" + "1 " * (SIZE // 2) + "x",
    "answer and stars": "answer" + "*" * SIZE,
}
TEXTS = {**{name: unit * (SIZE // len(unit)) for name, unit in UNITS.items()}, **WHOLE}
QUESTIONS = [
    Question("q", "number", "1"),
    Question("q", "choice", "B", choices=("red", "blue", "green")),
    Question("q", "text", "x"),
]


@pytest.mark.parametrize("name", TEXTS)
def test_a_hundred_kilobytes_are_read_in_a_moment(name):
    began = time.process_time()
    values = [
        parse(Sample(TEXTS[name], finish=finish), question)
        for question in QUESTIONS
        for finish in ("stop", "length")
    ]
    # Generous: each takes milliseconds, and what is quadratic in the length takes many seconds.
    assert time.process_time() - began < 3.0
    assert all(value is None or len(value) <= 300 for value in values)


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(st.sampled_from([*UNITS.values(), "}", "{", "Answer:", " ", "12", "B"]), st.text(max_size=5))
    ),
    st.sampled_from(["stop", "length", "refusal"]),
)
def test_no_text_raises(parts, finish):
    for question in QUESTIONS:
        value = parse(Sample("".join(parts), finish=finish), question)
        assert value is None or isinstance(value, str)
