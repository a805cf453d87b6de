"""Chess state tracking of BIG-bench: where can this piece go? Li et al. 2024 (2402.05120) and others use it.

{"input": "g2g3 f7f5 f1", "target": ["h3", "g2"]}

The last move lacks its second half. Every square that makes it legal is right. Papers use the 1,000 games of
`synthetic_short`, which is a public file; the hub has it only mixed with the five other subsets (6,000 in all).
"""

from __future__ import annotations

from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source
from compound.tasks.benchmarks.bigbench import right, statement

_ASKED = (
    "The moves of a game of chess so far, each written as the square a piece leaves and the square it goes to:\n"
    "{moves}\n"
    "The last move is not complete. Name one square that the piece on {square} can go to."
)


def _row(row: Row) -> Question:
    moves = statement(row).splitlines()[-1].strip()  # the hub repeats the instruction before them
    text = _ASKED.replace("{moves}", moves).replace("{square}", moves.split()[-1])
    return Question(text, "text", tuple(sorted(right(row))))


CHESS = Benchmark(
    "squares a chess piece can go to",
    _row,
    sources=(Source("hails/bigbench", "chess_state_tracking_zero_shot"),),
    splits={"test": "default"},
)
