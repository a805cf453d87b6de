"""What a second step (a debate, a revision, a vote) turns round: wrong answers mended, right ones broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._of_means import check_shares, interval_of_means, ratio
from compound.stats._types import FloatArray
from compound.stats.binary import mcnemar, tango
from compound.stats.bootstrap import Labels
from compound.stats.interval import Interval
from compound.stats.mean import mean_interval


class Flips(NamedTuple):
    """Answers before and after a step, in shares of all answers: the first four add up to 1.

    Attributes:
        right_right: right before and after.
        mended: wrong before, right after.
        broken: right before, wrong after.
        wrong_wrong: wrong before and after.
        gain: accuracy after less before, mended - broken, paired by question.
        p: McNemar's exact p value that the step mends as often as it breaks. None where its assumptions fail, and
            `gain` is the test: probabilities, several runs of a question, strata or clusters.
        fix_rate: f, mended out of the wrong ones.
        break_rate: b, broken out of the right ones.
        fixed_point: f / (f + b), see `flips`.

    A rate out of nothing is nan in an interval of (0, 1).
    """

    right_right: Interval
    mended: Interval
    broken: Interval
    wrong_wrong: Interval
    gain: Interval
    p: float | None
    fix_rate: Interval
    break_rate: Interval
    fixed_point: Interval


def flips(
    before: ArrayLike,
    after: ArrayLike,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> Flips:
    """The flip matrix of a step with its paired test.

    If every further step mended and broke at the same rates, accuracy would go from A to A (1 - b) + (1 - A) f and
    end at the fixed point f / (f + b): the step improves as long as accuracy is below it. It rarely is that simple:
    the wrong answers that are left are the hard ones.

    Args:
        before: outcomes of 0 or 1, shape (Q,), or (Q, R) for R runs of each question. Probabilities serve too, but
            only if the answers before and after are drawn independently given the question (not for a debate that
            starts from the answers before: pass its runs).
        after: outcomes of the same runs after the step, same shape.
        strata: this and what follows as in `mean_interval`; the rates have a bootstrap over questions.

    Raises:
        ValueError: as `mean_interval`, or the shapes differ, or an outcome is outside 0 to 1.
    """
    a, b = check_shares(before, "before"), check_shares(after, "after")
    if a.ndim not in (1, 2) or a.shape != b.shape or a.size == 0:
        raise ValueError(f"before has shape {a.shape} and after {b.shape}: pass (Q,) or (Q, R) twice")
    cells = [a * b, (1 - a) * b, a * (1 - b), (1 - a) * (1 - b)]
    table = np.column_stack([cell.reshape(len(a), -1).mean(axis=1) for cell in cells])

    def mean(values: FloatArray, bounds: tuple[float, float] = (0.0, 1.0)) -> Interval:
        return mean_interval(values, bounds=bounds, strata=strata, clusters=clusters, level=level)

    def rate(function: Callable[[FloatArray], FloatArray]) -> Interval:
        return interval_of_means(
            table, function, (0, 1), strata=strata, clusters=clusters, level=level, draws=draws, rng=rng
        )

    single = a.size == len(a) and bool(np.isin(table, (0.0, 1.0)).all())
    if single and strata is None and clusters is None:
        mended, broken = int(table[:, 1].sum()), int(table[:, 2].sum())
        gain, p = tango(mended, broken, len(a), level), mcnemar(mended, broken)
    else:
        gain, p = mean(table[:, 1] - table[:, 2], (-1, 1)), None
    return Flips(
        right_right=mean(table[:, 0]),
        mended=mean(table[:, 1]),
        broken=mean(table[:, 2]),
        wrong_wrong=mean(table[:, 3]),
        gain=gain,
        p=p,
        fix_rate=rate(_fix_rate),
        break_rate=rate(_break_rate),
        fixed_point=rate(_fixed_point),
    )


def _fix_rate(cells: FloatArray) -> FloatArray:
    return ratio(cells[..., 1], cells[..., 1] + cells[..., 3])


def _break_rate(cells: FloatArray) -> FloatArray:
    return ratio(cells[..., 2], cells[..., 0] + cells[..., 2])


def _fixed_point(cells: FloatArray) -> FloatArray:
    f, b = _fix_rate(cells), _break_rate(cells)
    return ratio(f, f + b)
