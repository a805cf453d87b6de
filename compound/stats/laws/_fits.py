"""The plain and the zero-inflated beta-binomial of many histograms, and which of the two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compound.stats._types import FloatArray, IntArray
from compound.stats.laws._likelihood import chance_solved, fit_plain, fit_solved, log_masses

# The 5% point of the likelihood ratio of `never` = 0, a parameter at its end: 1/2 chi^2_0 + 1/2 chi^2_1.
LIKELIHOOD_RATIO = 2.706


class Fits(NamedTuple):
    """B laws: (ln a, ln b), shape (B, 2); the shares never solved, (B,); ln f(c) for c = 0..n, (B, n + 1)."""

    logs: FloatArray
    never: FloatArray
    masses: FloatArray


def plain_fits(table: IntArray) -> Fits:
    """The plain law of each histogram, shape (B, n + 1)."""
    logs = fit_plain(table)
    return Fits(logs, np.zeros(len(table)), log_masses(logs, table.shape[1] - 1))


def inflated_fits(table: IntArray, plain: Fits) -> Fits:
    """The zero-inflated law of each histogram; the plain one where no share is likelier than 0."""
    logs = fit_solved(table, plain.logs)
    masses = log_masses(logs, table.shape[1] - 1)
    solved = 1 - table[:, 0] / table.sum(axis=1)
    # Without any solved question nothing is known of a and b: the plain law says it all.
    share = np.where(solved > 0, 1 - solved / chance_solved(masses[:, 0]), 0.0)
    more = share > 0
    never = np.where(more, share, 0.0)
    return _pick(more, Fits(logs, never, mixed(masses, never)), plain)


def chosen_fits(table: IntArray) -> tuple[Fits, FloatArray]:
    """The plain law unless the likelihood ratio speaks for zero inflation at 5%, and the ratios, (B,)."""
    plain = plain_fits(table)
    inflated = inflated_fits(table, plain)
    ratio = 2 * (table * (inflated.masses - plain.masses)).sum(axis=1)
    return _pick(ratio > LIKELIHOOD_RATIO, inflated, plain), np.maximum(ratio, 0.0)


def mixed(masses: FloatArray, never: FloatArray) -> FloatArray:
    """ln f(c), shape (B, n + 1), after a share `never`, shape (B,), is moved to c = 0."""
    share = never[:, None]
    zero = np.log(share + (1 - share) * np.exp(masses[:, :1]))
    return np.concatenate([zero, np.log1p(-share) + masses[:, 1:]], axis=1)


def _pick(first: NDArray[np.bool_], one: Fits, other: Fits) -> Fits:
    return Fits(
        np.where(first[:, None], one.logs, other.logs),
        np.where(first, one.never, other.never),
        np.where(first[:, None], one.masses, other.masses),
    )
