"""Two strategies on the same questions: which is better, by how much, at what cost, and how sure that is.

Read from what runs left on disk (`answers/*.parquet`), so comparing buys nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from compound.core import TaskError, nearest
from compound.experiment.analysis import generator
from compound.stats import Interval, mcnemar, mean_interval, questions_needed, tango


@dataclass(frozen=True)
class Side:
    """One strategy of one run, with all its candidates: a value for each (task, question)."""

    run: str
    strategy: str
    correct: dict[tuple[str, str], float]
    clusters: dict[tuple[str, str], str | None]
    tokens: dict[tuple[str, str], float]

    @property
    def label(self) -> str:
        """What it is called in a verdict."""
        return f"{self.strategy} ({self.run})"


@dataclass(frozen=True)
class Comparison:
    """The paired difference of two sides.

    Attributes:
        a: one side.
        b: the other.
        questions: those that both have.
        difference: accuracy of a less that of b, mean over tasks, 95%.
        method: how the interval was found.
        p: exact McNemar p where every outcome is 0 or 1 and there is one task; else None.
        sd: standard deviation of the difference from question to question.
        tokens: mean tokens a question of a and of b.
    """

    a: Side
    b: Side
    questions: int
    difference: Interval
    method: str
    p: float | None
    sd: float
    tokens: tuple[float, float]

    def sentences(self) -> list[str]:
        """The verdict in plain words, with its evidence."""
        mean, low, high = (
            100 * float(x) for x in (self.difference.mean, self.difference.low, self.difference.high)
        )
        evidence = (
            f"{mean:+.1f} [{low:+.1f}, {high:+.1f}] points, {self.questions} questions, paired; {self.method}"
        )
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
        if not seen or not self.sd:
            return []
        needed = questions_needed(self.sd, seen)
        return [f"To show a difference of {100 * seen:.1f} points with 80% power takes about {needed:,} questions."]


def compare(
    folder_a: Path, folder_b: Path, *, a: str | None = None, b: str | None = None, seed: int = 0
) -> Comparison:
    """Compare a strategy of one run with a strategy of another (or of the same), each with all its candidates.

    Args:
        folder_a: the results of one run.
        folder_b: the results of the other; may be the same folder.
        a: the expression of a strategy of the first; needed where it has several.
        b: the same for the second.
        seed: of the bootstrap.

    Raises:
        TaskError: no results, an unknown strategy, or no question in common.
    """
    one, other = side(folder_a, a), side(folder_b, b)
    shared = sorted(one.correct.keys() & other.correct.keys())
    if not shared:
        raise TaskError(
            f"{one.label} and {other.label} have no question in common: run both on the same tasks and seed"
        )
    differences = np.array([one.correct[key] - other.correct[key] for key in shared])
    labels = _labels(shared, one)
    mean_tokens = [float(np.mean([s.tokens[key] for key in shared])) for s in (one, other)]
    outcomes = {value for s in (one, other) for value in (s.correct[key] for key in shared)}
    if outcomes <= {0.0, 1.0} and not labels:
        won, lost = int((differences > 0).sum()), int((differences < 0).sum())
        difference, p = tango(won, lost, len(shared)), mcnemar(won, lost)
        method = "Tango score interval"
    else:
        difference, p = mean_interval(differences, rng=generator(seed, "compare"), **labels), None
        method = "bootstrap over " + ("clusters" if "clusters" in labels else "questions")
    sd = float(np.std(differences, ddof=1)) if len(shared) > 1 else 0.0
    return Comparison(one, other, len(shared), difference, method, p, sd, (mean_tokens[0], mean_tokens[1]))


def _labels(shared: Sequence[tuple[str, str]], one: Side) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    if len({task for task, _ in shared}) > 1:
        labels["strata"] = [task for task, _ in shared]
    if any(one.clusters[key] for key in shared):
        labels["clusters"] = [f"{key[0]}/{one.clusters[key] or key[1]}" for key in shared]
    return labels


def side(folder: Path, strategy: str | None) -> Side:
    """One strategy of a run, at its largest k.

    Raises:
        TaskError: the folder has no answers, or several strategies and none was named.
    """
    import pyarrow.parquet as pq

    parts = sorted((folder / "answers").glob("*.parquet"))
    if not parts:
        raise TaskError(f"{folder}: no answers there; run its experiment first (a rerun buys nothing)")
    rows = [row for part in parts for row in pq.read_table(part).to_pylist()]
    known = sorted({row["expression"] for row in rows})
    if strategy is None and len(known) > 1:
        raise TaskError(f"{folder} has several strategies; name one with --a or --b: {', '.join(known)}")
    chosen = strategy or known[0]
    if chosen not in known:
        raise TaskError(f"{folder} has no strategy '{chosen}': {nearest(chosen, known)}")
    rows = [row for row in rows if row["expression"] == chosen]
    last = max(row["k"] for row in rows)
    at = {(row["task"], row["question"]): row for row in rows if row["k"] == last}
    return Side(
        folder.name,
        chosen,
        {key: row["correct"] for key, row in at.items()},
        {key: row["cluster"] for key, row in at.items()},
        {key: row["tokens"] for key, row in at.items()},
    )
