"""The beta-binomial likelihood of many histograms of counts, and where it is largest.

Gamma functions of whole distances are products, so with up[j] questions of more than j right samples and down[j] of
more than j wrong ones the log-likelihood is sum_j up[j] ln(a+j) + down[j] ln(b+j) - Q ln(a+b+j): exact derivatives
in a few array operations, for a thousand bootstrap replicates at once.
"""

from __future__ import annotations

from math import log

import numpy as np

from compound.stats._types import FloatArray, IntArray
from compound.stats.laws._newton import Slopes, maximise

# a and b are sought within 1e-6..1e6: at the ends the law is a limit (one common p; all or nothing; never; always).
LOG_BOUND = log(1e6)


def fit_plain(table: IntArray) -> FloatArray:
    """(ln a, ln b) of largest likelihood for each histogram, shape (B, n + 1) -> (B, 2), started at the moments."""
    counts = _Counts(table)
    return maximise(lambda at, rows: counts.slopes(at, rows), _moments(table), LOG_BOUND)


def fit_solved(table: IntArray, start: FloatArray) -> FloatArray:
    """(ln a, ln b) of largest likelihood given that c > 0, shape (B, 2): the zeros say nothing about them."""
    solved = table.copy()
    solved[:, 0] = 0
    counts = _Counts(solved)
    return maximise(lambda at, rows: counts.truncated(at, rows), start, LOG_BOUND)


def log_masses(logs: FloatArray, n: int) -> FloatArray:
    """ln f(c) for c = 0..n of each (ln a, ln b), shape (B, 2) -> (B, n + 1)."""
    j = np.arange(n)
    a, b = np.exp(logs[:, :1]), np.exp(logs[:, 1:])

    def rising(x: FloatArray) -> FloatArray:
        return np.concatenate([np.zeros((len(x), 1)), np.log(x + j).cumsum(axis=1)], axis=1)

    choose = np.concatenate([[0.0], np.log((n - j) / (j + 1.0)).cumsum()])
    masses: FloatArray = choose + rising(a) + rising(b)[:, ::-1] - rising(a + b)[:, -1:]
    return masses


def chance_solved(log_zero: FloatArray) -> FloatArray:
    """1 - f(0); its smallest value inside the bounds, 2e-12, is lost to rounding there and must not become 0."""
    return -np.expm1(np.minimum(log_zero, -1e-12))


class _Counts:
    """Histograms (B, n + 1) as the numbers of questions with more than j right, or wrong, samples, (B, n) each."""

    def __init__(self, table: IntArray) -> None:
        self.up = table[:, ::-1].cumsum(axis=1)[:, -2::-1].astype(float)
        self.down = table.cumsum(axis=1)[:, -2::-1].astype(float)
        self.total = table.sum(axis=1).astype(float)[:, None]

    def slopes(self, at: FloatArray, rows: IntArray) -> Slopes:
        return _slopes(at, self.up[rows], self.down[rows], self.total[rows])

    def truncated(self, at: FloatArray, rows: IntArray) -> Slopes:
        """The likelihood given c > 0: less Q ln(1 - f(0)), and f(0) is itself the likelihood of one zero."""
        plain = self.slopes(at, rows)
        none, one = np.zeros((len(rows), 1)), np.ones((len(rows), 1))
        zero = _slopes(at, none, np.broadcast_to(one, (len(rows), self.up.shape[1])), one)
        solved = chance_solved(zero.value)
        odds = np.exp(zero.value) / solved
        total = self.total[rows][:, 0]
        outer = zero.gradient[:, :, None] * zero.gradient[:, None, :]
        curved = zero.curvature * odds[:, None, None] + outer * (odds / solved)[:, None, None]
        return Slopes(
            plain.value - total * np.log(solved),
            plain.gradient + (total * odds)[:, None] * zero.gradient,
            plain.curvature + total[:, None, None] * curved,
        )


def _slopes(at: FloatArray, up: FloatArray, down: FloatArray, total: FloatArray) -> Slopes:
    j = np.arange(down.shape[1])
    a, b = np.exp(at[:, :1]), np.exp(at[:, 1:])
    x, y, s = a + j, b + j, a + b + j
    value = (up * np.log(x) + down * np.log(y) - total * np.log(s)).sum(axis=1)
    both = (total / s**2).sum(axis=1)
    a, b = a[:, 0], b[:, 0]
    by_a = a * (up / x - total / s).sum(axis=1)
    by_b = b * (down / y - total / s).sum(axis=1)
    curvature = np.empty((len(at), 2, 2))
    curvature[:, 0, 0] = by_a + a**2 * (both - (up / x**2).sum(axis=1))
    curvature[:, 1, 1] = by_b + b**2 * (both - (down / y**2).sum(axis=1))
    curvature[:, 0, 1] = curvature[:, 1, 0] = a * b * both
    return Slopes(value, np.stack([by_a, by_b], axis=1), curvature)


def curvature(table: IntArray, logs: FloatArray) -> FloatArray:
    """Second derivatives of the plain log-likelihood at (ln a, ln b), shape (B, 2, 2)."""
    return _Counts(table).slopes(logs, np.arange(len(table))).curvature


def _moments(table: IntArray) -> FloatArray:
    n = table.shape[1] - 1
    c, questions = np.arange(n + 1), table.sum(axis=1)
    p = np.clip((table @ c) / (questions * n), 1e-3, 1 - 1e-3)
    variance = (table * (c - n * p[:, None]) ** 2).sum(axis=1) / questions
    rho = np.clip((variance / (n * p * (1 - p)) - 1) / (n - 1), 0.02, 0.98)
    size = 1 / rho - 1
    logs: FloatArray = np.log(np.stack([p * size, (1 - p) * size], axis=1))
    return logs
