"""Replaying an adaptive vote on a pool: `python benchmarks/replay.py`.

1,000 questions x 40 recorded replies x 100 random orders. A plain loop parses each reply, then asks the rule;
it is run on a few questions, and its time is scaled to all of them. CPU seconds in one process.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core for both sides; read when NumPy is imported

import random
import time

import numpy as np

from compound.answers import grade, parse
from compound.core import Answer, Ballots, Question, Sample
from compound.strategies import AdaptiveVote, AnswerPool, CoT

QUESTIONS, N, ORDERS, LOOPED = 1_000, 40, 100, 4
STRATEGY = AdaptiveVote(CoT(), n=N)


def pools(seed: int) -> list[AnswerPool]:
    """The right answer's share is uniform over questions; three in a hundred replies state nothing."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(QUESTIONS):
        question = Question(f"question {number}", "number", "7")
        right = rng.random()
        said = rng.choice(["7", "5", "9", "12", "?"], N, p=[0.97 * right, *[0.97 * (1 - right) / 3] * 3, 0.03])
        texts = [f"Let us see. The answer is {word}" for word in said]
        answers = [Answer(parse(Sample(text), question), text) for text in texts]
        known = {a.value for a in answers if a.value is not None}
        found.append(AnswerPool(question, answers, {value: grade(value, question) for value in known}))
    return found


def loop(some: list[AnswerPool], seed: int) -> tuple[float, float]:
    """Mean accuracy and draws of the rule, by hand."""
    rng = random.Random(seed)
    right = drawn = 0.0
    for pool in some:
        texts = [answer.text for answer in pool.answers]
        for _ in range(ORDERS):
            votes: list[str | None] = []
            for text in rng.sample(texts, N):
                votes.append(parse(Sample(text), pool.question))
                if STRATEGY.enough(Ballots(tuple(votes))):
                    break
            winner = Ballots(tuple(votes)).winner(str(rng.random()))
            right += grade(winner, pool.question)
            drawn += len(votes)
    return right / len(some) / ORDERS, drawn / len(some) / ORDERS


def main() -> None:
    pool = pools(0)
    STRATEGY.curve(pool[:2], np.random.default_rng(0))  # tables are built once a process
    began = time.process_time()
    found = STRATEGY.curve(pool, np.random.default_rng(0))
    replayed = time.process_time() - began
    began = time.process_time()
    accuracy, draws = loop(pool[:LOOPED], 1)
    looped = (time.process_time() - began) * QUESTIONS / LOOPED
    assert found.draws is not None

    print(f"adaptive vote, {QUESTIONS:,} questions x {N} replies x {ORDERS} orders (CPU seconds, one core)")
    print(f"  replay             {replayed:10.2f}   every cap from 1 to {N}")
    print(f"  plain loop         {looped:10.0f}   one cap, scaled up from {LOOPED} questions")
    print(f"  ratio              {looped / replayed:10,.0f}")
    mine = found.accuracy[:LOOPED, -1].mean(), found.draws[:LOOPED, -1].mean()
    print(f"  on these questions accuracy {mine[0]:.3f} and {accuracy:.3f}, draws {mine[1]:.2f} and {draws:.2f}")


if __name__ == "__main__":
    main()
