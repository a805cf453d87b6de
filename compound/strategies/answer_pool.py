"""The candidates of one question as a free selector's curve needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from compound.answers import grade, kind_named
from compound.core import Answer, Ballots, Question

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class AnswerPool:
    """The parsed candidates of one question. Equivalent answers are one answer, over the whole pool.

    Attributes:
        question: what was asked.
        answers: the candidates in submission order, with their scores.
        right: whether each distinct value is right.
        sources: how many sources took turns: candidate i came from number i modulo this.
    """

    question: Question
    answers: Sequence[Answer]
    right: Mapping[str, bool]
    sources: int = 1

    @cached_property
    def votes(self) -> Ballots:
        """One ballot a candidate."""
        return ballots(self.question, [answer.value for answer in self.answers])

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """The distinct answers, sorted."""
        return tuple(sorted(self.votes.counts))

    @cached_property
    def codes(self) -> np.ndarray:
        """The number of each candidate's answer in `distinct`, shape (N,); -1 abstained."""
        import numpy as np

        place = {value: number for number, value in enumerate(self.distinct)}
        return np.array([-1 if vote is None else place[vote] for vote in self.votes.votes], dtype=np.int64)

    @cached_property
    def correct(self) -> np.ndarray:
        """Whether each answer of `distinct` is right, shape (m,), booleans."""
        import numpy as np

        return np.array([self.right[value] for value in self.distinct], dtype=bool)

    @cached_property
    def scores(self) -> np.ndarray:
        """The score of each candidate, shape (N,); nan where there is none."""
        import numpy as np

        found = [answer.score if answer.value is not None else None for answer in self.answers]
        return np.array([np.nan if score is None else score for score in found], dtype=float)

    @cached_property
    def _graded(self) -> dict[str, bool]:
        return dict(self.right)

    def is_right(self, value: str | None) -> bool:
        """Whether a value is right; also one that no candidate gave as its own, such as the second of a ranking."""
        if value is not None and value not in self._graded:
            self._graded[value] = grade(value, self.question)
        return value is not None and self._graded[value]

    @cached_property
    def right_each(self) -> np.ndarray:
        """Whether each candidate's own value is right, shape (N,), 0 or 1; an abstention is wrong."""
        import numpy as np

        return np.array([float(a.value is not None and self.right[a.value]) for a in self.answers], dtype=float)


@dataclass(frozen=True)
class PoolCurve:
    """A free selector's expectation over the subsets (or orders) of Q pools of N candidates.

    Attributes:
        accuracy: shape (Q, N): question by k = 1 … N candidates allowed.
        estimator: `exact`, or `replay`: a mean over random orders.
        draws: expected candidates drawn, shape (Q, N), where it may be fewer than k; else None.
    """

    accuracy: np.ndarray
    estimator: str = "exact"
    draws: np.ndarray | None = None


def ballots(question: Question, values: Sequence[str | None]) -> Ballots:
    """The ballots of some candidates' values: equivalent answers are one answer."""
    known = [value for value in values if value is not None]
    classes = dict(zip(known, kind_named(question.kind).classes(known), strict=True))
    return Ballots(tuple(None if value is None else classes[value] for value in values))


def coded(pools: Sequence[AnswerPool]) -> tuple[np.ndarray, np.ndarray]:
    """The votes of pools of one size as arrays: codes (Q, N), and which answers are right (Q, M), padded."""
    import numpy as np

    right = np.zeros((len(pools), max(len(pool.distinct) for pool in pools)), dtype=bool)
    for place, pool in enumerate(pools):
        right[place, : len(pool.distinct)] = pool.correct
    return np.array([pool.codes for pool in pools]), right
