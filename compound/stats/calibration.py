"""Does confidence tell right answers from wrong ones? A share of the votes, or what a model says of itself.

One row is one answer: its confidence in 0..1 and whether it is right. Calibration asks if answers of confidence 0.8
are right 80% of the time; discrimination (`auroc`, `risk_coverage`) only if confident answers are right more often,
which is what abstaining and escalating live on.

Several answers to one question are clustered, not independent: pass one row a question, such as the voted answer.
Where that is not wanted, `auroc` takes clusters; the intervals of `reliability` are then too narrow, and its
estimates still hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._of_means import check_shares
from compound.stats._types import FloatArray, IntArray
from compound.stats.bootstrap import Labels
from compound.stats.interval import Interval, wilson
from compound.stats.mean import mean_interval


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Confidence against accuracy in B bins of about equal mass, from the least confident to the most.

    Attributes:
        answers: shape (B,), how many.
        confidence: shape (B,), their mean confidence.
        accuracy: shape (B,), share of right ones, with Wilson's interval for independent answers.
        error: the expected calibration error, sum_b answers_b / N |accuracy_b - confidence_b| (Guo et al. 2017,
            arXiv 1706.04599, equation 3, with bins of equal mass). It grows with the number of bins.
        error_if_calibrated: about what `error` would be from noise alone if every confidence were true: calibration
            is only in doubt well above it.
    """

    answers: IntArray
    confidence: FloatArray
    accuracy: Interval
    error: float
    error_if_calibrated: float


def reliability(confidence: ArrayLike, correct: ArrayLike, *, bins: int = 10, level: float = 0.95) -> Reliability:
    """The reliability diagram and the expected calibration error.

    Args:
        confidence: shape (N,), in 0..1.
        correct: shape (N,), 0 or 1.
        bins: at most so many; answers of equal confidence stay together, so ties make fewer.
        level: confidence of the intervals.

    Raises:
        ValueError: the shapes do not fit, a value is out of its range, or bins is below 1.
    """
    said, right = _check(confidence, correct)
    bin_of = _equal_mass(said, bins)
    answers = np.bincount(bin_of)
    mean_said, hits = np.bincount(bin_of, said) / answers, np.bincount(bin_of, right)
    noise = np.sqrt(2 / pi * np.bincount(bin_of, said * (1 - said)))  # mean size of a normal with that variance
    return Reliability(
        answers=answers,
        confidence=mean_said,
        accuracy=wilson(hits, answers, level),
        error=float(np.abs(hits - mean_said * answers).sum() / len(said)),
        error_if_calibrated=float(noise.sum() / len(said)),
    )


class Brier(NamedTuple):
    """The Brier score and its parts: score = reliability - resolution + uncertainty + within.

    Attributes:
        score: mean of (confidence - correct)^2; 0 is perfect, and always saying the base rate gives `uncertainty`.
        reliability: squared calibration error of the bins; 0 is calibrated.
        resolution: variance of accuracy between the bins; large is good.
        uncertainty: variance of correct: base rate times its complement.
        within: what varies within the bins; 0 if all confidences in a bin are equal.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def brier(confidence: ArrayLike, correct: ArrayLike, *, bins: int = 10) -> Brier:
    """Murphy's decomposition (1973, J. Appl. Meteorol. 12, 595-600) over bins of about equal mass.

    The rest that binning leaves is kept apart (Stephenson, Coelho and Jolliffe 2008, Wea. Forecasting 23, 752-757).
    For an interval of the score pass (confidence - correct)^2 to `mean_interval`, with clusters if there are.

    Args:
        confidence: as in `reliability`.
        correct: as in `reliability`.
        bins: as in `reliability`.

    Raises:
        ValueError: as `reliability`.
    """
    said, right = _check(confidence, correct)
    bin_of = _equal_mass(said, bins)
    answers = np.bincount(bin_of)
    mean_said, rate = np.bincount(bin_of, said) / answers, np.bincount(bin_of, right) / answers
    share, base = answers / len(said), right.mean()
    apart = said - mean_said[bin_of]
    return Brier(
        score=float(((said - right) ** 2).mean()),
        reliability=float((share * (mean_said - rate) ** 2).sum()),
        resolution=float((share * (rate - base) ** 2).sum()),
        uncertainty=float(base * (1 - base)),
        within=float((apart**2).mean() - 2 * (apart * (right - rate[bin_of])).mean()),
    )


def auroc(
    confidence: ArrayLike, correct: ArrayLike, *, clusters: Labels | None = None, level: float = 0.95
) -> Interval:
    """The chance that a right answer is more confident than a wrong one, ties half: area under the ROC curve.

    The interval is that of a mean of influence values, one an answer (DeLong, DeLong and Clarke-Pearson 1988,
    Biometrics 44, 837-845; in clusters Obuchowski 1997, Biometrics 53, 567-578), cut to [0, 1]. By the rule of
    `mean_interval` it keeps a width where all right answers are more confident than all wrong ones.

    Args:
        confidence: shape (N,), any finite numbers: only their order counts.
        correct: shape (N,), 0 or 1, both present.
        clusters: N labels, such as the question, of answers that belong together.
        level: two-sided confidence.

    Raises:
        ValueError: the shapes do not fit, a value is out of its range, or all answers are right or all wrong.
    """
    said, right = _check(confidence, correct, shares=False)
    hit = right == 1
    if hit.all() or not hit.any():
        raise ValueError(f"all {len(said)} answers are {'right' if hit.all() else 'wrong'}: AUROC takes both kinds")
    # For each answer the share of the other kind that it is ahead of.
    placed = np.where(hit, _share_below(said, said[~hit]), 1 - _share_below(said, said[hit]))
    area = float(placed[hit].mean())
    rarer = float(min(hit.mean(), 1 - hit.mean()))
    influence = (placed - area) / np.where(hit, hit.mean(), 1 - hit.mean())
    spread = mean_interval(influence, bounds=(-area / rarer, (1 - area) / rarer), clusters=clusters, level=level)
    low, high = (np.clip(area + end, 0.0, 1.0) for end in (spread.low, spread.high))
    return Interval(np.asarray(area), low, high)


class RiskCoverage(NamedTuple):
    """What answering only from a threshold on does, for every threshold that differs, from strict to lax.

    Attributes:
        threshold: the least confidence answered, shape (T,), falling.
        coverage: share of questions answered, shape (T,), rising to 1.
        accuracy: share of right ones among them, shape (T,); the risk is 1 less it.
    """

    threshold: FloatArray
    coverage: FloatArray
    accuracy: FloatArray


def risk_coverage(confidence: ArrayLike, correct: ArrayLike) -> RiskCoverage:
    """Selective answering (El-Yaniv and Wiener 2010, JMLR 11, 1605-1641). Answers of equal confidence go together.

    To report one threshold choose it on other questions: `cross_fit` with `threshold_outcomes`.

    Args:
        confidence: as in `auroc`.
        correct: as in `auroc`.

    Raises:
        ValueError: the shapes do not fit, or a value is out of its range.
    """
    said, right = _check(confidence, correct, shares=False)
    threshold, group = np.unique(-said, return_inverse=True)
    answered = np.bincount(group).cumsum()
    return RiskCoverage(-threshold, answered / len(said), np.bincount(group, right).cumsum() / answered)


def _check(confidence: ArrayLike, correct: ArrayLike, *, shares: bool = True) -> tuple[FloatArray, FloatArray]:
    said = check_shares(confidence, "confidence") if shares else np.asarray(confidence, dtype=float)
    right = np.asarray(correct, dtype=float)
    if said.ndim != 1 or said.shape != right.shape or said.size == 0:
        raise ValueError(f"confidence has shape {said.shape} and correct {right.shape}: pass (N,) twice")
    if not np.isfinite(said).all():
        raise ValueError(f"confidence of answer {int((~np.isfinite(said)).argmax())} is not finite: leave it out")
    if not ((right == 0) | (right == 1)).all():
        raise ValueError("correct has values other than 0 and 1: pass single answers, not averages over draws")
    return said, right


def _equal_mass(said: FloatArray, bins: int) -> IntArray:
    """The bin of each answer, numbered without gaps: by its mid-rank, which ties share."""
    if bins < 1:
        raise ValueError(f"bins is {bins}: pass 1 or more")
    _, group, size = np.unique(said, return_inverse=True, return_counts=True)
    middle = (size.cumsum() - size / 2)[group] / len(said)
    return np.unique((middle * bins).astype(np.int64), return_inverse=True)[1].astype(np.int64)


def _share_below(values: FloatArray, others: FloatArray) -> FloatArray:
    """For each value the share of the others below it, equal ones half."""
    others = np.sort(others)
    below, upto = (np.searchsorted(others, values, side=side) for side in ("left", "right"))
    share: FloatArray = (below + upto) / (2 * len(others))
    return share
