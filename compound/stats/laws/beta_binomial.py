"""The beta-binomial law of coverage: each question's chance p of a right sample is drawn from Beta(a, b).

Then c of n samples are right with the beta-binomial probability, and k draws cover a share

    P(k) = 1 - E[(1-p)^k] = 1 - B(a, b+k) / B(a, b),

which approaches 1 as 1 - Gamma(a+b)/Gamma(b) k^-a: the exponent of the power law is a, the weight of the questions
with p near 0 (arXiv 2502.17578). Zero-inflated, a share `never` of the questions has p = 0 and stays uncovered.

What it does not cover: a gap in p (then failure decays exponentially, not as a power), questions of several kinds,
draws that depend on each other. `chances` tests the fit, `judge` holds it against more draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray, IntArray
from compound.stats.laws._counts import histogram, whole_draws
from compound.stats.laws._fits import LIKELIHOOD_RATIO, Fits, chosen_fits, inflated_fits, mixed, plain_fits
from compound.stats.laws._likelihood import LOG_BOUND, curvature, log_masses


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """p is 0 for a share `never` of the questions and Beta(a, b) for the others; a, b > 0, 0 <= never < 1."""

    a: float
    b: float
    never: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.a < np.inf and 0 < self.b < np.inf and 0 <= self.never < 1):
            raise ValueError(f"{self}: a and b must be above 0 and finite, never within 0..1 and below 1")

    @property
    def rho(self) -> float:
        """Correlation of two samples of one question, Var(p) / (E p (1 - E p)), among those that can be solved."""
        return 1 / (self.a + self.b + 1)

    @property
    def exponent(self) -> float:
        """How fast the coverage nears its end 1 - never: the distance falls as k^-exponent."""
        return self.a

    def coverage(self, k: ArrayLike) -> FloatArray:
        """P(k), a share, for any whole k >= 1, of the shape of k."""
        return (1 - self.never) * -np.expm1(log_failure(self.a, self.b, whole_draws(k)))


class Fit(NamedTuple):
    """A fitted law.

    Attributes:
        law: the parameters of largest likelihood.
        log_likelihood: of the counts, binomial coefficients included.
        errors: standard errors of ln a and ln b from the curvature; None at a limit, and for a zero-inflated law.
        limit: None, or why the parameters are at the end of their range and stand for a limit.
    """

    law: BetaBinomial
    log_likelihood: float
    errors: tuple[float, float] | None
    limit: str | None


class Choice(NamedTuple):
    """The plain law or the zero-inflated one.

    Attributes:
        fit: the chosen one.
        ratio: twice the difference of the log-likelihoods, >= 0; AIC prefers zero inflation above 2.
        reason: what was chosen and why, in words.
    """

    fit: Fit
    ratio: float
    reason: str


def log_failure(a: ArrayLike, b: ArrayLike, k: ArrayLike) -> FloatArray:
    """ln E[(1-p)^k] = ln B(a, b+k) - ln B(a, b) of p ~ Beta(a, b), broadcast over all three."""
    from scipy.special import betaln

    a, b, k = np.asarray(a), np.asarray(b), np.asarray(k)
    difference: FloatArray = betaln(a, b + k) - betaln(a, b)
    return difference


def log_likelihood(c: ArrayLike, n: int, law: BetaBinomial) -> float:
    """Log-probability of the counts c of n samples each under the law, binomial coefficients included.

    Raises:
        ValueError: c or n is malformed; see `fit_beta_binomial`.
    """
    table = histogram(c, n)
    masses = log_masses(np.log([[law.a, law.b]]), n)
    return float(table @ mixed(masses, np.array([law.never]))[0])


def fit_beta_binomial(c: ArrayLike, n: int) -> Fit:
    """Maximum likelihood for the plain law, Newton's method in (ln a, ln b) from the moments.

    Counts without a finite maximum get the law at the end of the range, 1e-6..1e6, and `limit` says which limit it
    stands for: no right sample at all, only right ones, all or nothing on each question (rho = 1), or counts that
    spread no more than those of one common p (rho = 0).

    Args:
        c: right samples of each question, shape (Q,).
        n: samples of each question, 2 or more.

    Raises:
        ValueError: c is empty, not whole or outside 0..n, or n is below 2.
    """
    table = histogram(c, n)
    return _fit(table, plain_fits(table[None]))


def fit_zero_inflated(c: ArrayLike, n: int) -> Fit:
    """Maximum likelihood with a share of questions that are never solved; see `fit_beta_binomial`.

    a and b are fitted to the solved questions, given that they are solved; `never` is then what zeros remain. Where
    there are fewer zeros than a and b expect, the best share is 0 and this is the plain fit.
    """
    table = histogram(c, n)
    return _fit(table, inflated_fits(table[None], plain_fits(table[None])))


def choose_beta_binomial(c: ArrayLike, n: int) -> Choice:
    """The plain law unless the likelihood ratio speaks for zero inflation at 5%; see `fit_beta_binomial`.

    The share lies at the end of its range under the plain law, so that the ratio is 0 half of the time and chi^2
    with one degree of freedom otherwise (Self and Liang 1987, JASA 82): 2.71, not 3.84, is its 5% point.
    """
    table = histogram(c, n)
    fits, ratios = chosen_fits(table[None])
    fit, ratio = _fit(table, fits), float(ratios[0])
    said = f"zero-inflated: {fit.law.never:.1%} never solved" if fit.law.never else "plain"
    return Choice(fit, ratio, f"{said}, likelihood ratio of zero inflation {ratio:.2f} (5%: {LIKELIHOOD_RATIO})")


def _fit(table: IntArray, fits: Fits) -> Fit:
    """The one law of `fits`, that of the histogram `table`, with what is to be said of it."""
    logs = fits.logs[0]
    law = BetaBinomial(float(np.exp(logs[0])), float(np.exp(logs[1])), float(fits.never[0]))
    limit = _limit(table, logs)
    errors = None if limit or law.never else _errors(-curvature(table[None], fits.logs)[0])
    return Fit(law, float(table @ fits.masses[0]), errors, limit)


def _errors(information: FloatArray) -> tuple[float, float] | None:
    (of_a, both), (_, of_b) = information.tolist()
    determinant = of_a * of_b - both**2
    if min(of_a, of_b, determinant) <= 0:  # flat to rounding
        return None
    return sqrt(of_b / determinant), sqrt(of_a / determinant)


def _limit(table: IntArray, logs: FloatArray) -> str | None:
    n = len(table) - 1
    if (np.abs(logs) < LOG_BOUND).all():
        return None
    if not table[1:].any():
        return "no sample is right: the law is that of p = 0, and says nothing of what more draws find"
    if not table[:-1].any():
        return "every sample is right: the law is that of p = 1"
    if not table[1:n].any():
        return "every question is all right or all wrong: rho = 1, and more draws find nothing"
    return "the counts spread no more than those of one common p: rho = 0"
