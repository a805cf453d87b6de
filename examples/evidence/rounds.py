"""Debate or vote? The reference run of experiments/debate_or_vote.yaml, and the same on simulated opinions."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from evidence import ROOT, main, signed, table
from reference import replayed

from compound.experiment import Run, load, run
from compound.experiment.sides import Side, sides_of
from compound.stats import mean_interval
from compound.stats.cost_curve import reach

CONFIG = ROOT / "experiments" / "debate_or_vote.yaml"
VOTE = "vote(few_shot, n=48)"
DEBATES = ("debate(few_shot)", "debate(few_shot, rounds=3)")
ALONE = "debate(few_shot, agents=1)"
WORLDS = {
    "nobody reads": "sim/beta(4,2)?wrong=2",
    "half take over what most others say": "sim/beta(4,2)?wrong=2&conform=0.5",
    "the same, 5% are persuaded by truth": "sim/beta(4,2)?wrong=2&conform=0.5&convert=0.05",
    "the same, 20% are": "sim/beta(4,2)?wrong=2&conform=0.5&convert=0.2",
}


def tables(data: Path) -> dict[str, str]:
    """Accuracy and cost, what each round did, and what theory has to say; `data` is not read."""
    found, sides = replayed("debate_or_vote")
    vote = sides[VOTE]
    once = ["one reply", 1], ["vote of 3", 3], ["vote of 6", 6], ["vote of 9", 9], ["vote of 48", 48]
    rows = [[str(name), *_own(vote, int(k) - 1), "", "", ""] for name, k in once]
    rows += [_against(name, sides, vote, found, *how) for name, how in _named().items()]
    return {
        "rounds": table(
            ["strategy", "accuracy %", "completions", "tokens", "less the vote of its first replies",
             "less a vote of as many calls", "less the vote of 48"],
            rows,
        ),
        "rounds-flips": table(
            ["round", "one reply %", "their vote %", "kept", "broken", "fixed", "wrong"], list(_flips(found)),
        ),
        "rounds-reading": table(
            ["task", "questions", "second reply is what was heard, less what was not", "last vote less first"],
            list(_reading(found)),
        ),
        "rounds-theory": table(
            ["simulated world", "one reply %", "vote of 3 %", "debate, 2 rounds %", "3 rounds %",
             "3 rounds less the vote of its first replies", "less a vote of as many calls"],
            [_world(name, model) for name, model in WORLDS.items()],
        ),
    }  # fmt: skip


def _named() -> dict[str, tuple[str, int]]:
    """Strategies with rounds, and the calls that each makes."""
    return {
        "one agent, 2 rounds": (ALONE, 2),
        "3 agents, 2 rounds": (DEBATES[0], 6),
        "3 agents, 3 rounds": (DEBATES[1], 9),
    }


def _own(side: Side, place: int) -> list[str]:
    values = side.accuracy[:, place]
    found = mean_interval(values, bounds=reach(values, 0.0), **side.labels)
    mean, low, high = (100 * float(np.clip(x, 0, 1)) for x in (found.mean, found.low, found.high))
    calls, tokens = (_macro(side.cost[unit][:, place], side) for unit in ("calls", "tokens"))
    return [f"{mean:.1f} [{low:.1f}, {high:.1f}]", f"{calls:.0f}", f"{tokens:,.0f}"]


def _macro(values: np.ndarray, side: Side) -> float:
    return float(mean_interval(values, bounds=(0, float(values.max()) + 1), **side.labels).mean)


def _against(name: str, sides: dict[str, Side], vote: Side, found: Run, strategy: str, calls: int) -> list[str]:
    side = sides[strategy]
    assert side.questions == vote.questions
    first = next(tasks["pooled"].less_first for s, tasks in found.rounds.items() if repr(s) == strategy)
    return [name, *_own(side, 0), signed(first), *(_less(side, vote, k) for k in (calls, 48))]


def _less(side: Side, vote: Side, k: int) -> str:
    values = side.accuracy[:, 0] - vote.accuracy[:, k - 1]
    return signed(mean_interval(values, bounds=reach(values, -1.0), **side.labels))


def _flips(found: Run) -> Sequence[list[str]]:
    rows = []
    for name, strategy in (("one agent", ALONE), ("3 agents", DEBATES[1])):
        rounds = next(tasks["pooled"] for s, tasks in found.rounds.items() if repr(s) == strategy)
        for number, (agent, vote) in enumerate(zip(rounds.agent, rounds.vote, strict=True), 1):
            flips = [f"{100 * share:.1f}" for share in rounds.flips[number - 2]] if number > 1 else [""] * 4
            rows.append([f"{name}, {number}", f"{100 * agent:.1f}", f"{100 * vote:.1f}", *flips])
    return rows


def _reading(found: Run) -> Sequence[list[str]]:
    tasks = next(tasks for s, tasks in found.rounds.items() if repr(s) == DEBATES[1])
    return [
        [
            task,
            str(rounds.questions),
            signed(rounds.influence) if rounds.influence else "",
            signed(rounds.less_first),
        ]
        for task, rounds in tasks.items()
    ]


def _world(name: str, model: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        config = load(CONFIG, model=model, sets=["replicates=8"])
        found = asyncio.run(run(config, results=Path(folder)))
        sides = sides_of(Path(folder) / config.name)
    vote, debates = sides[VOTE], [sides[name] for name in DEBATES]
    rounds = next(tasks["pooled"] for s, tasks in found.rounds.items() if repr(s) == DEBATES[1])
    shares = [_macro(vote.accuracy[:, k], vote) for k in (0, 2)]
    shares += [float(np.mean(side.accuracy[:, 0])) for side in debates]
    return [name, *(f"{100 * x:.1f}" for x in shares), signed(rounds.less_first), _less(debates[1], vote, 9)]


if __name__ == "__main__":
    main(tables)
