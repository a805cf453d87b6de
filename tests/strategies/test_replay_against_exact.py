"""Replaying a vote over permutations of a pool agrees with its exact expectation."""

import numpy as np
import pytest

from compound import CoT, Vote
from compound.core import Answer, MissingSampleError, Question
from compound.strategies import AnswerPool
from compound.strategies.replay import replayed

QUESTION = Question("q", "number", "1")
POOLS = [
    ("1", "1", "1", "2", "2", "3", None, None),
    ("1", "2", "2", "2", "3", None, "1", "1", "3", "2"),
    ("2", "2", "2", "1", "3", "4"),
    (None, None, None, "1"),
    (None, None),
    ("1",) * 5,
]


@pytest.mark.parametrize("values", POOLS)
def test_a_replayed_vote_agrees_with_the_formula(values):
    right = {value: value == "1" for value in values if value is not None}
    answers = [Answer(value) for value in values]
    exact = Vote(CoT()).curve([AnswerPool(QUESTION, answers, right)], np.random.default_rng(0)).accuracy[0]
    rounds, permutations = 40, 50
    found = []
    for seed in range(rounds):
        # The winner of a tie follows from the question's id: several ids stand in for several questions.
        question = Question("q", "number", "1", id=f"question {seed}")
        rng = np.random.default_rng(seed)
        curve = replayed(Vote(CoT()), [AnswerPool(question, answers, right)], rng, permutations)
        assert curve.draws is None
        found.append(curve.accuracy[0])
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / rounds**0.5
    assert exact.shape == mean.shape == (len(values),)
    assert np.all(np.abs(mean - exact) < 4.5 * error + 1e-9)


def test_a_rule_that_stops_is_stopped_in_the_replay_too():
    class AtTwo(Vote):
        def enough(self, ballots):
            return len(ballots.votes) >= 2

    values = ("1", "2", "1", "1", "2", "1")
    right = {"1": True, "2": False}
    answers = [Answer(value) for value in values]
    found = replayed(AtTwo(CoT()), [AnswerPool(QUESTION, answers, right)], np.random.default_rng(0), 200)
    (curve,) = found.accuracy
    assert np.all(curve[1:] == curve[1])
    assert curve[-1] < 1.0, "six votes would always be right"
    assert np.array_equal(found.draws, [[1, 2, 2, 2, 2, 2]])


def test_a_selector_that_asks_the_model_is_not_free():
    class Asking(Vote):
        async def select(self, question, answers, lm):
            await lm.fork(99).sample("which?")
            return answers[0]

    with pytest.raises(MissingSampleError, match="declare its selection as 'paid'"):
        replayed(Asking(CoT()), [AnswerPool(QUESTION, [Answer("1")], {"1": True})], np.random.default_rng(0))
