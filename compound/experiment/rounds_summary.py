"""What a run says of strategies with rounds, in tables, sentences and `rounds.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from compound.experiment.rounds import Rounds
from compound.experiment.tables import Table, signed
from compound.stats import Interval
from compound.strategies import Debate, Strategy

RoundsRun = Mapping[Strategy, Mapping[str, Rounds]]
COLUMNS = (
    "strategy", "task", "questions", "round", "agent", "vote", "kept", "broken", "fixed", "wrong",
    "less_first", "low", "high", "influence", "influence_low", "influence_high", "swaps",
)  # fmt: skip


def rounds_rows(found: RoundsRun) -> list[dict[str, Any]]:
    """The rows of rounds.csv: one a round; what compares the last with the first stands in the last."""
    rows = []
    for strategy, tasks in found.items():
        for task, rounds in tasks.items():
            flips: list[list[float] | list[None]] = [[None] * 4, *rounds.flips]
            for number, (agent, vote, flip) in enumerate(zip(rounds.agent, rounds.vote, flips, strict=True), 1):
                last = number == len(rounds.vote)
                found_last = _interval(rounds.less_first if last else None)
                swapped = _interval(rounds.influence if last else None)
                cells = (
                    repr(strategy), task, rounds.questions, number, agent, vote, *flip, *found_last, *swapped,
                    rounds.swaps if last else None,
                )  # fmt: skip
                rows.append(dict(zip(COLUMNS, cells, strict=True)))
    return rows


def _interval(found: Interval | None) -> list[float | None]:
    return [None] * 3 if found is None else [float(x) for x in (found.mean, found.low, found.high)]


def rounds_tables(found: RoundsRun, task: str) -> list[Table]:
    """One table a strategy, of one task or `pooled`: what the replies of each round and their vote are worth."""
    return [_table(strategy, task, tasks[task]) for strategy, tasks in _longest(found).items() if task in tasks]


def _table(strategy: Strategy, task: str, rounds: Rounds) -> Table:
    flips = [[""] * 4, *([f"{100 * share:.1f}" for share in flip] for flip in rounds.flips)]  # of all replies
    rows = [
        [str(number), f"{100 * agent:.1f}", f"{100 * vote:.1f}", *flip]
        for number, (agent, vote, flip) in enumerate(zip(rounds.agent, rounds.vote, flips, strict=True), 1)
    ]
    header = [
        "round",
        "one reply",
        "their vote",
        "stayed right",
        "right to wrong",
        "wrong to right",
        "stayed wrong",
    ]
    return Table(f"{strategy!r} by rounds, {task}", header, rows)


def rounds_sentences(found: RoundsRun, task: str) -> list[str]:
    """What the rounds did to the vote of the first replies, and whether agents read each other at all."""
    said = []
    for strategy, tasks in _longest(found).items():
        if task not in tasks:
            continue
        rounds = tasks[task]
        said.append(
            f"{strategy!r}: the last replies' vote less that of the first ones, on the same draws: "
            f"{signed(rounds.less_first)} points ({task}, {rounds.questions} questions)."
        )
        if rounds.influence is not None:
            said.append(f"{strategy!r}: {_influence(rounds.influence, rounds.swaps)}")
    return said


def _influence(found: Interval, swaps: int) -> str:
    evidence = f"{signed(found)} points, {swaps} questions"
    if float(found.low) > 0:
        return (
            "the second round reads the others: a reply is an answer that was heard more often than one that an "
            f"agent with the same first answer heard instead ({evidence})."
        )
    return (
        "that the second round reads the others is not shown: a reply is hardly more often an answer that was "
        f"heard than one that an agent with the same first answer heard instead ({evidence})."
    )


def _longest(found: RoundsRun) -> RoundsRun:
    """Without the debates that are the beginning of another one."""
    longer = [s for s in found if isinstance(s, Debate)]
    return {
        strategy: tasks
        for strategy, tasks in found.items()
        if not any(
            isinstance(strategy, Debate) and replace(strategy, rounds=s.rounds) == s and s.rounds > strategy.rounds
            for s in longer
        )
    }
