"""Gain by difficulty, with bins that do not come from the samples they are measured on.

A question that some samples make look hard looks easier in the next ones: regression to the mean. Bins from the
samples that also give the gain therefore show a gain that depends on difficulty where there is none. Here one half
of a question's samples defines its bin and the other half is measured; or the bins come from outside, such as
published levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._halves import Tallies, halves, tallies
from compound.stats._types import FloatArray, IntArray
from compound.stats.bootstrap import Labels, check_values
from compound.stats.interval import Interval
from compound.stats.mean import mean_interval
from compound.stats.plurality import Pool

# Permuted values held at a time, in floats (16 MB).
_VALUES = 2_000_000
# Statistics this close are equal, and so are values, relative to their size.
_ROUNDING = 1e-9
# Of a bin, in units of the variance of all values. At a hundredth false claims rise from 5% to 6% in normal worlds.
_LEAST_VARIANCE = 0.1


class HeldOut(NamedTuple):
    """Samples of Q questions, one half used up for the difficulty.

    Attributes:
        rate: share of right samples in the defining half, shape (Q,): 1 is easy.
        pools: the measuring half, Q pools of n // 2 samples.
    """

    rate: FloatArray
    pools: list[Pool]


def hold_out(pools: Sequence[Pool], rng: np.random.Generator) -> HeldOut:
    """Deal the samples of each question at random into a half that defines its difficulty and one to measure.

    Unparsed samples are not right. Of an odd n one sample is left out.

    Raises:
        ValueError: as `plurality_curves`, or n is 1.
    """
    defining, measured = halves(tallies(pools), rng)
    return HeldOut(defining.share_right, _pools(measured))


def difficulty_bins(rate: ArrayLike, edges: ArrayLike = (1 / 3, 2 / 3)) -> IntArray:
    """The bin of each question: 0 below the first edge (hardest), 1 from there on below the second, and so on.

    Args:
        rate: share right in other samples than those to be measured, shape (Q,).
        edges: rising; chosen before seeing what is measured (quantiles of `rate` are).

    Returns:
        Bins 0..len(edges), shape (Q,).

    Raises:
        ValueError: rate is not a flat list of shares, or the edges do not rise.
    """
    share, cut = np.asarray(rate, dtype=float), np.asarray(edges, dtype=float)
    if share.ndim != 1 or not ((share >= 0) & (share <= 1)).all():
        raise ValueError(f"rate of shape {share.shape} is not a flat list of shares from 0 to 1")
    if cut.ndim != 1 or not (np.diff(cut) > 0).all() or np.isnan(cut).any():
        raise ValueError(f"edges are {cut.tolist()}: pass rising numbers, such as (1/3, 2/3)")
    return np.searchsorted(cut, share, side="right").astype(np.int64)


class BinMean(NamedTuple):
    """The mean in one bin.

    Attributes:
        bin: its number.
        questions: how many are in it.
        interval: of the mean over them, shape () or (K,).
    """

    bin: int
    questions: int
    interval: Interval


def binned_means(
    values: ArrayLike,
    bins: ArrayLike,
    *,
    bounds: tuple[float, float] = (-1.0, 1.0),
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
) -> list[BinMean]:
    """The mean of any value of the questions (accuracy, gain, a curve) in each bin that holds some.

    Args:
        values: measured on other samples than those that gave the bins, shape (Q,) or (Q, K).
        bins: the bin of each question, whole numbers of 0 or more, shape (Q,).
        bounds: this and what follows as in `mean_interval`; the average over strata is over those in the bin.

    Raises:
        ValueError: as `mean_interval`, or there is not one bin for each question.
    """
    table, flat = check_values(values)
    bin_of = _check_bins(bins, len(table))
    found = []
    for b in np.unique(bin_of):
        inside = np.flatnonzero(bin_of == b)
        interval = mean_interval(
            table[inside, 0] if flat else table[inside],
            bounds=bounds,
            strata=_of(strata, inside),
            clusters=_of(clusters, inside),
            level=level,
        )
        found.append(BinMean(int(b), len(inside), interval))
    return found


def interaction_test(
    values: ArrayLike,
    bins: ArrayLike,
    *,
    strata: Labels | None = None,
    permutations: int = 10_000,
    rng: np.random.Generator,
) -> float:
    """Does the mean of the values (a gain) differ between bins? The p value of a permutation test.

    The bin labels are permuted, within strata. With m_b, s_b^2 and n_b the mean, variance and size of bin b, the
    statistic is Welch's sum_b w_b (m_b - m)^2 with w_b = n_b / s_b^2 and m the mean of m_b weighted by w_b (for two
    bins the square of his t), since gains of easy questions vary less and a plain F takes that for an effect (Welch
    1951, Biometrika 38, 330-336; permuted, Chung and Romano 2013, Ann. Statist. 41, 484-507). s_b^2 counts as at
    least a tenth of the variance of all values: questions that are always right have none.

    Exact if gain and bin are unrelated. If only the means agree, approximate: some 5%, but up to twice that if the
    bin with the largest spread has few questions and rare large gains. The questions count as independent: for
    clusters of questions pass them as the strata, which tests for differences within a cluster.

    Args:
        values: measured on other samples than those that gave the bins, shape (Q,).
        bins: the bin of each question, shape (Q,); at least two, each with two questions or more.
        strata: Q labels, such as the task. Differences between strata are not counted as differences between bins.
        permutations: 1 or more; the smallest possible p is 1 / (permutations + 1).
        rng: the same generator state gives the same p.

    Raises:
        ValueError: shapes or labels do not fit, a value is not finite, or a bin has fewer than two questions.
    """
    table, flat = check_values(values)
    if not flat:
        raise ValueError(f"values has shape {table.shape}: pass (Q,), one gain a question")
    if permutations < 1:
        raise ValueError(f"permutations is {permutations}: pass 1 or more (10,000 for two stable digits)")
    bin_of = _check_bins(bins, len(table))
    kinds, code, size = np.unique(bin_of, return_inverse=True, return_counts=True)
    if len(kinds) < 2 or size.min() < 2:
        raise ValueError(f"bins have {size.tolist()} questions: pass two bins or more with two questions each")
    member = (code[:, None] == np.arange(len(kinds))).astype(float)
    blocks = _blocks(strata, len(table))
    value = table[:, 0].copy()
    for block in blocks:
        value[block] -= value[block].mean()
    spread = value.std(ddof=1)
    if spread <= _ROUNDING * np.abs(table).max():
        return 1.0
    value /= spread

    observed = _welch(value[None, :], member)[0]
    beaten = 0
    step = max(1, _VALUES // len(value))
    for start in range(0, permutations, step):
        shuffled = np.tile(value, (min(step, permutations - start), 1))
        for block in blocks:
            shuffled[:, block] = rng.permuted(shuffled[:, block], axis=1)
        beaten += int((_welch(shuffled, member) >= observed * (1 - _ROUNDING) - _ROUNDING).sum())
    return (1 + beaten) / (1 + permutations)


def _welch(values: FloatArray, member: FloatArray) -> FloatArray:
    """Welch's statistic of each row of values (D, Q), which are of mean 0 and variance 1; member is (Q, B)."""
    size = member.sum(axis=0)
    mean = values @ member / size
    variance = (values**2 @ member / size - mean**2) * size / (size - 1)
    weight = size / np.maximum(variance, _LEAST_VARIANCE)
    centre = (weight * mean).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    statistic: FloatArray = (weight * (mean - centre) ** 2).sum(axis=1)
    return statistic


def _pools(half: Tallies) -> list[Pool]:
    found = []
    for counts, right in zip(half.counts, half.right, strict=True):
        given = counts[:-1] > 0
        found.append(Pool(counts[:-1][given], right[given], int(counts[-1])))
    return found


def _check_bins(bins: ArrayLike, questions: int) -> IntArray:
    array = np.asarray(bins)
    if array.shape != (questions,) or array.dtype.kind not in "iu" or (array < 0).any():
        raise ValueError(
            f"bins is {array.dtype} of shape {array.shape} for {questions} questions: "
            "pass one whole number of 0 or more for each"
        )
    return array.astype(np.int64)


def _of(labels: Labels | None, inside: IntArray) -> Labels | None:
    return None if labels is None else [labels[i] for i in inside]


def _blocks(strata: Labels | None, questions: int) -> list[IntArray]:
    if strata is None:
        return [np.arange(questions)]
    if len(strata) != questions:
        raise ValueError(f"strata has {len(strata)} labels for {questions} questions: pass one for each")
    where: dict[object, list[int]] = {}
    for i, label in enumerate(strata):
        where.setdefault(label, []).append(i)
    return [np.array(block) for block in where.values()]
