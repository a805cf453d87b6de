"""Are two strategies comparable? Two one-sided tests (TOST) against a margin fixed before the data are seen.

A difference that is not significant is not shown to be small. It is when the 90% interval lies inside (-margin,
margin): each one-sided test is then rejected at 5% (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from compound.stats.binary import tango
from compound.stats.bootstrap import Labels
from compound.stats.interval import Interval
from compound.stats.mean import mean_interval

# Two one-sided tests at 5% each.
_LEVEL = 0.90


@dataclass(frozen=True, slots=True, eq=False)
class Equivalence:
    """The verdict of an equivalence test; true in a condition if the arms are shown to be equivalent.

    Attributes:
        interval: the difference with its 90% interval, shape (), in the unit of the values.
        margin: the largest difference that does not matter, > 0, same unit.
        equivalent: whether the interval lies inside (-margin, margin). False means "not shown", not "different".
    """

    interval: Interval
    margin: float
    equivalent: bool

    def __bool__(self) -> bool:
        return self.equivalent


def tost(
    values: ArrayLike,
    margin: float,
    *,
    bounds: tuple[float, float] = (-1.0, 1.0),
    clusters: Labels | None = None,
    strata: Labels | None = None,
) -> Equivalence:
    """Is the mean of the values, one difference a question, within the margin of 0? See `mean_interval`.

    Arms that never differ are equivalent within a margin that the number of questions carries: about 2.9 / Q, or
    2.9 / C with C clusters. In simulated worlds whose difference is the margin itself, at most 5.5% are called
    equivalent.

    Args:
        values: differences between two arms on the same questions, shape (Q,).
        margin: the largest difference that does not matter, > 0, in the unit of the values.
        bounds: as in `mean_interval`.
        clusters: as in `mean_interval`.
        strata: as in `mean_interval`.

    Raises:
        ValueError: as `mean_interval`, or the margin is not a positive number, or the values are a table.
    """
    _check_margin(margin)
    if np.ndim(values) != 1:
        raise ValueError(f"values has shape {np.shape(values)}: pass (Q,), one difference a question")
    interval = mean_interval(values, bounds=bounds, strata=strata, clusters=clusters, level=_LEVEL)
    return Equivalence(interval, margin, _inside(interval, margin))


def tost_binary(b: int, c: int, n: int, margin: float) -> Equivalence:
    """Are two arms with outcomes of 0 or 1 on the same n questions equally accurate within the margin? See `tango`.

    Args:
        b: questions that only the first arm gets right.
        c: questions that only the second arm gets right.
        n: questions in all.
        margin: the largest difference that does not matter, > 0, in units of accuracy (0.03 is three points).

    Raises:
        ValueError: as `tango`, or the margin is not a positive number.
    """
    _check_margin(margin)
    interval = tango(b, c, n, level=_LEVEL)
    return Equivalence(interval, margin, _inside(interval, margin))


def _inside(interval: Interval, margin: float) -> bool:
    return -margin < float(interval.low) and float(interval.high) < margin


def _check_margin(margin: float) -> None:
    if not 0 < margin < np.inf:
        raise ValueError(f"margin is {margin}: pass the largest difference that does not matter, above 0")
