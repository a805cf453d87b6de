import random

from hypothesis import given
from hypothesis import strategies as st

from compound.core import Ballots

VOTES = st.lists(st.one_of(st.none(), st.text(max_size=3), st.sampled_from("abc")), max_size=12)


@given(VOTES, st.text(max_size=5), st.randoms(use_true_random=False))
def test_winner_counts_and_modes_do_not_depend_on_the_order(votes, salt, rng):
    shuffled = rng.sample(votes, len(votes))
    one, other = Ballots(tuple(votes)), Ballots(tuple(shuffled))
    assert one.winner(salt) == other.winner(salt)
    assert list(one.counts.items()) == list(other.counts.items())
    assert one.modes == other.modes


@given(VOTES, st.text(max_size=5))
def test_the_winner_has_the_most_votes(votes, salt):
    winner, counts = Ballots(tuple(votes)).winner(salt), Ballots(tuple(votes)).counts
    assert (winner is None) == (not counts)
    assert not counts or counts[winner] == max(counts.values())
    assert sum(counts.values()) + Ballots(tuple(votes)).abstained == len(votes)


def test_nobody_wins_where_all_abstained():
    ballots = Ballots((None, None, None))
    assert (ballots.winner("q"), ballots.counts, ballots.modes, ballots.abstained) == (None, {}, (), 3)
    assert Ballots(()).winner() is None


def test_abstentions_never_win_however_many():
    assert Ballots((None,) * 50 + ("7",)).winner() == "7"


def test_ties_favour_no_answer_over_questions():
    rng = random.Random(0)
    questions = 6000
    won = {"a": 0, "b": 0, "c": 0}
    for _ in range(questions):
        won[Ballots(("a", "b", "c", "a", "b", "c")).winner(f"{rng.getrandbits(64):x}")] += 1
    # six standard deviations of a binomial(6000, 1/3)
    assert all(abs(n - questions / 3) < 6 * (questions * 2 / 9) ** 0.5 for n in won.values())


def test_a_tie_is_broken_the_same_way_every_time():
    assert len({Ballots(("x", "y")).winner("question 1") for _ in range(20)}) == 1
