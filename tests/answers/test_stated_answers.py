"""What a reply states is read, and what it does not state is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.answers import KINDS, check_golds, grade, parse
from compound.core import Question, Sample, TaskError

NUMBER = Question("q", "number", "120")
CHOICE = Question("q", "choice", "B", choices=("red", "blue", "green", "A train", "Not known"))
TEXT = Question("q", "text", "Paris")


def read(text, question=NUMBER, finish="stop"):
    return parse(Sample(text, finish=finish), question)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,450,000", "1450000"),
        ("The answer is 5,600.", "5600"),
        ("Answer: 2,125", "2125"),
        ("Answer: -10", "-10"),
        ("the answer is -3", "-3"),
        ("Answer: –10", "-10"),
        ("Answer: −10", "-10"),
        ("Answer: 1\u202f450\u202f000", "1450000"),
        ("Answer: $5", "5"),
        ("Answer: -$5.50", "-5.5"),
        ("Answer: 12 km", "12"),
        ("Answer: 12km", "12"),
        ("Answer: 5%", "5"),
        ("Answer: 3.0", "3"),
        ("Answer: .5", "0.5"),
        ("Answer: 1/2", "0.5"),
        ("Answer: 1/3", "1/3"),
        ("Answer: 1 1/2", "1.5"),
        ("Answer: 1½", "1.5"),
        (r"\boxed{2\frac{1}{2}}", "2.5"),
        (r"\boxed{\frac{1}{2}}", "0.5"),
        (r"\boxed{\dfrac{1}{-2}}", "-0.5"),
        (r"\boxed{-\frac{1}{3}}", "-1/3"),
        (r"\boxed{1{,}450{,}000}", "1450000"),
        (r"\boxed{1,\!000}", "1000"),
        (r"\boxed{\text{120}}", "120"),
        ("Answer: 1e5.", "100000"),
        ("Answer: 5 × 10^3", "5000"),
        (r"Answer: 5 \times 10^{-3}", "0.005"),
        ("Answer: **42**", "42"),
        ("**Answer**: 42", "42"),
        ("Answer:\n\n42", "42"),
        ("#### 42", "42"),
        ("17 * 23 = 391", "391"),
        ("Answer: 17 * 23 = 391", "391"),
        ("Answer: 391 = 17 * 23", "391"),
        ("Answer: 42 (that is 40 + 2)", "42"),
        ("The answer is 5, not 6", "5"),
        ("The area is 5 m^2", "5"),
        ("Answer: 10" + "0" * 39, "1" + "0" * 40),
    ],
)
def test_t01_numbers_are_read_exactly(text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "Answer: 1,5",
        "1,5",
        "Answer: 1.450.000",
        "Answer: 1,450,00",
        "Answer: 1 450 000",
        "Answer: (3,4)",
        "Answer: (3, 4)",
        "Answer: 3 or 4",
        "between 3 and 4",
        "Answer: 17 * 23",
        "Answer: 1/2.5",
        "Answer: 1/2/3",
        "Answer: 1/0",
        "Answer: 12/25/2020",
        "Answer: 3:30",
        "Answer: 10^3",
        "Answer: 10**3",
        "5 × 10³",
        "Answer: 1e400",
        "Answer: 1e+300",
        "Answer: 1e+30000",
        "Answer: 1_000",
        r"\boxed{\sqrt{2}}",
        r"\boxed{2\pi}",
        r"\boxed{\frac{x}{2}}",
        r"\boxed{\frac{1.5}{2}}",
        r"\boxed{}",
        "Answer: 1" + "0" * 70,
        "Answer: unknown",
        "The answer is not 5.",
    ],
)
def test_t05_t07_a_part_of_something_else_is_no_number(text):
    assert read(text) is None


def test_where_an_unreadable_answer_is_stated_nothing_is_guessed():
    assert read("I had 17 and got 5.\nAnswer: unknown") is None
    assert read("I had 17 and got 5.\nAnswer:") is None
    assert read("I had 17 and got 5.") == "5"


def test_t03_boxes_may_nest_come_twice_and_be_followed_by_text():
    assert read(r"\boxed{\frac{1}{2}} and so on, 7 times") == "0.5"
    assert read(r"first \boxed{1}, then \boxed{2} for 9 people") == "2"
    assert read(r"\boxed{{3}} is it, } and { too") == "3"
    assert read(r"\boxed{\text{B}}", CHOICE) == "B"
    assert read(r"so \boxed{ Paris }, as 1 } said", TEXT) == "paris"


def test_t04_the_box_counts_and_not_the_first_words():
    assert read(r"A train travels 60 km in half an hour. \boxed{120}") == "120"
    assert read(r"First we compute 3 + 4. \boxed{7} is the sum of 2 numbers.") == "7"


def test_the_last_stated_answer_wins():
    assert read("Answer: 7\nWait.\nAnswer: 8") == "8"
    assert read("The answer is 7. Wait, the answer is 8.") == "8"
    assert read("The answer is 7.\nI checked 3 times.") == "7"
    assert read(r"\boxed{7} is wrong. Answer: 8") == "8"
    assert read("The answer is A. No, the answer is B.", CHOICE) == "B"


def test_a_heading_of_four_signs_states_nothing():
    assert read("#### Step 1: add\nSo we get 42") == "42"


@pytest.mark.parametrize(
    "text",
    [
        "(B)", "B.", "B", "b", r"\boxed{B}", r"$\boxed{\text{(B)}}$", "Answer: **B**", "**Answer**: B",
        "Answer: (b)",
        "Answer: option B", "B: blue", "B) blue", "blue", "Answer: Blue.", "Answer: B because red is not",
        "I think (B)", "Answer: B, since A is red",
    ],
)  # fmt: skip
def test_an_option_is_named_by_its_letter_or_its_words(text):
    assert read(text, CHOICE) == "B"


@pytest.mark.parametrize(
    "text",
    [
        "A train goes to Rome", "Answer: A person", "(A) or (B)", "Answer: A, B", "Answer: B and C",
        "Answer: A/B",
        "(A) red is wrong. (B) blue is right", "B is wrong", "(A) is not right", "Answer: not (B)", "Answer: F",
        "Answer: none", "I",
    ],
)  # fmt: skip
def test_an_article_a_hedge_or_a_denial_names_no_option(text):
    assert read(text, CHOICE) is None


def test_an_option_may_begin_with_an_article_or_with_not():
    assert read("Answer: A train", CHOICE) == "D"
    assert read("Answer: Not known", CHOICE) == "E"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Answer: “Paris”.", "paris"),
        ("The answer is **Paris**", "paris"),
        ("  Paris \n", "paris"),
        ("Answer: STRASSE", "strasse"),
        ("Answer: Straße", "strasse"),
        ("Answer: e\u0301te\u0301", "été"),
        ("Par\u200bis\x00", "paris"),
        ("\ud800Paris", "paris"),
        ("Answer: 3.0", "3"),
        ("Answer: 1/2", "0.5"),
        ("Answer: 1,5", "1,5"),
        ("Answer: 1.450.000", "1.450.000"),
        ("Answer: C++", "c++"),
        ("Answer: C#", "c#"),
        ("Answer: ...", None),
        ("…", None),
        ("\u200b\ufeff", None),
        ("I'm sorry, I can't help with that.", None),
        ("I cannot answer this.", None),
        ("It is a long story.\nIt has two lines.", None),
    ],
)
def test_words_are_compared_without_case_ends_and_invisible_characters(text, value):
    assert read(text, TEXT) == value


@pytest.mark.parametrize("question", [NUMBER, CHOICE, TEXT])
@pytest.mark.parametrize("text", ["", " ", "\n\t\r\n", "\u00a0", "Answer:", "Answer: \n", "Answer: ?", "\\boxed{}"])
def test_t10_an_empty_reply_abstains(text, question):
    assert read(text, question) is None
    assert grade(read(text, question), question) is False


@pytest.mark.parametrize("question", [NUMBER, CHOICE, TEXT])
def test_a_refusal_abstains_whatever_it_says(question):
    gold = question.golds[0]
    assert read(f"Answer: {gold}", question) is not None
    assert read(f"Answer: {gold}", question, finish="refusal") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I get 120", None),
        ("Answer: 12", None),
        ("The answer is 120", None),
        ("Answer: 120\n", "120"),
        ("Answer: 120\nThat is because", "120"),
        ("Answer: 120\nOr rather, the answer is 1", "120"),
        (r"so \boxed{120} since", "120"),
        (r"so \boxed{12", None),
        ("", None),
    ],
)
def test_t05_a_truncated_reply_counts_only_if_its_statement_was_closed(text, value):
    assert read(text, finish="length") == value


def test_t02_what_cannot_be_read_is_never_right():
    for kind in KINDS:
        assert grade(None, Question("q", kind, "A", choices=("x",))) is False
    assert grade("7", Question("q", "number")) is False, "without a gold nothing is right"


def test_check_golds_names_the_question_and_its_gold():
    good, bad = Question("fine", "number", "1"), Question("What is a lot?", "number", "many")
    check_golds([good])
    with pytest.raises(TaskError, match=rf"{bad.id}.*What is a lot\?.*'many'.*'number'"):
        check_golds([good, bad])
    with pytest.raises(TaskError, match="'Z'"):
        check_golds([Question("q", "choice", "Z", choices=("red", "blue"))])
    with pytest.raises(TaskError, match="''"):
        check_golds([Question("q", "text", "")])


@given(st.sampled_from(["number", "choice", "text"]), st.text(max_size=200), st.booleans())
def test_an_answer_is_a_clean_string_or_none(kind, text, cut):
    question = CHOICE if kind == "choice" else Question("q", kind, "1")
    value = read(text, question, "length" if cut else "stop")
    assert value is None or (value and value.strip() and value.encode("utf-8") and "\0" not in value)
