"""Strategies with rounds: the estimator, what rounds do, whether agents read each other."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import numpy as np
import pytest

from compound.core import Answer, Question
from compound.experiment import Experiment, Run, run
from compound.experiment.pools import Arm, Pool
from compound.experiment.rounds import anchored
from compound.stats import plurality_curve
from compound.strategies import Debate, parse
from compound.tasks import Task

VALUES = ["r", "a", "b"]
RIGHT = {"r": True, "a": False, "b": False}


def debates(rng: np.random.Generator, chances: np.ndarray, replicates: int, keep: float) -> list[Pool]:
    """Debates of three: the vote of the first replies stays with probability `keep`, or is `r` or `a`."""
    pools = []
    for place, chance in enumerate(chances):
        first = rng.choice(VALUES, size=(replicates, 3), p=[chance, (1 - chance) / 2, (1 - chance) / 2])
        last = []
        for row in first:
            values, counts = np.unique(row, return_counts=True)
            vote = str(rng.choice(values[counts == counts.max()]))
            last.append(vote if rng.random() < keep else str(rng.choice(["r", "a"])))
        rounds = tuple([[str(v) for v in row], [value] * 3] for row, value in zip(first, last, strict=True))
        pools.append(Pool(Question(f"question {place}"), tuple(map(Answer, last)), RIGHT, rounds=rounds))
    return pools


def vote_of_three(chance: float) -> float:
    """Two of three right, or one with three different answers and the luck of a draw."""
    return chance**2 * (3 - 2 * chance) + 3 * chance * 2 * ((1 - chance) / 2) ** 2 / 3


def arms(pools: list[Pool], shared: list[Pool]) -> tuple[Arm, Arm]:
    task = Task("some", {"test": tuple(pool.question for pool in pools)})
    return Arm(task, Debate(parse("cot")), pools), Arm(task, parse("vote(cot, n=64)"), shared)


def drawn(rng: np.random.Generator, pools: list[Pool], chances: np.ndarray, n: int = 64) -> list[Pool]:
    """A pool of the candidate for each question; its first draws are the first replies of the first debate."""
    found = []
    for pool, chance in zip(pools, chances, strict=True):
        more = rng.choice(VALUES, size=n - 3, p=[chance, (1 - chance) / 2, (1 - chance) / 2])
        values = [*pool.rounds[0][0], *map(str, more)]
        found.append(Pool(pool.question, tuple(map(Answer, values)), RIGHT))
    return found


@pytest.mark.parametrize(("keep", "at_most"), [(0.9, 0.8), (0.2, 1.1)])
def test_anchoring_is_unbiased_and_less_noisy_where_answers_stay(keep: float, at_most: float) -> None:
    rng = np.random.default_rng(3)
    chances = np.linspace(0.2, 0.8, 16)
    truth = np.mean([keep * vote_of_three(c) + (1 - keep) * 0.5 for c in chances])
    plain, found = [], []
    for _ in range(50):
        pools = debates(rng, chances, 4, keep)
        debate, vote = arms(pools, drawn(rng, pools, chances))
        values = anchored(debate, [debate, vote])
        assert values is not None
        found.append(values.mean())
        plain.append(np.mean([pool.correct(a) for pool in pools for a in pool.answers]))
    assert np.mean(found) == pytest.approx(truth, abs=4 * np.std(found) / np.sqrt(len(found)))
    assert np.std(found) < at_most * np.std(plain)


def test_one_replicate_is_the_difference_to_the_same_draws_plus_the_exact_vote() -> None:
    pool = Pool(Question("q"), (Answer("a"),), RIGHT, rounds=([["r", "r", "a"], ["a", "a", "a"]],))
    shared = Pool(pool.question, tuple(map(Answer, ["r", "r", "a", "b"])), RIGHT)
    debate, vote = arms([pool], [shared])
    exact = plurality_curve([2, 1, 1], [True, False, False])[2]
    assert anchored(debate, [debate, vote]) == pytest.approx([0 - 1 + exact])
    assert anchored(debate, [debate]) is None, "without other draws it would be the debate itself"


def test_a_debate_that_failed_once_leaves_the_plain_mean() -> None:
    pool = Pool(Question("q"), (Answer("a"), Answer(None)), RIGHT)
    assert anchored(arms([pool], [])[0], []) is None


def go(folder: Path, model: str, *strategies: str, **changes: object) -> Run:
    config = Experiment.model_validate({
        "name": "try", "model": model, "strategies": list(strategies), "tasks": ["add2", "opposites"],
        "questions": 30, "replicates": 4, "greedy": False, "parameters": {"max_tokens": 100}, **changes,
    })  # fmt: skip
    return asyncio.run(run(config, results=folder))


def test_a_run_shows_what_each_round_did(tmp_path: Path) -> None:
    found = go(tmp_path, "sim/beta(4,2)?wrong=2&conform=0.6", "vote(cot, n=12)", "debate(cot, rounds={2,3})")
    two, three = found.rounds[Debate(rounds=2)], found.rounds[Debate(rounds=3)]
    assert list(three) == ["add2", "opposites", "pooled"]
    assert three["pooled"].vote[:2] == two["pooled"].vote, "a longer debate begins like the shorter one"
    np.testing.assert_allclose(np.sum(three["pooled"].flips, axis=1), 1)
    kept, broken, fixed, _ = three["pooled"].flips[0]
    assert kept + broken == pytest.approx(three["pooled"].agent[0])
    assert kept + fixed == pytest.approx(three["pooled"].agent[1])
    rows = list(csv.DictReader((tmp_path / "try" / "rounds.csv").open()))
    assert [row["round"] for row in rows if row["task"] == "pooled"] == ["1", "2", "1", "2", "3"]
    text = (tmp_path / "try" / "summary.md").read_text()
    assert "`debate(rounds=3) by rounds, pooled`" in text
    assert "`debate by rounds" not in text, "its rounds are the first of the longer debate"
    (row,) = [r for r in found.rows if (r["strategy"], r["task"]) == ("debate", "pooled") and r["k"] == 1
              and r["line"] == "accuracy"]  # fmt: skip
    assert "anchored" in row["estimator"]


def test_agents_who_read_each_other_are_told_from_those_who_do_not(tmp_path: Path) -> None:
    deaf = go(tmp_path / "a", "sim/beta(4,2)?wrong=2", "debate(cot)").rounds[Debate()]["pooled"].influence
    read = go(tmp_path / "b", "sim/beta(4,2)?wrong=2&conform=0.6", "debate(cot)").rounds[Debate()]["pooled"]
    assert deaf is not None and deaf.low <= 0 <= deaf.high
    assert read.influence is not None and read.influence.low > 0.05
    text = [(tmp_path / name / "try" / "summary.md").read_text() for name in "ab"]
    assert "reads the others is not shown" in text[0] and "the second round reads the others:" in text[1]


def test_a_reflection_has_rounds_and_nobody_to_hear(tmp_path: Path) -> None:
    found = go(tmp_path, "sim/beta(4,2)?wrong=2&judge=0.6", "reflect(cot, n=2)")
    (rounds,) = [tasks["pooled"] for tasks in found.rounds.values()]
    assert rounds.influence is None
    assert len(rounds.vote) == 3 and rounds.vote == pytest.approx(rounds.agent)


def test_rounds_that_are_gone_leave_no_file(tmp_path: Path) -> None:
    go(tmp_path, "sim/beta(4,2)", "debate(cot)", questions=3)
    assert (tmp_path / "try" / "rounds.csv").exists()
    go(tmp_path, "sim/beta(4,2)", "vote(cot, n=3)", questions=3)
    assert not (tmp_path / "try" / "rounds.csv").exists()
