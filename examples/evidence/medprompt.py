"""What each stage of Medprompt adds on the built-in model: the reference run of experiments/medprompt.yaml."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from evidence import interval, main, percent, signed, table
from reference import replayed

from compound.experiment import Run
from compound.experiment.sides import Side
from compound.stats import Interval, mean_interval
from compound.stats.factorial import shapley_values
from compound.strategies.shuffled import Shuffled, order_of, reordered

ZERO, FIRST, NEAREST, FIRST_SHUFFLED, NEAREST_SHUFFLED = range(5)  # the strategies in the order of the config
ONE, VOTE = 0, -1
STAGES = (  # name, strategy, k, and what it is compared with
    ("no example", ZERO, ONE, None),
    ("five fixed examples", FIRST, ONE, (ZERO, ONE)),
    ("the five nearest", NEAREST, ONE, (FIRST, ONE)),
    ("a vote of 5", NEAREST, VOTE, (NEAREST, ONE)),
    ("a vote of 5 over other orders of the options", NEAREST_SHUFFLED, VOTE, (NEAREST, VOTE)),
    ("the same, less one call with the five nearest", NEAREST_SHUFFLED, VOTE, (NEAREST, ONE)),
    ("the same, less one call without examples", NEAREST_SHUFFLED, VOTE, (ZERO, ONE)),
    ("no example and a vote of 5, less one call", ZERO, VOTE, (ZERO, ONE)),
)
FACTORS = ("the nearest examples, not the first", "another order of the options each time", "a vote of 5, not one")


def tables(data: Path) -> dict[str, str]:
    """The stages, what each adds whatever the others are, and the letters said; `data` is not read."""
    found, by_name = replayed("medprompt")
    sides = list(by_name.values())
    return {
        "medprompt": stages(found, sides),
        "medprompt-shares": shares(sides),
        "medprompt-letters": letters(found),
    }


def stages(found: Run, sides: list[Side]) -> str:
    """Each stage against the one before, and what is to be known beside it."""
    labels, task = sides[0].labels, np.array([task for task, _ in sides[0].questions])
    names = list(dict.fromkeys(task))
    strategies = found.experiment.parsed()
    by_strategy = [[curves for curves in found.curves if curves.arm.strategy == one] for one in strategies]
    shown = []
    for name, side, k, before in STAGES:
        own = sides[side].accuracy[:, k]
        less = gain(own - sides[before[0]].accuracy[:, before[1]], labels) if before else ""
        cost = [np.mean(sides[side].cost[unit][:, k]) for unit in ("calls", "tokens")]
        accuracy = [percent(own[task == each]) for each in names]
        replies = [pool.values for curves in by_strategy[side] for pool in curves.arm.pools]
        unread = percent(np.array([value is None for values in replies for value in values]))
        shown.append([name, *accuracy, percent(own), less, unread, *(f"{value:.0f}" for value in cost)])
    constant = {curves.task: curves.constant for curves in found.curves}
    same = [constant[each] for each in names]
    shown.append(["the same letter always", *(percent(np.array(x)) for x in (*same, same)), "", "0.0", "0", "0"])
    head = [
        "stage",
        *(f"`{each}` %" for each in names),
        "both %",
        "less the stage before",
        "replies unread %",
        "calls",
        "tokens",
    ]
    return table(head, shown)


def shares(sides: list[Side]) -> str:
    """The Shapley values of three stages over their 2^3 cells, all of them with five examples."""
    labels = sides[0].labels
    cells = np.column_stack(
        [sides[s].accuracy[:, k] for k in (ONE, VOTE) for s in (FIRST, NEAREST, FIRST_SHUFFLED, NEAREST_SHUFFLED)]
    )
    found = shapley_values(cells, **labels, rng=np.random.default_rng(0)).interval
    one_by_one = [Interval(*(part[place] for part in (found.mean, found.low, found.high))) for place in range(3)]
    rows = [[name, signed(value)] for name, value in zip(FACTORS, one_by_one, strict=True)]
    rows.append(["all three", gain(cells[:, -1] - cells[:, 0], labels)])
    return table(["stage", "its share of the gain"], rows)


def letters(found: Run) -> str:
    """Where an order moved the right option: how often its new letter was said, and how often its old one."""
    rows = []
    for curves in found.curves:
        if not isinstance(curves.arm.candidate, Shuffled):
            continue
        new, old = [], []
        for pool in curves.arm.pools:
            question, was = pool.question, pool.question.golds[0]
            orders = [order_of(len(question.choices), branch, question.id) for branch in range(len(pool.answers))]
            now = [reordered(question, order).golds[0] for order in orders]
            said = [answer.step.children[0].value for answer in pool.answers]
            moved = [(one, right) for one, right in zip(said, now, strict=True) if right != was]
            new.append(np.mean([one == right for one, right in moved]))
            old.append(np.mean([one == was for one, _ in moved]))
        inner = repr(curves.arm.candidate.candidate)
        chance = 100 / len(question.choices)
        rows.append(
            [f"`{inner}`", f"`{curves.task}`", f"{chance:.1f}", interval(np.array(new)), interval(np.array(old))]
        )
    head = ["candidate", "task", "a guess %", "the letter it has now %", "the letter it has in the examples %"]
    return table(head, rows)


def gain(values: np.ndarray, labels: dict[str, object]) -> str:
    """The mean of differences, with its interval over questions of both tasks."""
    return signed(mean_interval(values, bounds=(-1, 1), **labels))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(tables)
