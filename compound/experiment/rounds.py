"""Rounds: what agents gain by going on, over the vote that their first replies would have been.

The first replies of a debate are the draws of a vote, and the accuracy of that vote is known better: from all draws
that there are. So the luck of the first replies is taken out of the mean over replicates:

    strategy - w * (vote of its first replies - exact vote of as many draws).

With w = 1, used where there is one replicate, it is (strategy - vote of the same draws) + exact vote: good where
most answers stay as they were, and noisier than the plain mean where later rounds have little to do with the first.
With several replicates w is the regression coefficient within questions, cut to 0 … 1, found on all questions but
the one that it is used for: unbiased, since it knows nothing of that question's luck. A question's value may lie
outside 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np

from compound.core import Answer
from compound.experiment.pools import Arm, Pool
from compound.stats import Interval, mean_interval, plurality_curves
from compound.strategies import AnswerPool, Debate
from compound.strategies.flips import Flips, flips_of
from compound.strategies.vote import counted

Values = Sequence[str | None]
ESTIMATOR = "mean of replicates, anchored in the exact vote"


@dataclass(frozen=True)
class Rounds:
    """One strategy on one task, or on several: shares and intervals are means over questions, macro over tasks.

    Attributes:
        agent: accuracy of one agent in each round, R of them.
        vote: accuracy of the vote of each round's replies.
        less_first: accuracy of the last round's vote less that of the first replies, paired.
        flips: the flip matrix of each round after the first, as shares of replies.
        influence: how much more often a second reply is an answer that was heard than one that was heard, in
            another replicate, by an agent with the same first answer to the same question; what agents hear is
            drawn independently of their own first answer, so this is what swapping it does. None if
            nobody hears anybody, or no two first answers of different replicates are equal.
        swaps: questions that `influence` is known from.
        questions: how many in all.
    """

    agent: list[float]
    vote: list[float]
    less_first: Interval
    flips: list[list[float]]
    influence: Interval | None
    swaps: int
    questions: int


def anchored(arm: Arm, others: Sequence[Arm]) -> np.ndarray | None:
    """Accuracy of a strategy with rounds, shape (Q,), anchored in the exact vote; None where it has no rounds.

    Args:
        arm: drawn.
        others: arms of the same run; a pool of the same candidate on the same task makes the vote more exact.
    """
    candidate = getattr(arm.solver, "candidate", None)
    if candidate is None or candidate.sources > 1 or not all(pool.rounds for pool in arm.pools):
        return None
    same = [o for o in others if o.task is arm.task and o.selector and o.candidate == candidate]
    shared = {pool.question.id: pool for other in sorted(same, key=lambda o: o.draws) for pool in other.pools}
    if not shared and all(len(pool.rounds) == 1 for pool in arm.pools):
        return None  # nothing is known of that vote but the draws themselves
    after = np.array([[pool.correct(answer) for answer in pool.answers] for pool in arm.pools])
    before = _votes([(pool, said[0]) for pool in arm.pools for said in pool.rounds])[:, -1].reshape(after.shape)
    exact = np.array([_exact_vote(pool, shared.get(pool.question.id)) for pool in arm.pools])
    found: np.ndarray = after.mean(axis=1) - _weights(after, before) * (before.mean(axis=1) - exact)
    return found


def _weights(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The weight of the first vote's error for each question, from the other questions, shape (Q,)."""
    if after.shape[1] == 1:
        return np.ones(len(after))
    aside = before - before.mean(axis=1, keepdims=True)
    shared, own = (aside * (after - after.mean(axis=1, keepdims=True))).sum(axis=1), (aside**2).sum(axis=1)
    others = own.sum() - own
    weights: np.ndarray = np.divide(shared.sum() - shared, others, out=np.zeros_like(others), where=others > 1e-12)
    return weights.clip(0.0, 1.0)


def _exact_vote(pool: Pool, shared: Pool | None) -> float:
    """Expected accuracy of a vote of as many draws as there were first replies, over all draws that there are."""
    first: list[Values] = [said[0] for said in pool.rounds]
    there, right = ((), {}) if shared is None else (shared.values, shared.right)
    # Each draw once: those of the first replicate are the first draws of the shared pool.
    drawn = [*there, *first[0][len(there) :], *(value for row in first[1:] for value in row)]
    found = _votes([(replace(pool, right={**right, **pool.right}), drawn)])
    return float(found[0, len(first[0]) - 1])


def _votes(cast: Sequence[tuple[Pool, Values]]) -> np.ndarray:
    """Expected accuracy of a vote of k = 1 … n of some values, shape (V, n); the same n for all."""
    views = [AnswerPool(pool.question, [Answer(value) for value in values], pool.right) for pool, values in cast]
    found: np.ndarray = plurality_curves([counted(view) for view in views])
    return found


def rounds_on(arms: Sequence[Arm], labels: dict[str, Any]) -> Rounds | None:
    """What happened from round to round; None if there were no rounds, or not on every question.

    What stopped early stays as it was in the rounds left out.

    Args:
        arms: one strategy on one task, or on each of several.
        labels: `strata` and `clusters` of all questions, for the intervals.
    """
    most = max((len(said) for arm in arms for pool in arm.pools for said in pool.rounds), default=0)
    if most < 2 or not all(pool.rounds for arm in arms for pool in arm.pools):
        return None
    drawn = [(arm, _to_the_end(pool, most)) for arm in arms for pool in arm.pools]
    pools, rounds = [pool for _, pool in drawn], range(most)
    cast = _votes([(p, row) for p in pools for said in p.rounds for row in said])[:, -1]
    votes = cast.reshape(len(pools), -1, most).mean(axis=1)
    agent = _by_round([[[_right(p, v) for said in p.rounds for v in said[r]] for r in rounds] for p in pools])
    flips = np.array([_flips(pool) for pool in pools])
    swaps = [
        (place, value) for place, (arm, pool) in enumerate(drawn) if (value := _influence(arm, pool)) is not None
    ]
    swapped: dict[str, Any] = {name: [values[place] for place, _ in swaps] for name, values in labels.items()}
    return Rounds(
        agent=_mean(agent, labels),
        vote=_mean(votes, labels),
        less_first=mean_interval(votes[:, -1] - votes[:, 0], **labels),
        flips=[_mean(flips[:, r], labels) for r in range(flips.shape[1])],
        influence=mean_interval([value for _, value in swaps], **swapped) if swaps else None,
        swaps=len(swaps),
        questions=len(pools),
    )


def _to_the_end(pool: Pool, most: int) -> Pool:
    return replace(pool, rounds=tuple([*said, *[said[-1]] * (most - len(said))] for said in pool.rounds))


def _by_round(values: Sequence[Sequence[Sequence[float]]]) -> np.ndarray:
    """Mean of the innermost values, shape (Q, R)."""
    return np.array([[np.mean(row) for row in rows] for rows in values])


def _mean(values: np.ndarray, labels: dict[str, Any]) -> list[float]:
    return [float(x) for x in mean_interval(values, bounds=(0, 1), **labels).mean]


def _right(pool: Pool, value: str | None) -> float:
    return float(value is not None and pool.right[value])


def _flips(pool: Pool) -> np.ndarray:
    """The flip matrices of a question as shares, mean over replicates, shape (R - 1, 4)."""
    counts: list[list[Flips]] = [flips_of(said, lambda value: pool.right[value]) for said in pool.rounds]
    found = np.array(counts, dtype=float)
    shares: np.ndarray = (found / found.sum(axis=2, keepdims=True)).mean(axis=0)
    return shares


def _influence(arm: Arm, pool: Pool) -> float | None:
    """How much more often second replies are what was heard than what another with the same first answer heard."""
    solver = arm.solver
    if not isinstance(solver, Debate):
        return None
    turns = [
        (
            replicate,
            (said[0][agent], agent % solver.candidate.sources),  # other sources hear other things
            {said[0][peer] for peer in solver.hears(agent)} - {None, said[0][agent]},
            said[1][agent],
        )
        for replicate, said in enumerate(pool.rounds)
        for agent in range(solver.agents)
    ]
    found = [
        float(new in heard) - float(new in elsewhere)
        for (here, own, heard, new), (there, other, elsewhere, _) in permutations(turns, 2)
        if here != there and own == other
    ]
    return float(np.mean(found)) if found and any(solver.hears(agent) for agent in range(solver.agents)) else None
