"""Equal answers are equal strings, golds are right, and no order matters."""

from fractions import Fraction

from hypothesis import assume, example, given
from hypothesis import strategies as st

from compound.answers import grade, kind_named, parse
from compound.answers.number import canonical, numbers
from compound.answers.text import normalised
from compound.core import Ballots, Question, Sample
from compound.strategies.pooled import ballots

FRACTIONS = st.one_of(
    st.fractions(max_denominator=10**6),
    st.integers(-(10**59), 10**59).map(Fraction),
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9).map(Fraction),
)


@st.composite
def spelled_numbers(draw):
    """A number as people write golds, with its value."""
    value = draw(st.integers(0, 10**40))
    form = draw(st.sampled_from(["plain", "commas", "decimal", "fraction", "dollars", "units", "point"]))
    sign = draw(st.sampled_from(["", "-"]))
    text, exact = {
        "plain": (str(value), Fraction(value)),
        "commas": (f"{value:,}", Fraction(value)),
        "decimal": (f"{value}.0", Fraction(value)),
        "fraction": (f"{value}/7", Fraction(value, 7)),
        "dollars": (f"${value}", Fraction(value)),
        "units": (f"{value} km", Fraction(value)),
        "point": (f".{value % 1000:03d}", Fraction(value % 1000, 1000)),
    }[form]
    return sign + text, -exact if sign else exact


@given(spelled_numbers())
@example(("1,450,000", Fraction(1450000)))
@example(("-10", Fraction(-10)))
@example(("3.0", Fraction(3)))
@example((".5", Fraction(1, 2)))
@example(("1/2", Fraction(1, 2)))
@example(("$5", Fraction(5)))
@example((str(10**40), Fraction(10**40)))
def test_t08_every_numeric_gold_grades_as_right_however_it_is_spelled(case):
    text, exact = case
    question = Question("q", "number", text)
    for reply in (text, f"Answer: {text}", f"The answer is {text}.", rf"So \boxed{{{text}}}, done"):
        value = parse(Sample(reply), question)
        assert value == canonical(exact)
        assert grade(value, question)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=2, max_size=26, unique=True), st.data())
def test_t08_every_letter_grades_as_right_whatever_the_options_say(choices, data):
    place = data.draw(st.integers(0, len(choices) - 1))
    letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place]
    question = Question("q", "choice", letter, choices=tuple(choices))
    forms = ["{}", "({})", "{}.", "Answer: {}", "Answer: **{}**", r"\boxed{{{}}}", "Step one.\nAnswer: ({})"]
    for reply in (form.format(letter) for form in forms):
        assert grade(parse(Sample(reply), question), question)
    wrong = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(place + 1) % len(choices)]
    assert not grade(parse(Sample(f"Answer: {wrong}"), question), question)


@given(st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=60))
@example("$5")
@example("1/2")
@example("(a, b)")
@example("été")
def test_t08_every_gold_that_a_text_kind_reads_grades_as_right(gold):
    question = Question("q", "text", gold)
    value = kind_named("text").read(gold, question)
    assume(value and "answer" not in gold.lower())
    assert grade(value, question)
    assert grade(parse(Sample(f"Let me think.\nAnswer: {gold}\n"), question), question)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text):
    assert normalised(normalised(text)) == normalised(text) or "\\" in text


@given(FRACTIONS, FRACTIONS)
def test_equal_numbers_are_equal_strings_and_unequal_ones_are_not(one, other):
    assert (canonical(one) == canonical(other)) == (one == other)
    assert canonical(one) == canonical(Fraction(one.numerator * 6, one.denominator * 6))


@given(FRACTIONS)
def test_a_canonical_number_reads_as_itself(value):
    assert numbers(canonical(value)) == [canonical(value)]
    assert Fraction(canonical(value)) == value


@given(st.text(alphabet="0123456789.,-+/eE $^", max_size=40))
def test_whatever_is_read_as_a_number_is_canonical(text):
    for value in numbers(text):
        assert numbers(value) == [value]


def test_t06_spellings_of_one_half_are_one_class():
    question = Question("q", "number", "1/2")
    spellings = ["1/2", ".5", "0.50", r"\frac{1}{2}", r"$\dfrac{2}{4}$", "5e-1", "½"]
    assert {parse(Sample(f"Answer: {s}"), question) for s in spellings} == {"0.5"}


VALUES = st.lists(st.one_of(st.none(), st.sampled_from(["1", "2", "0.5", "paris", "A", "B"])), max_size=10)


@given(st.sampled_from(["number", "choice", "text"]), VALUES, st.randoms(use_true_random=False))
def test_t12_t13_grouping_and_voting_do_not_depend_on_the_order(kind, values, rng):
    question = Question("q", kind, "A", choices=("x", "y"))
    order = rng.sample(range(len(values)), len(values))
    votes = ballots(question, values).votes
    assert ballots(question, [values[i] for i in order]).votes == tuple(votes[i] for i in order)
    shuffled = ballots(question, [values[i] for i in order])
    assert shuffled.winner(question.id) == Ballots(votes).winner(question.id)


def test_a_close_number_is_no_equal_number():
    assert len({parse(Sample(f"Answer: {n}"), Question("q", "number", "1")) for n in ("1.00", "1.02", "1.04")}) == 3
