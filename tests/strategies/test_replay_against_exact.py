"""Replaying a vote over permutations of a pool agrees with its exact expectation."""

import numpy as np
import pytest

from compound import CoT, Vote
from compound.core import Answer, MissingSampleError, Question
from compound.experiment.replay import replayed_accuracy
from compound.strategies import AnswerPool

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
    exact = Vote(CoT()).expected_accuracy([AnswerPool(QUESTION, values, right)])[0]
    answers = [Answer(value) for value in values]
    rounds, permutations = 40, 50
    replayed = []
    for seed in range(rounds):
        # The winner of a tie follows from the question's id: several ids stand in for several questions.
        question = Question("q", "number", "1", id=f"question {seed}")
        rng = np.random.default_rng(seed)
        replayed.append(replayed_accuracy(Vote(CoT()), question, answers, right, rng, permutations))
    mean, error = np.mean(replayed, axis=0), np.std(replayed, axis=0, ddof=1) / rounds**0.5
    assert exact.shape == mean.shape == (len(values),)
    assert np.all(np.abs(mean - exact) < 4.5 * error + 1e-9)


def test_a_rule_that_stops_is_stopped_in_the_replay_too():
    class AtTwo(Vote):
        def enough(self, ballots):
            return len(ballots.votes) >= 2

    values = ("1", "2", "1", "1", "2", "1")
    right = {"1": True, "2": False}
    answers = [Answer(value) for value in values]
    curve = replayed_accuracy(AtTwo(CoT()), QUESTION, answers, right, np.random.default_rng(0), 200)
    assert np.all(curve[1:] == curve[1])
    assert curve[-1] < 1.0, "six votes would always be right"


def test_a_selector_that_asks_the_model_is_not_free():
    class Asking(Vote):
        async def select(self, question, answers, lm):
            await lm.fork(99).sample("which?")
            return answers[0]

    with pytest.raises(MissingSampleError, match="declare its selection as 'paid'"):
        replayed_accuracy(Asking(CoT()), QUESTION, [Answer("1")], {"1": True}, np.random.default_rng(0))
