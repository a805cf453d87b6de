"""Votes of ranked lists: three ways to count them, by hand and by brute force."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solving import QUESTION, drawn, pick, pool_of, script, solve, solve_all

from compound.core import Answer, Question
from compound.strategies import Ranked, RankedVote, parse
from compound.strategies.ranked_vote import borda, irv, mrr, ranking

RULES = ["borda", "irv", "mrr"]
LISTS = st.lists(
    st.builds(lambda whole, k: tuple(whole[:k]), st.permutations("abcd"), st.integers(0, 4)), max_size=9
)
FEW = settings(max_examples=80, deadline=None, derandomize=True)


def lists(*rankings: str) -> list[tuple[str, ...]]:
    return [tuple(ranked) for ranked in rankings]


def by_hand(rankings: list[tuple[str, ...]], rule: str) -> list[str]:
    """Borda and reciprocal ranks in fractions."""
    options = sorted({o for ranked in rankings for o in ranked})
    worth = {
        "borda": lambda place: Fraction(len(options) - place),
        "mrr": lambda place: Fraction(1, place),
    }[rule]
    points: Counter[str] = Counter()
    for ranked in rankings:
        for place, option in enumerate(ranked, 1):
            points[option] += worth(place)
    return [o for o in options if points[o] == max(points[o] for o in options)]


def all_runoffs(rankings: list[tuple[str, ...]]) -> set[str]:
    """Every answer that wins an instant runoff for some way to break its ties."""

    def rest(left: frozenset[str]) -> set[str]:
        tops = [next((o for o in ranked if o in left), None) for ranked in rankings]
        first = {o: tops.count(o) for o in left}
        cast = sum(first.values())
        if winner := [o for o in left if 2 * first[o] > cast]:
            return set(winner)
        if len(left) == 1:
            return set(left)
        points = dict.fromkeys(left, 0)
        for ranked in rankings:
            for place, option in enumerate([o for o in ranked if o in left], 1):
                points[option] += len(left) - place
        least = min((first[o], points[o]) for o in left)
        last = [o for o in left if (first[o], points[o]) == least]
        return set().union(*(rest(left - {o}) for o in last))

    every = frozenset(o for ranked in rankings for o in ranked)
    return rest(every) if every else set()


@FEW
@given(LISTS)
def test_points_are_those_of_exact_arithmetic(rankings: list[tuple[str, ...]]) -> None:
    assert borda(rankings) == by_hand(rankings, "borda")
    assert mrr(rankings) == by_hand(rankings, "mrr")


@FEW
@given(LISTS, st.text(max_size=3))
def test_a_runoff_ends_where_some_way_to_break_its_ties_ends(rankings: list[tuple[str, ...]], salt: str) -> None:
    found, every = set(irv(rankings, salt)), all_runoffs(rankings)
    assert found <= every
    assert found or not every
    if len(every) == 1:
        assert found == every


@FEW
@given(LISTS, st.randoms(use_true_random=False))
def test_t12_the_order_of_the_lists_changes_nothing(rankings: list[tuple[str, ...]], order) -> None:
    mixed = list(rankings)
    order.shuffle(mixed)
    assert (borda(mixed), mrr(mixed), irv(mixed, "q")) == (borda(rankings), mrr(rankings), irv(rankings, "q"))


@FEW
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=9))
def test_lists_of_one_are_a_plain_vote(firsts: list[str]) -> None:
    counts = Counter(firsts)
    modes = sorted(v for v in counts if counts[v] == max(counts.values()))
    assert borda(lists(*firsts)) == mrr(lists(*firsts)) == modes
    assert set(irv(lists(*firsts))) <= set(modes)


def test_the_three_rules_can_all_differ() -> None:
    """The plurality is for a; b is in everybody's list; the runoff goes to c."""
    rankings = lists(*["abc"] * 9, *["cba"] * 6, *["bca"] * 5)
    assert by_hand(rankings, "borda") == borda(rankings) == ["b"]
    assert irv(rankings) == ["c"]  # b is dropped, and its five go to c
    assert mrr(rankings) == by_hand(rankings, "mrr") == ["a"]


def test_the_winner_of_every_pair_can_be_dropped_first() -> None:
    """b beats a and c in pairs (Condorcet), has the fewest first places, and loses the runoff."""
    rankings = lists(*["abc"] * 4, *["cba"] * 4, *["bac"] * 2, "bca")
    assert irv(rankings) != ["b"]
    assert borda(rankings) == ["b"]


class TestRunoff:
    def test_half_is_not_more_than_half(self) -> None:
        assert irv(lists("ab", "ab", "b", "cb")) == ["a", "b"]  # a has 2 of 4; c is dropped, its list goes to b
        assert irv(lists("ab", "ab", "ab", "b", "cb")) == ["a"]

    def test_exhausted_lists_abstain(self) -> None:
        # d, then c are dropped; their lists name nobody else, so 3 of 5 votes are more than half of those left.
        assert irv(lists("a", "a", "a", "b", "b", "c", "c", "d")) == ["a"]
        assert irv(lists("", "", "a")) == ["a"]
        assert irv([]) == irv(lists("", "")) == []

    def test_the_fewest_borda_points_go_first_where_first_places_are_equal(self) -> None:
        assert irv(lists("ab", "ba", "c")) == ["a", "b"]
        assert irv(lists("ab", "ab", "ca", "bd", "cb")) == ["a", "c"]  # d, then b: its list names nobody else

    def test_two_that_are_equal_are_tied_and_not_always_the_same_one_wins(self) -> None:
        assert irv(lists("AB", "BA")) == ["A", "B"]
        asked = [replace(QUESTION, kind="choice", choices=("x", "y"), gold="A", id=f"q{i}") for i in range(100)]
        answers = [drawn("A", text="Ranking: A; B"), drawn("B", text="Ranking: B; A")]
        found = Counter(pick(RankedVote(n=2, rule="irv"), answers, question).value for question in asked)
        assert found["A"] == pytest.approx(50, abs=20)

    def test_which_of_several_is_dropped_depends_on_the_question(self) -> None:
        rankings = lists("a", "b", "c", "dab", "dac", "dbc")
        assert {tuple(irv(rankings, f"q{i}")) for i in range(30)} == {("d",)}
        cyclic = lists("ab", "bc", "ca", "x", "x")
        assert {o for i in range(60) for o in irv(cyclic, f"q{i}")} == all_runoffs(cyclic)


class TestReading:
    def read(self, text: str, kind: str = "number") -> tuple[str, ...]:
        return ranking(text, Question("q", kind, "1", choices=("x", "y", "z")))

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Ranking: 3; 1; 2", ("3", "1", "2")),
            ("**Ranking**: 3; 1", ("3", "1")),
            ("- ranking = 3", ("3",)),
            ("Ranking: 3; three; 1", ("3", "1")),
            ("Ranking: 3; 3.0; 6/2; 1; 1", ("3", "1")),
            ("Ranking: 1; 2\nno:\nRanking: 2; 1\ndone", ("2", "1")),
            ("The ranking: 1; 2 is hard", ()),
            ("Ranking:", ()),
            ("Ranking: ;;;", ()),
            ("Answer: 3", ()),
            ("", ()),
        ],
    )
    def test_the_last_ranking_line_counts_each_answer_once(self, text: str, found: tuple[str, ...]) -> None:
        assert self.read(text) == found

    def test_choices_and_words(self) -> None:
        assert self.read("Ranking: (B); A) ; Z; c", "choice") == ("B", "A", "C")
        assert self.read("Ranking: The Moon; the moon; Mars", "text")[-1] == "mars"

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(st.text(max_size=60) | st.lists(st.sampled_from(["Ranking:", ";", "1", "\n", "**", "a"])).map("".join))
    def test_no_text_raises(self, text: str) -> None:
        found = self.read(text)
        assert len(set(found)) == len(found)

    def test_hostile_text_does_not_take_long(self) -> None:
        for text in ("\n" * 200_000, " " * 200_000, "*" * 200_000, "ranking" * 30_000, "Ranking: " + "1;" * 900):
            assert len(self.read(text)) <= 1


class TestLive:
    def test_a_list_that_is_cut_off_or_refused_abstains(self) -> None:
        answer = solve(RankedVote(n=4), model="sim/beta(2,2)?truncate=1").answer
        assert (answer.value, answer.abstained) == (None, 4)

    @pytest.mark.parametrize("rule", RULES)
    def test_a_second_choice_of_all_can_win(self, rule: str) -> None:
        with script(lambda call, i: f"Ranking: {call.draws[i].lane[0] + 10}; 7") as model:
            answer = solve(RankedVote(n=4, rule=rule), model=model).answer
        assert answer.ballots == {"10": 1, "11": 1, "12": 1, "13": 1}
        assert answer.value == "7" or rule == "irv"

    @pytest.mark.parametrize("rule", RULES)
    def test_its_curve_grades_a_winner_that_is_nobodys_first_choice(self, rule: str) -> None:
        question = Question("q", "number", "7")
        answers = [drawn(str(i), text=f"Ranking: {i}; 7") for i in range(10, 16)]
        curve = RankedVote(rule=rule).curve([pool_of(answers, question, "7")], np.random.default_rng(0))
        assert curve.accuracy[0, 0] == 0.0
        assert curve.accuracy[0, -1] == (0.0 if rule == "irv" else 1.0)

    def test_a_candidate_that_states_an_answer_but_no_ranking_is_a_list_of_one(self) -> None:
        answers: list[Answer] = [drawn("3"), drawn("3"), drawn("1", text="Ranking: 1; 2"), drawn(None)]
        assert {pick(RankedVote(rule=rule), answers).value for rule in RULES} == {"3"}
        assert solve(parse("ranked_vote(cot, n=3)")).spent.calls == 3

    def test_a_list_longer_than_allowed_is_cut_for_its_own_answer(self) -> None:
        with script(lambda call, i: "Ranking: 1; 2; 3; 4") as model:
            assert solve(Ranked(most=1), model=model).answer.value == "1"

    @pytest.mark.parametrize("rule", RULES)
    def test_the_text_behind_the_winner_is_a_list_that_it_heads(self, rule: str) -> None:
        questions = [replace(QUESTION, id=f"q{i}") for i in range(15)]
        for answer in solve_all(RankedVote(n=5, rule=rule), questions, "sim/beta(2,2)"):
            assert not answer.text or ranking(answer.text, QUESTION)[0] == answer.value
            assert answer.value in {v for s in answer.samples for v in ranking(s.text, QUESTION)}
