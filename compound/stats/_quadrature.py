"""Gauss-Legendre nodes on [0, 1], to full relative precision at both ends."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from compound.stats._types import FloatArray


class Quadrature(NamedTuple):
    """Nodes and weights, shape (m,) each, read-only: the integral of f over [0, 1] is sum(weights * f(nodes))."""

    nodes: FloatArray
    weights: FloatArray


@lru_cache(maxsize=1024)
def gauss_legendre(m: int) -> Quadrature:
    """The rule with m nodes, exact for polynomials of degree 2m - 1.

    Newton's method on P_m(cos a) in the angle a. Ties of hundreds of answers put all weight on the nodes next
    to 1, where `numpy.polynomial.legendre.leggauss` errs by 1e-11 at m = 500 (in cubic time) and this by 3e-14.
    """
    angle = np.pi * (np.arange((m + 1) // 2) + 0.75) / (m + 0.5)
    slope = np.ones_like(angle)
    for _ in range(5):
        # The three-term recurrence for the differences of P, in 1 - cos a, which does not cancel for small a.
        drop = 2 * np.sin(angle / 2) ** 2
        value, step = np.ones_like(angle), np.zeros_like(angle)
        for k in range(m):
            step = (k * step - (2 * k + 1) * drop * value) / (k + 1)
            value = value + step
        slope = m * (step - drop * value) / np.sin(angle)
        angle = angle - value / slope

    # Half of the nodes mirror the other half; an odd rule has one in the middle.
    mirrored = slice(m // 2)
    nodes = np.concatenate([np.sin(angle[mirrored] / 2) ** 2, np.cos(angle[::-1] / 2) ** 2])
    weights = np.concatenate([slope[mirrored] ** -2, slope[::-1] ** -2])
    nodes.flags.writeable = weights.flags.writeable = False
    return Quadrature(nodes, weights)
