"""How alike voters err, and how many independent ones they are worth.

Voters are models, prompts or draws on the same questions. Errors that come together are what voting cannot mend.
Questions of unequal difficulty correlate the errors of any two voters, copies of one model included: that is rho.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._of_means import check_shares, interval_of_means, ratio
from compound.stats._types import FloatArray
from compound.stats.bootstrap import Labels
from compound.stats.coverage import pass_at_k
from compound.stats.interval import Interval

# Halvings of the logarithm of a number of voters up to 2^40: to a relative 1e-9.
_HALVINGS, _LARGEST = 36, 40.0


class ErrorCorrelation(NamedTuple):
    """How the errors of two voters come together, over questions.

    Attributes:
        phi: Pearson correlation of the two errors, in [-1, 1].
        double_fault: share of questions on which both err.
        yule_q: Yule's Q, (p11 p00 - p10 p01) / (p11 p00 + p10 p01), in [-1, 1]: 1 if the errors of one are among
            those of the other.

    A voter that errs always or never has no correlation: phi and Q are then nan in an interval of (-1, 1).
    """

    phi: Interval
    double_fault: Interval
    yule_q: Interval


def error_correlation(
    a: ArrayLike,
    b: ArrayLike,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> ErrorCorrelation:
    """Correlation of the errors of two voters (Kuncheva and Whitaker 2003, Machine Learning 51, 181-207).

    Args:
        a: errors of one voter, shape (Q,): 1 wrong, 0 right. Probabilities of an error serve too, if the two
            voters draw independently of each other given the question.
        b: errors of the other on the same questions, shape (Q,).
        strata: this and what follows as in `mean_interval`; the interval is a bootstrap over questions.

    Raises:
        ValueError: as `mean_interval`, or the shapes differ, or an error is outside 0 to 1.
    """
    one, other = check_shares(a, "a"), check_shares(b, "b")
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"a has shape {one.shape} and b {other.shape}: pass (Q,) twice, the same questions")
    table = np.column_stack([one * other, one * (1 - other), (1 - one) * other, (1 - one) * (1 - other)])
    return ErrorCorrelation(
        *(
            interval_of_means(
                table, function, bounds, strata=strata, clusters=clusters, level=level, draws=draws, rng=rng
            )
            for function, bounds in ((_phi, (-1, 1)), (_double_fault, (0, 1)), (_yule_q, (-1, 1)))
        )
    )


def intra_question_correlation(
    c: ArrayLike,
    n: int,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> Interval:
    """rho = Var(p) / (pbar (1 - pbar)): the correlation of two draws of one voter on the same question.

    Var(p) + pbar^2 is estimated without bias in the draws, by the share of pairs of draws that are both right,
    c (c - 1) / (n (n - 1)). 0 if all questions are equally hard, 1 if each is always or never solved; below 0 only
    by chance. nan in (-1, 1) if all draws are right or all wrong.

    Args:
        c: right samples of each question, shape (Q,).
        n: samples of each question, 2 or more.
        strata: this and what follows as in `mean_interval`; the interval is a bootstrap over questions.

    Raises:
        ValueError: as `mean_interval`, or a count is not whole or out of range.
    """
    if n < 2:
        raise ValueError(f"n is {n}: pass 2 or more samples of each question, one has no correlation")
    # pass@k of k = 1, 2 checks the counts; 2 P(1) - P(2) is the chance that both of two draws are right.
    coverage = pass_at_k(n, np.atleast_1d(c), [1, 2])
    table = np.column_stack([coverage[:, 0], 2 * coverage[:, 0] - coverage[:, 1]])

    def rho(means: FloatArray) -> FloatArray:
        one, both = means[..., 0], means[..., 1]
        return ratio(both - one**2, _or_zero(one * (1 - one)))

    return interval_of_means(
        table, rho, (-1, 1), strata=strata, clusters=clusters, level=level, draws=draws, rng=rng
    )


def effective_voters(
    single: ArrayLike,
    voted: ArrayLike,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 1_000,
    rng: np.random.Generator,
) -> Interval:
    """How many independent voters of the same mean accuracy p would reach the accuracy of the vote.

    The k at which Condorcet's majority of two answers, I_p(m, m) with m = (k + 1) / 2, has the observed accuracy;
    between odd k it is interpolated by this formula. inf if the vote is always right.

    It is nan (in an interval from 0) where no k >= 1 fits: for p > 1/2 a vote worse than one voter, for p < 1/2 one
    that is better, for p = 1/2 any. The latter two are common with more than two answers, where a plurality needs
    no majority; and then the k that is found is too large. A small k does not say whether the questions are of
    unequal difficulty or the voters alike: both correlate errors.

    Args:
        single: mean accuracy of one voter on each question, shape (Q,).
        voted: accuracy of the vote on each question, shape (Q,).
        strata: this and what follows as in `mean_interval`; the interval is a bootstrap over questions.

    Raises:
        ValueError: as `mean_interval`, or the shapes differ, or an accuracy is outside 0 to 1.
    """
    one, vote = check_shares(single, "single"), check_shares(voted, "voted")
    if one.ndim != 1 or one.shape != vote.shape:
        raise ValueError(f"single has shape {one.shape} and voted {vote.shape}: pass (Q,) twice")
    return interval_of_means(
        np.column_stack([one, vote]),
        lambda means: _condorcet_voters(means[..., 0], means[..., 1]),
        (0.0, np.inf),
        strata=strata,
        clusters=clusters,
        level=level,
        draws=draws,
        rng=rng,
    )


class IndependencePrediction(NamedTuple):
    """The accuracy of a vote if its voters erred independently, and how far the vote is from it.

    Attributes:
        predicted: chance that more than half of the voters are right, half of it where exactly half are.
        error: observed less predicted; its size is the error of the prediction.
    """

    predicted: Interval
    error: Interval


def independence_prediction(
    correct: ArrayLike,
    voted: ArrayLike,
    *,
    strata: Labels | None = None,
    clusters: Labels | None = None,
    level: float = 0.95,
    draws: int = 10_000,
    rng: np.random.Generator,
) -> IndependencePrediction:
    """Predict a vote from the accuracies of its voters, as if a right majority were needed and errors independent.

    With more than two answers a plurality is right more often than a majority: the error is then no measure of
    dependence alone.

    Args:
        correct: accuracy of V voters on each question, shape (Q, V).
        voted: accuracy of their vote on each question, shape (Q,).
        strata: this and what follows as in `mean_interval`; the interval is a bootstrap over questions.

    Raises:
        ValueError: as `mean_interval`, or the shapes do not fit, or an accuracy is outside 0 to 1.
    """
    voters, vote = check_shares(correct, "correct"), check_shares(voted, "voted")
    if voters.ndim != 2 or vote.shape != voters.shape[:1]:
        raise ValueError(f"correct has shape {voters.shape} and voted {vote.shape}: pass (Q, V) and (Q,)")
    table = np.column_stack([voters, vote])
    return IndependencePrediction(
        *(
            interval_of_means(
                table, function, bounds, strata=strata, clusters=clusters, level=level, draws=draws, rng=rng
            )
            for function, bounds in (
                (lambda means: _majority(means[..., :-1]), (0, 1)),
                (lambda means: means[..., -1] - _majority(means[..., :-1]), (-1, 1)),
            )
        )
    )


def _phi(cells: FloatArray) -> FloatArray:
    p11, p10, p01, p00 = np.moveaxis(cells, -1, 0)
    spread = _or_zero((p11 + p10) * (p01 + p00) * (p11 + p01) * (p10 + p00))
    return ratio(p11 * p00 - p10 * p01, np.sqrt(spread))


def _yule_q(cells: FloatArray) -> FloatArray:
    p11, p10, p01, p00 = np.moveaxis(cells, -1, 0)
    # Where a margin is 0 both products are.
    return ratio(p11 * p00 - p10 * p01, _or_zero(p11 * p00 + p10 * p01))


def _double_fault(cells: FloatArray) -> FloatArray:
    fault: FloatArray = cells[..., 0]
    return fault


def _or_zero(spread: FloatArray) -> FloatArray:
    """A product of shares, 0 where it is only rounding."""
    return np.where(spread > 1e-14, spread, 0.0)


def _majority(p: FloatArray) -> FloatArray:
    """Chance that most of V independent voters are right, ties half: Poisson binomial of accuracies (..., V)."""
    voters = p.shape[-1]
    right = np.zeros((*p.shape[:-1], voters + 1))
    right[..., 0] = 1.0
    for i in range(voters):
        one = p[..., i, None]
        right[..., 1:] = right[..., 1:] * (1 - one) + right[..., :-1] * one
        right[..., 0] *= 1 - p[..., i]
    won = np.sign(2 * np.arange(voters + 1) - voters) / 2 + 0.5
    chance: FloatArray = right @ won
    return chance


def _condorcet_voters(p: FloatArray, accuracy: FloatArray) -> FloatArray:
    """The number of voters, elementwise: bisection in the logarithm of k, in which I_p(m, m) is monotone."""
    from scipy.special import betainc

    # Seen from the side on which more voters are better: p < 1/2 is a majority for the wrong answer.
    better = np.maximum(p, 1 - p)
    reached = np.where(p > 0.5, accuracy, 1 - accuracy)
    low, high = np.zeros(reached.shape), np.full(reached.shape, _LARGEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        m = (2.0**middle + 1) / 2
        short = betainc(m, m, better) < reached
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    voters = np.where(reached >= 1, np.inf, 2.0**high)
    voters = np.where(np.isclose(reached, better, rtol=0, atol=1e-12), 1.0, voters)
    found = (np.abs(p - 0.5) > 1e-12) & (reached >= better - 1e-12)
    return np.where(found, voters, np.nan)
