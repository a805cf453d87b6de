"""Why a vote is as good as it is: what it gains by, what it loses by, and on which questions.

All values are per question, so that `mean_interval` and `paired_difference` give their intervals. What is decided
about a question (its mode, whether voting helps it) is decided on one half of its samples and measured on the
other: the same samples would confirm their own noise. Halves are dealt at random several times and averaged, for
display only: more splits steady the figure but are no more evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from compound.stats._halves import Tallies, halves, tallies
from compound.stats._of_means import interval_of_means, ratio
from compound.stats._types import FloatArray
from compound.stats.bootstrap import Labels
from compound.stats.coverage import first_parsed, pass_at_k
from compound.stats.interval import Interval
from compound.stats.mean import mean_interval
from compound.stats.plurality import Pool, plurality_curves

Problem = Literal["sampling", "selection", "not clear"]


@dataclass(frozen=True, slots=True, eq=False)
class VoteCurves:
    """Curves over k = 1..n of Q questions, each of shape (Q, n).

    Attributes:
        accuracy: A(k), of a plurality vote.
        coverage: P(k) = pass@k, of a perfect selector.
        first: F(k), of the first sample that parses.
    """

    accuracy: FloatArray
    coverage: FloatArray
    first: FloatArray

    @property
    def gap(self) -> FloatArray:
        """The oracle gap G(k) = P(k) - A(k): wrong although a right answer was there. A selection problem."""
        return self.coverage - self.accuracy

    @property
    def missing(self) -> FloatArray:
        """1 - P(k): no right answer among k samples. A sampling problem, which no selector can mend."""
        return 1.0 - self.coverage

    @property
    def retrying(self) -> FloatArray:
        """F(k) - A(1): gained by drawing again for a sample that did not parse."""
        return self.first - self.accuracy[:, :1]

    @property
    def agreeing(self) -> FloatArray:
        """A(k) - F(k): gained by agreement. With `retrying` it adds up to A(k) - A(1)."""
        return self.accuracy - self.first


def vote_curves(pools: Sequence[Pool]) -> VoteCurves:
    """The exact curves of pools with the same n.

    Raises:
        ValueError: as `plurality_curves`.
    """
    accuracy = plurality_curves(pools)
    n = accuracy.shape[1]
    c = np.array([int(np.asarray(pool.counts)[np.asarray(pool.right, dtype=bool)].sum()) for pool in pools])
    unparsed = np.array([pool.unparsed for pool in pools])
    return VoteCurves(accuracy, pass_at_k(n, c), first_parsed(n, c, unparsed))


class ErrorSplit(NamedTuple):
    """The errors of a vote of k, in shares of all questions: 1 - A(k) = sampling + selection.

    Attributes:
        sampling: no right answer among the k samples.
        selection: a right answer among them that lost the vote.
        difference: selection less sampling, paired by question.
    """

    sampling: Interval
    selection: Interval
    difference: Interval

    @property
    def problem(self) -> Problem:
        """Which of the two is the larger part, if the interval of their difference tells."""
        if float(self.difference.low) > 0:
            return "selection"
        return "sampling" if float(self.difference.high) < 0 else "not clear"


def error_split(
    curves: VoteCurves,
    k: int,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
) -> ErrorSplit:
    """Is it coverage that fails at k (draw more, or better, samples) or selection (a verifier could pay)?

    Where few answers are possible, as in multiple choice, guessing covers the right one in the end: selection
    errors then include luck that no verifier can tell from knowledge.

    Args:
        curves: of Q questions.
        k: samples, 1..n.
        strata: this and what follows as in `mean_interval`.

    Raises:
        ValueError: as `mean_interval`, or k is outside 1..n.
    """
    n = curves.accuracy.shape[1]
    if not 1 <= k <= n:
        raise ValueError(f"k is {k}: pass 1 to {n}, the samples of each question")
    sampling, selection = curves.missing[:, k - 1], curves.gap[:, k - 1]

    def interval(values: FloatArray, bounds: tuple[float, float]) -> Interval:
        return mean_interval(values, bounds=bounds, strata=strata, clusters=clusters, level=level)

    return ErrorSplit(
        interval(sampling, (0, 1)), interval(selection, (0, 1)), interval(selection - sampling, (-1, 1))
    )


def modal_wrong(pools: Sequence[Pool]) -> FloatArray:
    """The part of each question's modal answer that is wrong, shape (Q,): 1 - A(n), ties split.

    A question without any parsed sample counts as wrong. The mode of few samples is often noise: see
    `stably_wrong`.

    Raises:
        ValueError: as `plurality_curves`.
    """
    return 1.0 - tallies(pools).vote_right


def stably_wrong(pools: Sequence[Pool], *, splits: int = 20, rng: np.random.Generator) -> FloatArray:
    """The chance that two disjoint halves of the samples agree on the same wrong modal answer, shape (Q,).

    More votes do not mend these. With q_a the chance that answer a is the mode of n // 2 fresh samples (ties split)
    this is unbiased for the sum of q_a^2 over wrong answers: near 1 where one wrong answer is settled, small where
    the mode is wrong by noise. Questions without a parsed sample have no mode, and 0.

    Args:
        pools: of Q questions with the same n, 2 or more.
        splits: halves dealt, 1 or more.
        rng: deals the halves.

    Raises:
        ValueError: as `plurality_curves`, or n or splits is too small.
    """

    def both(first: Tallies, second: Tallies) -> FloatArray:
        wrong: FloatArray = (first.modes * second.modes * ~first.right).sum(axis=1)
        return wrong

    return _over_splits(pools, splits, rng, both)


class VoteEffect(NamedTuple):
    """What voting does to the questions that one half of the samples says it helps (or hurts).

    Attributes:
        share: of all questions, so classified by one half. Noise included: a question of chance 1/2 is in one of
            the two classes most of the time.
        confirmed: the share that the other half confirms, less what it contradicts (says the opposite of). In
            expectation never above the share of questions on which a vote is more often ahead than behind.
        gain: mean gain of voting on the other half in this class, in units of accuracy; nan if it is empty.
            Noise alone has 0 here.
    """

    share: Interval
    confirmed: Interval
    gain: Interval


class HelpedHurt(NamedTuple):
    """The questions that voting helps, and those that it hurts."""

    helped: VoteEffect
    hurt: VoteEffect


def helped_and_hurt(
    pools: Sequence[Pool],
    *,
    splits: int = 20,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> HelpedHurt:
    """On how many questions does voting help, on how many does it hurt, and by how much?

    One half of a question's samples classifies it by the sign of A(n/2) - A(1), the other half measures; then the
    halves change places.

    Args:
        pools: of Q questions with the same n, 2 or more.
        splits: halves dealt, 1 or more.
        strata: this and what follows as in `mean_interval`.

    Raises:
        ValueError: as `plurality_curves` and `mean_interval`, or n or splits is too small.
    """

    def effects(first: Tallies, second: Tallies) -> FloatArray:
        columns = []
        for decides, measures in ((first, second), (second, first)):
            sign, gain = _sign(decides), measures.vote_right - measures.share_right
            other = _sign(measures)
            for side in (1, -1):
                member = sign == side
                columns.append([member, member * (side * other), member * gain])
        each: FloatArray = np.array(columns, dtype=float).reshape(2, 6, -1).mean(axis=0).T
        return each

    table = _over_splits(pools, splits, rng, effects)

    def effect(member: FloatArray, confirmed: FloatArray, gained: FloatArray) -> VoteEffect:
        mean_gain = interval_of_means(
            np.column_stack([gained, member]),
            lambda means: ratio(means[..., 0], means[..., 1]),
            (-1, 1),
            strata=strata,
            clusters=clusters,
            level=level,
            draws=draws,
            rng=rng,
        )
        share, sure = (
            mean_interval(values, bounds=bounds, strata=strata, clusters=clusters, level=level)
            for values, bounds in ((member, (0, 1)), (confirmed, (-1, 1)))
        )
        return VoteEffect(share, sure, mean_gain)

    return HelpedHurt(effect(*table[:, :3].T), effect(*table[:, 3:].T))


def _sign(half: Tallies) -> FloatArray:
    """Whether the vote of this half is ahead of its samples (1), behind (-1), or neither, shape (Q,)."""
    gain = half.vote_right - half.share_right
    sign: FloatArray = np.sign(np.where(np.abs(gain) < 1e-9, 0.0, gain))
    return sign


def _over_splits(
    pools: Sequence[Pool], splits: int, rng: np.random.Generator, measure: Callable[[Tallies, Tallies], FloatArray]
) -> FloatArray:
    """The mean over splits of what is measured on two halves."""
    if splits < 1:
        raise ValueError(f"splits is {splits}: pass 1 or more")
    whole = tallies(pools)
    mean: FloatArray = sum((measure(*halves(whole, rng)) for _ in range(splits)), start=np.zeros(())) / splits
    return mean
