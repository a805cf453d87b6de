"""What a law of coverage says of the questions that n draws have not solved: the chance that k draws will.

A question drawn from the law that n samples missed is solved by k with the chance

    r(k) = 1 - S(k) / S(n),  S = 1 - P the share not covered,

under any law. For the beta-binomial it is that of the question's posterior Beta(a, b+n), c = 0 of n seen, to have a
success in k - n more draws. Each function here fits a law to the counts and returns r, and r of the law fitted anew
to bootstrap replicates of the counts: what is not known of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray, IntArray
from compound.stats.coverage import pass_at_k
from compound.stats.laws._counts import histogram
from compound.stats.laws._fits import Fits, chosen_fits
from compound.stats.laws.beta_binomial import BetaBinomial, choose_beta_binomial, log_failure
from compound.stats.laws.exp_power import exp_power_lines, fit_exp_power


class Chances(NamedTuple):
    """Chances that a question missed by n draws is solved by k.

    Attributes:
        expected: of the fitted law, shape (K,).
        drawn: of the law fitted to each replicate, shape (draws, K).
        p_value: how often counts that do follow the law fit it no better than these; None where there is no test.
        law: the fitted law, in words.
    """

    expected: FloatArray
    drawn: FloatArray
    p_value: float | None
    law: str


# The arguments: counts c (Q,), samples n of each question, k >= n (K,), replicates, and the generator.
CoverageLaw = Callable[[ArrayLike, int, IntArray, int, np.random.Generator], Chances]


def beta_binomial_chances(c: ArrayLike, n: int, k: IntArray, draws: int, rng: np.random.Generator) -> Chances:
    """The plain or zero-inflated beta-binomial, whichever `choose_beta_binomial` prefers, in each replicate anew.

    The replicates are counts drawn from the chosen law (parametric bootstrap). The test of fit is theirs too: the
    deviance of the histogram of counts from the law, 2 sum h ln(h / (Q f)), against that of the replicates.
    """
    table = histogram(c, n)
    choice, fitted = choose_beta_binomial(c, n), chosen_fits(table[None])[0]
    mass = np.exp(fitted.masses[0])
    replicates = rng.multinomial(table.sum(), mass / mass.sum(), size=draws)
    again = chosen_fits(replicates)[0]
    more = _deviance(replicates, again.masses) >= _deviance(table[None], fitted.masses) - 1e-9
    return Chances(
        _posterior(fitted, n, k)[0],
        _posterior(again, n, k),
        (1 + int(more.sum())) / (1 + draws),
        f"{_words(choice.fit.law)} ({choice.fit.limit or choice.reason})",
    )


def exp_power_chances(c: ArrayLike, n: int, k: IntArray, draws: int, rng: np.random.Generator) -> Chances:
    """The exponentiated power law of pass@1..n. It has no law of counts: the replicates resample the questions."""
    table = histogram(c, n)
    at = np.arange(1, n + 1)
    covered = pass_at_k(n, np.arange(n + 1))
    law = fit_exp_power(at, table @ covered / table.sum())
    replicates = rng.multinomial(table.sum(), table / table.sum(), size=draws)
    a, b = exp_power_lines(at, np.minimum(replicates @ covered / table.sum(), 1.0))

    def chances(a: FloatArray, b: FloatArray) -> FloatArray:
        missed = -np.expm1(a[:, None] * k ** b[:, None])
        # A replicate without a curve (all covered, or nothing) promises nothing.
        return np.nan_to_num(1 - missed / -np.expm1(a * float(n) ** b)[:, None])

    expected = chances(np.array([law.a]), np.array([law.b]))[0]
    return Chances(expected, chances(a, b), None, f"exp({law.a:.3g} k^{law.b:.3g})")


def _posterior(laws: Fits, n: int, k: IntArray) -> FloatArray:
    """r(k) of each law, (B, K): of the questions without success some are never solved, others Beta(a, b+n)."""
    a, b = np.exp(laws.logs[:, :1]), np.exp(laws.logs[:, 1:])
    missed = (1 - laws.never[:, None]) * np.exp(log_failure(a, b, n))
    solvable = missed / (laws.never[:, None] + missed)
    return solvable * -np.expm1(log_failure(a, b + n, k - n))


def _deviance(table: IntArray, masses: FloatArray) -> FloatArray:
    share = np.maximum(table, 1) / table.sum(axis=1, keepdims=True)
    deviance: FloatArray = 2 * (table * (np.log(share) - masses)).sum(axis=1)
    return deviance


def _words(law: BetaBinomial) -> str:
    never = f", never {law.never:.3g}" if law.never else ""
    return f"beta-binomial a {law.a:.3g}, b {law.b:.3g}{never}"
