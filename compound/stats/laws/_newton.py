"""Newton's method for many small problems at once, each in two parameters inside a square."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from compound.stats._types import FloatArray, IntArray


class Slopes(NamedTuple):
    """A function of B points in the plane: value (B,), gradient (B, 2) and second derivatives (B, 2, 2)."""

    value: FloatArray
    gradient: FloatArray
    curvature: FloatArray


Objective = Callable[[FloatArray, IntArray], Slopes]


def maximise(objective: Objective, start: FloatArray, bound: float) -> FloatArray:
    """The maxima of B functions over the square [-bound, bound]^2, each from its own start.

    Levenberg's damping keeps every step uphill where the function is not concave. A maximum at infinity is
    approached until the bound stops it.

    Args:
        objective: takes points, shape (A, 2), and which of the B functions they are for, shape (A,).
        start: shape (B, 2).

    Returns:
        Shape (B, 2).
    """
    at = np.clip(start, -bound, bound)
    damping = np.full(len(at), 1e-3)
    active = np.arange(len(at))
    here = objective(at, active)
    for _ in range(200):
        step = _step(at[active], here, damping[active], bound)
        there = objective(at[active] + step, active)
        # Rounding of the value, a sum of large terms, must not stop the last steps.
        better = there.value >= here.value - 1e-12 * np.abs(here.value)
        at[active[better]] += step[better]
        damping[active] = np.where(better, damping[active] / 10, damping[active] * 10)
        here = Slopes(*(_pick(better, new, old) for new, old in zip(there, here, strict=True)))
        going = (np.abs(step) > 1e-9).any(axis=1)
        active, here = active[going], Slopes(*(part[going] for part in here))
        if not len(active):
            break
    return at


def _pick(better: NDArray[np.bool_], new: FloatArray, old: FloatArray) -> FloatArray:
    return np.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def _step(at: FloatArray, here: Slopes, damping: FloatArray, bound: float) -> FloatArray:
    """The damped Newton step, along the sides of the square where the gradient leads out of it."""
    stuck = (np.abs(at) >= bound) & (at * here.gradient > 0)
    gradient = np.where(stuck, 0.0, here.gradient)
    free = ~stuck[:, :, None] & ~stuck[:, None, :]
    hill = np.where(free, -here.curvature, 0.0) + np.where(stuck[:, :, None], np.eye(2), 0.0)
    lowest = np.linalg.eigvalsh(hill)[:, 0]
    scale = np.abs(hill).max(axis=(1, 2))
    lift = np.maximum(0.0, -lowest) + (damping + 1e-12) * scale + 1e-12
    step = np.linalg.solve(hill + lift[:, None, None] * np.eye(2), gradient[..., None])[..., 0]
    # A step is shortened as a whole, to length 2 or the next wall: bent, it would leave a narrow ridge.
    size, room = np.abs(step) + 1e-300, bound - at * np.sign(step)
    share = np.minimum(2.0 / size, np.where(room > 1e-9, room / size, np.inf)).min(axis=1)
    moved = at + step * np.minimum(share, 1.0)[:, None]
    inside: FloatArray = np.clip(moved, -bound, bound) - at
    return inside
