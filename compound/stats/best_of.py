"""Best-of-k: the accuracy and the score of the top-scored of k samples, exact for every k.

Averages over all subsets of size k of one question's n recorded samples, so they are unbiased at every k <= n.
Samples with equal scores share a top place evenly: what picking one of them at random gives in expectation. The
selector is that of Cobbe et al. 2021 (arXiv 2110.14168), who scored 100 samples by a trained verifier.

A missing score (nan: the candidate abstained, or the judge's reply could not be read) ranks below every other. It
is never picked: a subset without any score is an abstention, and its accuracy is 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray

# Weights held at a time, in floats (32 MB).
_WEIGHTS = 4_000_000


def best_of_k(scores: ArrayLike, correct: ArrayLike) -> FloatArray:
    """Expected correctness of the top-scored of k draws, k = 1..n.

    Samples of equal score on ranks i+1..j, counted from the worst, are on top in C(j, k) - C(i, k) of the C(n, k)
    subsets, and then worth their mean correctness. With score = correctness in {0, 1} that is `pass_at_k`. Only
    the order of the scores matters.

    Args:
        scores: one score a sample, nan where it is missing: shape (n,), or (Q, n) for questions of the same n.
        correct: correctness of each sample in [0, 1], booleans included, same shape.

    Returns:
        Shares in [0, 1], same shape; entry k - 1 is for k draws. The relative rounding error is below n * 1e-15.

    Raises:
        ValueError: the shapes differ or hold no sample, or a correctness is not in [0, 1].
    """
    table = _scores(scores)
    worth = np.asarray(correct, dtype=float)
    if worth.shape != np.shape(scores):
        raise ValueError(
            f"scores have shape {np.shape(scores)} and correct {worth.shape}: pass one of each a sample"
        )
    if not ((worth >= 0) & (worth <= 1)).all():
        raise ValueError("correct holds a value that is not in [0, 1]: pass False or True, or a share")

    ranked = _ranked(table)
    worth = np.take_along_axis(worth.reshape(table.shape), ranked.order, axis=1) * ranked.known
    shared = np.bincount(ranked.group, weights=worth.ravel()) / np.bincount(ranked.group)
    curve = np.minimum(_top_of_k(shared[ranked.group].reshape(table.shape)), 1.0)
    return curve.reshape(np.shape(scores))


def best_score_of_k(scores: ArrayLike) -> FloatArray:
    """Expected highest score of k draws, k = 1..n, over the subsets that hold a score.

    Args:
        scores: as for `best_of_k`, but finite where it is not nan.

    Returns:
        Same shape, in the unit of the scores; nan throughout a question without any score.

    Raises:
        ValueError: scores hold no sample, or one is infinite.
    """
    table = _scores(scores)
    if np.isinf(table).any():
        raise ValueError("scores hold an infinite value: their mean is undefined")
    ranked = _ranked(table)
    best = np.take_along_axis(table, ranked.order, axis=1)
    some = _top_of_k(ranked.known.astype(float))  # the share of subsets that hold a score
    total = _top_of_k(np.where(ranked.known, best, 0.0))
    return np.divide(total, some, out=np.full_like(table, np.nan), where=some > 0).reshape(np.shape(scores))


class _Ranked(NamedTuple):
    """Samples from the best score to the worst: order and known are (Q, n), group is (Q * n,).

    group numbers the ties from 0; missing scores come last and are not known.
    """

    order: np.ndarray
    known: np.ndarray
    group: np.ndarray


def _ranked(scores: FloatArray) -> _Ranked:
    order = np.argsort(-scores, axis=1, kind="stable")  # nan is sorted to the end
    ranked = np.take_along_axis(scores, order, axis=1)
    opens = np.ones(ranked.shape, dtype=bool)
    opens[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    return _Ranked(order, ~np.isnan(ranked), opens.ravel().cumsum() - 1)


def _top_of_k(values: FloatArray) -> FloatArray:
    """Mean over all subsets of size k of the value that comes first in its row: (Q, n) to (Q, n)."""
    n = values.shape[1]
    curve = np.empty_like(values)
    place = np.arange(1, n)[:, None]
    step = max(1, _WEIGHTS // n)
    for start in range(0, n, step):
        k = np.arange(start + 1, min(start + step, n) + 1)
        # The p-th place (from 0) is the best of C(n-1-p, k-1) of the C(n, k) subsets: k / n at p = 0, and the
        # ratios from one place to the next are in [0, 1], so nothing overflows.
        ratio = np.maximum(n - place - k + 1, 0) / (n - place)
        weight = np.concatenate([k[None] / n, ratio]).cumprod(axis=0)
        curve[:, start : start + len(k)] = values @ weight
    return curve


def _scores(scores: ArrayLike) -> FloatArray:
    table = np.asarray(scores, dtype=float)
    if table.ndim not in (1, 2) or table.size == 0:
        raise ValueError(f"scores have shape {table.shape}: pass (n,) or (Q, n) with at least one sample")
    return table.reshape(-1, table.shape[-1])
