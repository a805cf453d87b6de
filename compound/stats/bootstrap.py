"""Bootstrap intervals of a mean over questions.

The values are exact expectations for each question (A(k), pass@k, or their difference between two arms), so
the draws of the model are averaged out already, and what is left to resample is the choice of questions. Two
arms on the same questions are compared by their difference question by question: values = a - b.

Percentile intervals (Efron and Tibshirani 1993, chapter 13). What they do not cover:

* Values that are all equal give an interval of width zero. That is not evidence: the sample holds no
  information on its spread. For a rate that is 0 or 1 throughout use `wilson`. In the same way a stratum of
  one question (or cluster) adds nothing to the width.
* Below about 20 questions, or 20 clusters, they are too narrow.
* The intervals of several columns hold one by one, not for all of them at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from compound.stats._types import FloatArray, IntArray
from compound.stats.interval import Interval, check_level

Labels = Sequence[Hashable] | NDArray[np.generic]

# Resampling weights held at a time, in floats (16 MB).
_WEIGHTS = 2_000_000


def mean_interval(
    values: ArrayLike,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> Interval:
    """Mean over questions with its percentile bootstrap interval.

    Args:
        values: one value a question, shape (Q,), or a curve a question, shape (Q, K): its K columns are
            resampled together, with the same questions in each draw.
        strata: Q labels, such as the task. The estimate is then the macro average, the mean over strata of
            the mean in each, and questions are resampled within their stratum.
        clusters: Q labels of questions that belong together (one passage, one template). Whole clusters are
            then resampled. The estimate is still the mean over questions.
        level: two-sided confidence.
        draws: resamples.
        rng: the same generator state gives the same interval.

    Returns:
        An `Interval` of shape () or (K,). Memory is bounded by Q * K + draws * K, not by draws * Q * K.

    Raises:
        ValueError: shapes or labels do not fit, a value is not finite, or a cluster spans two strata.
    """
    table, scalar = check_values(values)
    check_level(level)
    mean, resampled = resampled_means(table, strata=strata, clusters=clusters, draws=draws, rng=rng)
    tail = (1 - level) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0, overwrite_input=True)
    return Interval(mean[0, ...], low[0, ...], high[0, ...]) if scalar else Interval(mean, low, high)


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> Interval:
    """Mean of a - b over the same questions in the same order, with its interval; see `mean_interval`.

    Raises:
        ValueError: as `mean_interval`, or the shapes of a and b differ.
    """
    left, right = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if left.shape != right.shape:
        raise ValueError(
            f"a has shape {left.shape} and b {right.shape}: pass both arms on the same questions and points"
        )
    return mean_interval(left - right, strata=strata, clusters=clusters, level=level, draws=draws, rng=rng)


def resampled_means(
    table: FloatArray,
    *,
    strata: Labels | None,
    clusters: Labels | None,
    draws: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """The estimate, shape (K,), and its bootstrap replicates, shape (draws, K), of a checked table (Q, K).

    Arguments and errors are those of `mean_interval`.
    """
    if draws < 1:
        raise ValueError(f"draws is {draws}: pass 1 or more (10,000 for two stable digits)")
    groups = _strata(strata, len(table))
    units = np.arange(len(table)) if clusters is None else _codes(clusters, "clusters", len(table))
    _check_nested(units, groups)

    mean, resampled = np.zeros(table.shape[1]), np.zeros((draws, table.shape[1]))
    number = int(groups.max()) + 1
    for g in range(number):
        members = groups == g
        unit = np.unique(units[members], return_inverse=True)[1]
        size = np.bincount(unit).astype(float)
        total = np.zeros((len(size), table.shape[1]))
        np.add.at(total, unit, table[members])
        mean += total.sum(axis=0) / size.sum() / number
        _add_resampled_means(resampled, total, size, number, rng)
    return mean, resampled


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


def _strata(strata: Labels | None, questions: int) -> IntArray:
    return np.zeros(questions, dtype=np.int64) if strata is None else _codes(strata, "strata", questions)


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
