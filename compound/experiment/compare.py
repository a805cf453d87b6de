"""Two strategies on the same questions: which is better, by how much, at what cost, and how sure that is.

Read from what runs left on disk (`answers/*.parquet`), so comparing buys nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compound.core import TaskError
from compound.experiment.sides import Side, chosen, sides_of
from compound.experiment.summary import SIMULATION
from compound.experiment.tables import signed
from compound.stats import Interval, mcnemar, mean_interval, questions_needed, tango
from compound.stats.cost_curve import reach


@dataclass(frozen=True)
class Comparison:
    """The paired difference of two sides, each with all its candidates.

    Attributes:
        a: one side, on the questions that both have.
        b: the other, on the same.
        difference: accuracy of a less that of b, mean over tasks, 95%.
        method: how the interval was found.
        p: exact McNemar p where every outcome is 0 or 1 and there is one task; else None.
        sd: standard deviation of the difference from question to question.
    """

    a: Side
    b: Side
    difference: Interval
    method: str
    p: float | None
    sd: float

    @property
    def questions(self) -> int:
        """How many."""
        return len(self.a.questions)

    @property
    def tokens(self) -> tuple[float, float]:
        """Mean tokens a question of a and of b; NaN where a recording does not tell them."""
        a, b = (float(np.mean(side.cost["tokens"][:, -1])) for side in (self.a, self.b))
        return a, b

    def sentences(self) -> list[str]:
        """The verdict in plain words, with its evidence."""
        low, high = float(self.difference.low), float(self.difference.high)
        evidence = f"{signed(self.difference)} points, {self.questions} questions, paired; {self.method}"
        if low > 0 or high < 0:
            better, worse = (self.a, self.b) if low > 0 else (self.b, self.a)
            said = [f"{better.label} beats {worse.label}: {evidence}."]
        else:
            said = [f"No difference found between {self.a.label} and {self.b.label}: {evidence}."]
            said += self._missing()
        if self.p is not None:
            said.append(f"Exact McNemar test: p = {self.p:.3g}.")
        if not np.isnan(self.tokens).any():
            said.append(f"Mean tokens a question: {self.tokens[0]:,.0f} against {self.tokens[1]:,.0f}.")
        return said

    def _missing(self) -> list[str]:
        """How many questions would show the difference that was seen."""
        seen = abs(float(self.difference.mean))
        if min(seen, self.sd) < 1e-9:  # what rounding leaves of no difference
            return []
        needed = questions_needed(self.sd, seen)
        return [f"To show a difference of {100 * seen:.1f} points with 80% power takes about {needed:,} questions."]


def compare(folder_a: Path, folder_b: Path, *, a: str | None = None, b: str | None = None) -> Comparison:
    """Compare a strategy of one run with a strategy of another (or of the same), each with all its candidates.

    Args:
        folder_a: the results of one run.
        folder_b: the results of the other; may be the same folder.
        a: the expression of a strategy of the first; needed where it has several.
        b: the same for the second.

    Raises:
        TaskError: no results, an unknown strategy, or no question in common.
    """
    return compared(chosen(folder_a, sides_of(folder_a), a), chosen(folder_b, sides_of(folder_b), b))


def compared(a: Side, b: Side) -> Comparison:
    """Compare two strategies, each with all its candidates, on the questions that both have.

    Raises:
        TaskError: there is no such question.
    """
    a, b = paired(a, b)
    differences = a.accuracy[:, -1] - b.accuracy[:, -1]
    outcomes = np.stack([a.accuracy[:, -1], b.accuracy[:, -1]])
    if np.isin(outcomes, (0.0, 1.0)).all() and not a.labels:
        won, lost = int((differences > 0).sum()), int((differences < 0).sum())
        difference, p = tango(won, lost, len(differences)), mcnemar(won, lost)
        method = "Tango score interval"
    else:
        difference, p = mean_interval(differences, bounds=reach(differences, -1.0), **a.labels), None
        method = "t interval over " + ("clusters" if "clusters" in a.labels else "questions")
    sd = float(np.std(differences, ddof=1)) if len(differences) > 1 else 0.0
    return Comparison(a, b, difference, method, p, sd)


def paired(a: Side, b: Side) -> tuple[Side, Side]:
    """Both on the questions that both have, in one order.

    Raises:
        TaskError: there is no such question.
    """
    shared = sorted(set(a.questions) & set(b.questions))
    if not shared:
        raise TaskError(f"{a.label} and {b.label} have no question in common: run both on the same tasks and seed")
    return a.on(shared), b.on(shared)


def evidence(sides: Iterable[Side]) -> list[str]:
    """The tier of what was compared; a simulation says that it is one."""
    tiers = list(dict.fromkeys(side.tier for side in sides))
    return [f"Evidence: {' and '.join(tiers)}.", *([SIMULATION] if "simulation" in tiers else [])]
