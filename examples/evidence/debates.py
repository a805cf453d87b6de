"""What further rounds of a recorded debate did to the replies and to their vote.

DyLAN on MATH (Liu et al. 2023, 2310.02170): four agents of gpt-3.5-turbo-0301. They speak in turn, and each reads
the latest replies of the other three. A round ends as soon as its first three replies agree; that, or three alike
of four, ends the debate. After a second round without either the model picks two of the four; unless these agree,
they speak once more. The recording keeps the agents that spoke last, with all that they said before, and no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from evidence import main, percent, points, table
from recordings import lines

from compound.answers import grade, kind_named
from compound.core import Ballots, Question
from compound.stats import Pool, plurality_curves
from compound.strategies.answer_pool import ballots
from compound.strategies.flips import flips_of

FILE = "dylan_math_gpt35_debate"
# (agents kept, rounds) tells how a debate ended.
ENDS = {
    (3, 1): "round 1: the first three agree",
    (4, 1): "round 1: three of four agree",
    (3, 2): "round 2: the first three agree",
    (4, 2): "round 2: three of four agree",
    (2, 2): "round 2: the two picked agree",
    (2, 3): "round 3: the two picked",
}
MAJORITIES = ("all alike", "more than half alike", "no majority")


@dataclass(frozen=True)
class Debate:
    """The replies that were kept: `rounds` has each agent's answer, a row a round; `right` says which are right."""

    rounds: tuple[tuple[str | None, ...], ...]
    right: dict[str, bool]

    @property
    def end(self) -> tuple[int, int]:
        """Agents kept, and rounds."""
        return len(self.rounds[0]), len(self.rounds)

    @cached_property
    def votes(self) -> np.ndarray:
        """Whether the vote of each round is right, ties split, shape (rounds,)."""
        modes = [Ballots(said).modes for said in self.rounds]
        return np.array([float(np.mean([self.right[value] for value in tied] or [False])) for tied in modes])

    @cached_property
    def replies(self) -> np.ndarray:
        """Share of each round's replies that are right, shape (rounds,)."""
        return np.array([np.mean([self.is_right(value) for value in said]) for said in self.rounds])

    @property
    def majority(self) -> str:
        """How far the first replies that are kept agree."""
        first = self.rounds[0]
        most = max(Ballots(first).counts.values(), default=0)
        return MAJORITIES[0 if most == len(first) else 1 if 2 * most > len(first) else 2]

    @property
    def pool(self) -> Pool:
        """The first round as counts."""
        first = Ballots(self.rounds[0])
        return Pool(list(first.counts.values()), [self.right[value] for value in first.counts], first.abstained)

    def is_right(self, value: str | None) -> bool:
        """An abstention is wrong."""
        return value is not None and self.right[value]


def read(data: Path) -> list[Debate]:
    """The debates; answers are compared and graded as kind `math` does it."""
    kind, found = kind_named("math"), []
    for row in lines(data, FILE):
        asked = Question(row["question"], "math", row["gold"])
        said = sorted(row["samples"], key=lambda sample: (sample["round"], sample["agent"]))
        answers = [None if sample["answer"] is None else kind.read(sample["answer"], asked) for sample in said]
        votes = ballots(asked, answers)
        agents = sum(sample["round"] == 0 for sample in said)
        assert [sample["agent"] for sample in said] == [*range(agents)] * (len(said) // agents)
        rounds = tuple(votes.votes[i : i + agents] for i in range(0, len(said), agents))
        found.append(Debate(rounds, {value: grade(value, asked) for value in votes.counts}))
    return found


def tables(data: Path) -> dict[str, str]:
    """The votes of the first and of the last round; what single agents did; what the selection does to both."""
    debates = read(data)
    return {"debates": ended(debates), "debate-flips": turned(debates), "debate-bias": biased(debates)}


def ended(debates: Sequence[Debate]) -> str:
    """First and last vote, by how the debate ended."""
    groups = {name: [d for d in debates if d.end == end] for end, name in ENDS.items()}
    groups |= {"all with a second round": [d for d in debates if d.end[1] > 1], "all": list(debates)}
    rows = []
    for name, each in groups.items():
        first, votes = np.array([d.replies[0] for d in each]), np.array([d.votes[[0, -1]] for d in each])
        rows.append([
            name, len(each), kept(each), percent(first), percent(votes[:, 0]), percent(votes[:, 1]),
            "" if name.startswith("round 1") else points(votes[:, 1] - votes[:, 0]),
        ])  # fmt: skip
    head = [
        "the debate ends in", "questions", "first replies kept", "right % of these", "their vote %",
        "vote of the last round %", "last vote less first",
    ]  # fmt: skip
    return table(head, rows)


def turned(debates: Sequence[Debate]) -> str:
    """The flip matrix of each step, over agents, with the change of a reply's accuracy."""
    steps = [(f"ends in {name}", [end], start) for end, name in ENDS.items() for start in range(end[1] - 1)]
    steps.append(("all", [end for end in ENDS if end[1] > 1], 0))
    rows = []
    for name, ends, start in steps:
        each = [d for d in debates if d.end in ends]
        counts = np.sum([flips_of(d.rounds, d.is_right)[start] for d in each], axis=0)
        other = [a != b for d in each for a, b in zip(*d.rounds[start : start + 2], strict=True)]
        rows.append([
            f"{start + 1} to {start + 2}; {name}", counts.sum(), percent(np.array(other)), *counts,
            points(np.array([d.replies[start + 1] - d.replies[start] for d in each])),
        ])  # fmt: skip
    head = ["from round", "agents", "changed %", "kept", "broken", "fixed", "wrong", "a reply after less before"]
    return table(head, rows)


def biased(debates: Sequence[Debate]) -> str:
    """What went on depends on how far the first replies agreed; and what a vote of fewer of them loses."""
    rows = []
    for name in MAJORITIES:
        each = [d for d in debates if d.majority == name]
        rounds, votes = np.array([len(d.rounds) for d in each]), np.array([d.votes[[0, -1]] for d in each])
        rows.append([
            name, len(each), percent(rounds > 1), percent(rounds > 2), kept(each), percent(votes[:, 0]),
            points(votes[:, 1] - votes[:, 0]),
        ])  # fmt: skip
    head = [
        "first replies kept are", "questions", "a second round %", "a third %", "how many are kept",
        "their vote %", "last vote less first",
    ]  # fmt: skip
    whole = [d for d in debates if d.end == (4, 2)]
    curve = plurality_curves([d.pool for d in whole])
    two, three = (points(curve[:, k - 1] - curve[:, 3]) for k in (2, 3))
    return (
        f"{table(head, rows)}\n\nOn the {len(whole)} questions with a second round that kept all four first "
        f"replies, a vote of two of them less a vote of four is {two}, a vote of three {three}."
    )


def kept(debates: Sequence[Debate]) -> str:
    """Mean count of agents kept."""
    return f"{np.mean([d.end[0] for d in debates]):.1f}"


if __name__ == "__main__":
    main(tables)
