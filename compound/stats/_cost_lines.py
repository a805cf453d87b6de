"""Accuracy-against-cost polylines, one for each row of means: the arithmetic behind `equal_cost.py`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compound.stats._types import FloatArray

BoolArray = NDArray[np.bool_]

# Costs closer than this share of the largest are equal: their difference is rounding.
_ROUNDING = 1e-12


class Lines(NamedTuple):
    """Polylines, one a row.

    Attributes:
        cost: corners in ascending order, shape (R, K).
        accuracy: at the corners, shape (R, K); corners of equal cost have equal accuracy.
    """

    cost: FloatArray
    accuracy: FloatArray


def lines_of(accuracy: FloatArray, cost: FloatArray) -> Lines:
    """The polylines through mean accuracies and mean costs, both (R, K), in any order of cost."""
    order = np.argsort(cost, axis=1, kind="stable")
    cost, accuracy = np.take_along_axis(cost, order, axis=1), np.take_along_axis(accuracy, order, axis=1)
    dearer = np.diff(cost, axis=1, prepend=-np.inf) > _ROUNDING * cost[:, -1:]
    corner = dearer.ravel().cumsum() - 1  # each row opens a new one, since its first cost follows -inf
    mean = np.bincount(corner, accuracy.ravel()) / np.bincount(corner)
    return Lines(cost, mean[corner].reshape(cost.shape))


def contains(lines: Lines, cost: FloatArray) -> BoolArray:
    """Whether costs lie on the first of the lines, up to rounding; the shape of cost."""
    low, high = lines.cost[0, 0], lines.cost[0, -1]
    inside: BoolArray = (cost >= low * (1 - _ROUNDING)) & (cost <= high * (1 + _ROUNDING))
    return inside


def accuracies(lines: Lines, cost: FloatArray) -> FloatArray:
    """Height of each line at costs (R, G); beyond its ends that of the nearest end."""
    return np.array([np.interp(at, x, y) for at, x, y in zip(cost, *lines, strict=True)])


def common_range(a: Lines, b: Lines) -> tuple[FloatArray, FloatArray]:
    """The cheapest and the dearest cost that lines of both have, each (R,); nan where there is none above 0."""
    low = np.maximum(a.cost[:, 0], b.cost[:, 0])
    high = np.minimum(a.cost[:, -1], b.cost[:, -1])
    shared = (low > 0) & (low <= high * (1 + _ROUNDING))
    return np.where(shared, low, np.nan), np.where(shared, np.maximum(low, high), np.nan)


def is_point(low: float, high: float) -> bool:
    """Whether a range is a single cost, up to rounding."""
    return high <= low * (1 + _ROUNDING)


def grid(low: FloatArray, high: FloatArray, share: FloatArray) -> FloatArray:
    """Costs at shares (G,) of the log of each range (R,): shape (R, G)."""
    return np.exp(np.log(low)[:, None] + np.log(high / low)[:, None] * share)


def differences(a: Lines, b: Lines, share: FloatArray) -> FloatArray:
    """Accuracy of a less that of b at shares (G,) of the log of their common range, shape (R, G)."""
    at = grid(*common_range(a, b), share)
    return accuracies(a, at) - accuracies(b, at)


def cost_to_match(a: Lines, b: Lines) -> float:
    """The cost from which on the first line of a is as high as the last corner of b's; inf if its own is not."""
    (x, y), goal = (table[0] for table in a), b.accuracy[0, -1]
    short = np.flatnonzero(y < goal)
    if not len(short):
        return float(x[0])
    i = int(short[-1])
    if i == len(x) - 1:
        return np.inf
    return float(x[i] + (goal - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i]))
