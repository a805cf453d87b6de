"""A strategy's repr is its expression, and an expression parses back to an equal strategy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound import CoT, FewShot, Single, Vote
from compound.core import ExpressionError
from compound.strategies import Bound, expand, parse, write

NASTY = ["", '"', "'", "\\", "\n", "\r\n", "@", " @ b", "#", "{question}", "1..40", "{1,2}", "é", "😀",
    "\ud800", "\0",
         '\\"', "\\u0041", "\x85\u2028", '"""', "f'{x}'"]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=30), st.sampled_from(NASTY), st.lists(st.sampled_from(NASTY)).map("".join))
PROMPTS = st.tuples(TEXTS, TEXTS).map("{question}".join)  # a prompt has to ask the question
LEAVES = st.one_of(
    st.builds(Single, prompt=st.none() | PROMPTS),
    st.builds(CoT, prompt=st.none() | PROMPTS),
    st.builds(FewShot, examples=st.integers(1, 10**9), form=st.sampled_from(["auto", "chat", "text"])),
)


def bound(parts):
    return parts.flatmap(
        lambda part: st.just(part) if isinstance(part, Bound) else st.builds(Bound, st.just(part), TEXTS)
    )


STRATEGIES = st.recursive(
    LEAVES,
    lambda parts: st.one_of(st.builds(Vote, parts, n=st.integers(1, 10**9)), bound(parts)),
    max_leaves=8,
)


@given(STRATEGIES)
def test_the_repr_parses_back_to_an_equal_strategy(strategy):
    again = parse(repr(strategy))
    assert again == strategy
    assert hash(again) == hash(strategy)
    assert repr(again) == repr(strategy)


@given(STRATEGIES)
def test_so_does_the_text_with_every_field(strategy):
    assert parse(write(strategy, full=True)) == strategy
    assert "\n" not in write(strategy, full=True)


@given(STRATEGIES)
def test_an_expression_without_sweeps_expands_to_itself(strategy):
    assert expand(repr(strategy)) == [strategy]


@given(PROMPTS)
def test_one_changed_text_makes_an_unequal_strategy(text):
    assert Vote(Single(prompt=text)) != Vote(Single(prompt=text + "!"))


def test_defaults_are_left_out_unless_every_field_is_wanted():
    assert repr(Vote(CoT())) == "vote(cot)"
    assert repr(Vote(CoT(), n=8)) == "vote(cot, n=8)"
    full = 'vote(cot(prompt=None), n=16, by="answer", measure="bleu", as_published=False)'
    assert write(Vote(CoT()), full=True) == full
    assert repr(CoT() @ "a b") == 'cot @ "a b"'


def test_spaces_commas_and_quotes_may_be_as_in_python():
    assert parse(" vote( cot , n = 8 , ) ") == parse("vote(candidate=cot(),n=8)") == Vote(CoT(), n=8)
    assert parse("single(prompt='it\\'s {question}')") == Single(prompt="it's {question}")


def test_an_alias_is_what_it_stands_for():
    assert parse("self_consistency") == Vote(CoT(), n=40)
    assert parse("more_agents(n=3)") == Vote(Single(), n=3)
    assert repr(parse("self_consistency(n=5)")) == "vote(cot, n=5)"


def test_an_unquoted_model_stands_at_the_end_of_the_whole_only():
    assert parse("vote(cot, n=2) @ openai/gpt-4o-mini") == Vote(CoT(), n=2) @ "openai/gpt-4o-mini"
    assert parse("cot@sim/beta(2,2)?rho=0.1&wrong=3") == CoT() @ "sim/beta(2,2)?rho=0.1&wrong=3"
    assert parse('vote(cot @ "a") @ b') == Vote(CoT() @ "a") @ "b"
    assert parse('single(prompt="{question} @ y")') == Single(prompt="{question} @ y")
    with pytest.raises(ExpressionError, match="model id in quotes"):
        parse("vote(cot @ small, n=2)")
    with pytest.raises(ExpressionError, match="not a model id"):
        parse("cot @ a, b")


@pytest.mark.parametrize("text", ['cot @ "a" @ "b"', "cot @ a @ b", '(cot @ "a") @ b', 'cot @ "a" @ b'])
def test_a_part_is_bound_once(text):
    with pytest.raises(ExpressionError):
        parse(text)


def test_binding_twice_in_python_is_refused_too():
    with pytest.raises(ExpressionError, match="bound to a model already"):
        CoT() @ "a" @ "b"


def test_strategies_are_frozen():
    with pytest.raises(AttributeError):
        Vote(CoT()).n = 3


class TestSweeps:
    def test_a_range_gives_every_number_in_order(self):
        assert expand("vote(cot, n=1..40)") == [Vote(CoT(), n=n) for n in range(1, 41)]
        assert expand("vote(cot, n=7..7)") == [Vote(CoT(), n=7)]

    def test_braces_give_what_they_list(self):
        assert expand("vote({cot, single}, n={1,2,4})") == [
            Vote(part, n=n) for part in (CoT(), Single()) for n in (1, 2, 4)
        ]
        assert expand("{cot, vote(cot, n=1..2)}") == [CoT(), Vote(CoT(), n=1), Vote(CoT(), n=2)]
        assert expand("vote(cot, n={1, 3..4}) @ m") == [Vote(CoT(), n=n) @ "m" for n in (1, 3, 4)]

    @pytest.mark.parametrize("text", ["{question} 1..40", "{question}{1,2,4}", "a {question} b 1..3"])
    def test_strings_stay_as_they_are(self, text):
        assert expand(f'single(prompt="{text}")') == [Single(prompt=text)] == [parse(f'single(prompt="{text}")')]

    @pytest.mark.parametrize("text", ["vote(cot, n=1..40)", "{cot, single}", "vote({cot}, n=2)", "cot @ m, n={1}"])
    def test_parse_refuses_them(self, text):
        with pytest.raises(ExpressionError):
            parse(text)

    @pytest.mark.parametrize(
        "text",
        [
            "vote(cot, n=1..1000000000)", "vote(cot, n=5..4)", "vote(cot, n=1..10001)", "vote(cot, n={})",
            "vote(vote(cot, n=1..1000), n=1..1000)", "vote(cot, n=-3..5)", "vote(cot, n=1 ..5)",
            "vote(cot, n=1..5e3)",
            f"vote(cot, n={{{','.join(['1..10000'] * 2000)}}})", f"vote([{','.join(['1..10000'] * 2000)}])",
            f"vote(cot, n=1..1{'0' * 400})", "vote(cot, n=12345678901_2..12345678901_9_)",
        ],
    )  # fmt: skip
    def test_endless_empty_and_malformed_ones_are_refused(self, text):
        with pytest.raises(ExpressionError):
            expand(text)

    def test_long_bounds_are_read_whole(self):
        low = 10**14 + 5
        assert [s.n for s in expand(f"vote(cot, n={low}..{low + 2})")] == [low, low + 1, low + 2]
        assert [s.n for s in expand("vote(cot, n=12345678901_2..12345678901_3)")] == [123456789012, 123456789013]
