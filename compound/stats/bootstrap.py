"""Means over questions, resampled: what the bootstrap of a function of means starts from.

The values are exact expectations for each question (A(k), pass@k, or their difference between two arms), so
the draws of the model are averaged out already, and what is left to resample is the choice of questions. Whole
clusters are resampled, within their stratum. Percentiles of resampled means are too narrow below about 20 questions
or clusters and have no width for equal values: for a mean as such use `mean_interval`, which is not resampled.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from compound.stats._types import FloatArray, IntArray

Labels = Sequence[Hashable] | NDArray[np.generic]

# Resampling weights held at a time, in floats (16 MB).
_WEIGHTS = 2_000_000


def resampled_means(
    table: FloatArray,
    *,
    strata: Labels | None,
    clusters: Labels | None,
    draws: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """The estimate, shape (K,), and its bootstrap replicates, shape (draws, K), of a checked table (Q, K).

    Memory is bounded by Q * K + draws * K, not by draws * Q * K.

    Args:
        table: values that `check_values` has passed.
        strata: as in `mean_interval`.
        clusters: as in `mean_interval`.
        draws: resamples, 1 or more.
        rng: the same generator state gives the same replicates.

    Raises:
        ValueError: labels do not fit, a cluster spans two strata, or draws is below 1.
    """
    if draws < 1:
        raise ValueError(f"draws is {draws}: pass 1 or more (10,000 for two stable digits)")
    groups = unit_totals(table, strata, clusters)
    mean, resampled = np.zeros(table.shape[1]), np.zeros((draws, table.shape[1]))
    for total, size in groups:
        mean += total.sum(axis=0) / size.sum() / len(groups)
        _add_resampled_means(resampled, total, size, len(groups), rng)
    return mean, resampled


def unit_totals(
    table: FloatArray, strata: Labels | None, clusters: Labels | None
) -> list[tuple[FloatArray, FloatArray]]:
    """What is sampled, stratum by stratum: the totals of the units (clusters, else questions) and their sizes.

    Args:
        table: checked values, shape (Q, K).
        strata: Q labels, or None for one stratum.
        clusters: Q labels, or None where each question is its own.

    Returns:
        For each stratum the sums of the values in each unit, shape (C, K), and its number of questions, shape (C,).

    Raises:
        ValueError: labels do not fit, or a cluster spans two strata.
    """
    questions = len(table)
    groups = np.zeros(questions, dtype=np.int64) if strata is None else _codes(strata, "strata", questions)
    units = np.arange(questions) if clusters is None else _codes(clusters, "clusters", questions)
    _check_nested(units, groups)
    found = []
    for g in range(int(groups.max()) + 1):
        members = groups == g
        unit = np.unique(units[members], return_inverse=True)[1]
        size = np.bincount(unit).astype(float)
        total = np.zeros((len(size), table.shape[1]))
        np.add.at(total, unit, table[members])
        found.append((total, size))
    return found


def _add_resampled_means(
    into: FloatArray, total: FloatArray, size: FloatArray, strata: int, rng: np.random.Generator
) -> None:
    """Add this stratum's resampled means, divided by the number of strata, to `into`, shape (draws, K).

    How often each unit is drawn is a weight, and weights times totals is a matrix product: the resampled
    values themselves, draws * Q * K of them, never exist.
    """
    units = len(size)
    step = max(1, _WEIGHTS // units)
    for start in range(0, len(into), step):
        rows = min(step, len(into) - start)
        picked = rng.integers(units, size=(rows, units)) + units * np.arange(rows)[:, None]
        weight = np.bincount(picked.ravel(), minlength=rows * units).reshape(rows, units).astype(float)
        into[start : start + rows] += (weight @ total) / (weight @ size)[:, None] / strata


def check_values(values: ArrayLike) -> tuple[FloatArray, bool]:
    """The values as a table (Q, K), and whether they came without columns; raises as `mean_interval` does."""
    array = np.asarray(values, dtype=float)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"values has shape {array.shape}: pass (Q,) or (Q, K) with at least one question")
    table = array.reshape(len(array), -1)
    finite = np.isfinite(table).all(axis=1)
    if not finite.all():
        raise ValueError(f"values of question {int((~finite).argmax())} are not finite: score it, or say why not")
    return table, array.ndim == 1


def _codes(labels: Labels, name: str, questions: int) -> IntArray:
    """Number the labels from 0 in the order of their first appearance."""
    if len(labels) != questions:
        raise ValueError(f"{name} has {len(labels)} labels for {questions} questions: pass one for each")
    seen: dict[Hashable, int] = {}
    for i, label in enumerate(labels):
        if label is None or label != label:  # a missing value from a data frame is nan
            raise ValueError(f"{name} of question {i} is {label}: give it a label of its own")
        seen.setdefault(label, len(seen))
    return np.array([seen[label] for label in labels], dtype=np.int64)


def _check_nested(units: IntArray, groups: IntArray) -> None:
    first = np.unique(units, return_index=True)[1]
    home = groups[first][np.searchsorted(units[first], units)]
    if (home != groups).any():
        i = int((home != groups).argmax())
        raise ValueError(f"the cluster of question {i} is in two strata: make its label differ between strata")
