"""Simulated worlds whose truth is known: questions of random difficulty, n draws each, scored as real ones are.

A column of `values` is one world, a sample of questions; a row is a question. The truth is the expectation over new
questions and new draws. Because the intervals of a table hold column by column, one call judges all worlds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from compound.stats import Pool, plurality_curves

WORLDS = 4000
# Ten clusters of unequal size, 75 questions.
SIZES = (2, 3, 3, 4, 5, 6, 8, 10, 14, 20)
# How often each wrong answer is given, among wrong ones.
WRONG = (0.6, 0.3, 0.1)

Difficulty = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


@dataclass(frozen=True)
class Worlds:
    """Values of shape (Q, W), the mean that each of the W columns estimates, and what the questions belong to."""

    values: np.ndarray
    truth: float
    bounds: tuple[float, float]
    strata: np.ndarray | None = None
    clusters: np.ndarray | None = None


Maker = Callable[[np.random.Generator], Worlds]


def beta(a: float, b: float, sure: float = 0.0) -> Difficulty:
    """Success probabilities from Beta(a, b), but 1 for a share of questions that nothing can spoil."""

    def probabilities(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        return np.where(rng.random(shape) < sure, 1.0, rng.beta(a, b, shape))

    return probabilities


def all_or_nothing(share: float) -> Difficulty:
    """A share of questions is always answered right, the rest never."""
    return lambda rng, shape: (rng.random(shape) < share).astype(float)


def accuracy(difficulty: Difficulty, truth: float, questions: int, n: int) -> Maker:
    """The fraction right of n draws of each question."""

    def make(rng: np.random.Generator) -> Worlds:
        return Worlds(rng.binomial(n, difficulty(rng, (questions, WORLDS))) / n, truth, (0.0, 1.0))

    return make


def plurality(difficulty: Difficulty, questions: int, n: int, k: int) -> Maker:
    """The exact accuracy of a vote of k, from pools of n draws; its truth from 200,000 questions."""

    def make(rng: np.random.Generator) -> Worlds:
        truth = float(vote_curves(difficulty, 200_000, 1, n, np.random.default_rng(1))[..., k - 1].mean())
        values = vote_curves(difficulty, questions, WORLDS, n, rng)[..., k - 1]
        return Worlds(values, truth, (0.0, 1.0))

    return make


def vote_curves(
    difficulty: Difficulty, questions: int, columns: int, n: int, rng: np.random.Generator
) -> np.ndarray:
    """The exact accuracy of votes of 1..n from pools of n draws, shape (questions, columns, n)."""
    p = difficulty(rng, (questions, columns)).ravel()
    drawn = rng.multinomial(n, np.column_stack([p, (1 - p)[:, None] * WRONG]))
    kinds, which = np.unique(drawn, axis=0, return_inverse=True)
    pools = [Pool(counts[counts > 0], np.flatnonzero(counts) == 0) for counts in kinds]
    found: np.ndarray = plurality_curves(pools)[which.ravel()].reshape(questions, columns, n)
    return found


def paired(gap: float, questions: int, n: int, middle: float = 0.5) -> Maker:
    """Arm a less arm b: the log odds of both rest on one difficulty, those of a are greater by the gap."""

    def make(rng: np.random.Generator) -> Worlds:
        difficulty = rng.normal(middle, 1.5, (questions, WORLDS))
        values = (rng.binomial(n, chance(difficulty + gap)) - rng.binomial(n, chance(difficulty))) / n
        return Worlds(values, mean_chance(middle + gap, 1.5) - mean_chance(middle, 1.5), (-1.0, 1.0))

    return make


def sparse(share: float, low: float, high: float, positive: float, questions: int) -> Maker:
    """Only a share of questions differs, by low to high, in favour of a where `positive` says so."""

    def make(rng: np.random.Generator) -> Worlds:
        shape = (questions, WORLDS)
        differs, sign = rng.random(shape) < share, np.where(rng.random(shape) < positive, 1.0, -1.0)
        truth = share * (2 * positive - 1) * (low + high) / 2
        return Worlds(differs * sign * rng.uniform(low, high, shape), truth, (-1.0, 1.0))

    return make


def clustered(middle: float, n: int, sizes: Sequence[int] = SIZES, icc: float = 0.3) -> Maker:
    """The fraction right of n draws, a share icc of the variance of the log odds being that of the clusters."""
    labels = np.repeat(np.arange(len(sizes)), sizes)

    def make(rng: np.random.Generator) -> Worlds:
        odds = middle + 1.5 * shared(rng, labels, icc)
        return Worlds(rng.binomial(n, chance(odds)) / n, mean_chance(middle, 1.5), (0.0, 1.0), clusters=labels)

    return make


def clustered_pairs(
    gap: float, n: int, sizes: Sequence[int] = SIZES, icc: float = 0.3, middle: float = 0.5
) -> Maker:
    """Arm a less arm b, both with an advantage of their own in every cluster."""
    labels = np.repeat(np.arange(len(sizes)), sizes)

    def make(rng: np.random.Generator) -> Worlds:
        difficulty = middle + 1.5 * shared(rng, labels, icc)
        a, b = (
            rng.binomial(n, chance(difficulty + more + 0.7 * shared(rng, labels, icc))) / n for more in (gap, 0.0)
        )
        spread = np.hypot(1.5, 0.7)
        truth = mean_chance(middle + gap, spread) - mean_chance(middle, spread)
        return Worlds(a - b, truth, (-1.0, 1.0), clusters=labels)

    return make


def clustered_outcomes(share: float, sizes: Sequence[int] = SIZES, icc: float = 0.3) -> Maker:
    """Outcomes of 0 or 1 with the intraclass correlation icc: the beta-binomial."""
    labels = np.repeat(np.arange(len(sizes)), sizes)

    def make(rng: np.random.Generator) -> Worlds:
        together = 1 / icc - 1
        p = rng.beta(share * together, (1 - share) * together, (len(sizes), WORLDS))[labels]
        return Worlds((rng.random(p.shape) < p).astype(float), share, (0.0, 1.0), clusters=labels)

    return make


def stratified(parts: Sequence[Maker]) -> Maker:
    """Tasks side by side; the truth is the mean over tasks."""

    def make(rng: np.random.Generator) -> Worlds:
        made = [part(rng) for part in parts]
        strata = np.repeat(np.arange(len(made)), [len(m.values) for m in made])
        clusters = [m.clusters + 1000 * i for i, m in enumerate(made) if m.clusters is not None]
        return Worlds(
            np.concatenate([m.values for m in made]),
            float(np.mean([m.truth for m in made])),
            made[0].bounds,
            strata,
            np.concatenate(clusters) if clusters else None,
        )

    return make


def shared(rng: np.random.Generator, labels: np.ndarray, icc: float, columns: int = WORLDS) -> np.ndarray:
    """Standard normal effects of questions, shape (Q, columns), correlated by icc within a cluster."""
    common = rng.normal(size=(labels.max() + 1, columns))[labels]
    return np.sqrt(icc) * common + np.sqrt(1 - icc) * rng.normal(size=common.shape)


def chance(odds: np.ndarray) -> np.ndarray:
    """Probabilities from log odds."""
    found: np.ndarray = 1 / (1 + np.exp(-odds))
    return found


def mean_chance(middle: float, spread: float) -> float:
    """Mean probability where log odds are normal, by quadrature."""
    at, weight = np.polynomial.hermite_e.hermegauss(100)
    return float(weight @ chance(middle + spread * at) / weight.sum())
