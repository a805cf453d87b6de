"""Dual execution agreement: programs and tests that agree with each other. Chen et al. 2022 (CodeT), 2207.10397."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compound.stats._types import FloatArray, IntArray

BoolArray = NDArray[np.bool_]


def dual_agreement(
    passes: BoolArray, programs: IntArray | None = None, tests: IntArray | None = None, *, root: bool = False
) -> FloatArray:
    """Every program's score: how many programs pass exactly the tests that it passes, times how many those are.

    Args:
        passes: whether each of n programs passes each of t tests, shape (n, t).
        programs: how often each program counts, shape (n,); None: once.
        tests: how often each test counts, shape (t,); None: once.
        root: the square root of the number of programs, as in the authors' code; the paper has the number.

    Returns:
        Scores, shape (n,); 0 for a program that passes no test.

    Raises:
        ValueError: the shapes do not fit, or a count is below 1.
    """
    passes = np.asarray(passes, dtype=bool)
    if passes.ndim != 2:
        raise ValueError(f"passes has shape {passes.shape}: it must be programs by tests")
    programs, tests = _counts(programs, passes.shape[0], "programs"), _counts(tests, passes.shape[1], "tests")
    if not passes.size:
        return np.zeros(len(passes))
    _, group = np.unique(passes, axis=0, return_inverse=True)
    group = group.reshape(-1)
    sizes = np.bincount(group, weights=programs)[group]
    passed: FloatArray = (passes @ tests).astype(float)
    return (np.sqrt(sizes) if root else sizes) * passed


def agreement_accuracy(scores: FloatArray, right: BoolArray, given: IntArray) -> float:
    """The exact probability that a program drawn from the best ones is right, each as often as it was given.

    Args:
        scores: what `dual_agreement` gives n distinct programs, shape (n,).
        right: whether each is right, shape (n,).
        given: how often each was given, shape (n,).

    Raises:
        ValueError: there is no program.
    """
    if not len(scores):
        raise ValueError("there are no programs to choose from")
    best = best_programs(scores, given)
    return float(np.average(np.asarray(right, dtype=float)[best], weights=np.asarray(given)[best]))


def best_programs(scores: FloatArray, given: IntArray) -> BoolArray:
    """Which programs have the highest score, shape (n,); where all scores are 0, which were given most often."""
    deciding = scores if scores.any() else np.asarray(given, dtype=float)
    best: BoolArray = deciding == deciding.max()
    return best


def _counts(given: IntArray | None, size: int, what: str) -> IntArray:
    counts = np.ones(size, dtype=np.int64) if given is None else np.asarray(given)
    if counts.shape != (size,) or (counts < 1).any():
        raise ValueError(f"{what}: counts of shape {counts.shape} for {size}: pass one of 1 or more for each")
    return counts
