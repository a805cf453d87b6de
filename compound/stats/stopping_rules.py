"""Rules that stop a vote early, for `stopped_plurality`: data made of pure functions of the votes so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._replay import BoolArray
from compound.stats.leader import check_threshold, dirichlet, votes_needed
from compound.stats.stopping import Running, StoppingRule


def beta_stop(threshold: float = 0.95) -> StoppingRule:
    """Adaptive-Consistency: stop when the leader beats the runner-up with this probability (arXiv 2305.11860).

    The probability is that of `leader_probability` for the two most voted answers. At .95 the first pairs of votes
    that stop are (4, 0), (6, 1), (8, 2), (9, 3).

    Raises:
        ValueError: threshold is not between 0.5 and 1.
    """
    check_threshold(threshold)

    def enough(running: Running) -> BoolArray:
        first, second = running.votes[:2]
        needed: BoolArray = first >= np.array(votes_needed(threshold, first.shape[0] // 2 + 1))[second]
        return needed

    return StoppingRule(enough)


def dirichlet_stop(threshold: float = 0.95) -> StoppingRule:
    """Adaptive-Consistency's other rule: stop when `leader_probability` of all counts reaches the threshold.

    With one or two answers it is `beta_stop`; with more it stops later, for the leader must beat them all.

    Raises:
        ValueError: threshold is not between 0.5 and 1.
    """
    beta = beta_stop(threshold)

    def enough(running: Running) -> BoolArray:
        stop = beta.enough(running)  # to beat the runner-up is necessary, and cheap to look up
        ask = stop & (running.distinct > 2)
        shape = (len(stop) + 1,) * len(running.votes)
        keys, which = np.unique(np.ravel_multi_index(tuple(running.votes[:, ask]), shape), return_inverse=True)
        counts = np.stack(np.unravel_index(keys, shape), axis=1)
        stop[ask] = (dirichlet(counts) >= threshold)[which]
        return stop

    return StoppingRule(enough)


def share_stop(share: float = 0.75, floor: int = 4) -> StoppingRule:
    """Doubling supermajority: after floor, 2 floor, 4 floor, ... draws, stop if the leader has this share of votes.

    Fewer than `floor` votes never stop, whatever their share: two that agree are no evidence.

    Raises:
        ValueError: share is not above 0 and at most 1, or floor is below 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}: pass a share of the votes, above 0 and at most 1")
    if floor < 1:
        raise ValueError(f"floor is {floor}: pass the draws of the first look, 1 or more")

    def enough(running: Running) -> BoolArray:
        draws = np.arange(1, running.cast.shape[0] + 1)
        looks, rest = np.divmod(draws, floor)
        doubled = (rest == 0) & (looks & (looks - 1) == 0)
        # Dividing rounds 11 / 20 to the very float that .55 is; .55 * 20 is above 11.
        agree = running.votes[0] / np.maximum(running.cast, 1) >= share
        stop: BoolArray = doubled[:, None] & (running.cast >= floor) & agree
        return stop

    return StoppingRule(enough)


def unanimous_windows(window: int = 5) -> StoppingRule:
    """Early-stopping self-consistency (ESC): stop after a window whose draws all agree, with its answer.

    Li et al. 2024, arXiv 2401.10480. Windows follow each other; one that holds an abstention is not unanimous.
    Without a unanimous window the plurality of all draws answers, those of a last incomplete window included.

    Raises:
        ValueError: window is below 1.
    """
    _check_window(window)

    def enough(running: Running) -> BoolArray:
        n, size = running.codes.shape
        blocks = running.codes[: n // window * window].reshape(-1, window, size)
        stop = np.zeros((n, size), dtype=bool)
        stop[window - 1 :: window] = (blocks == blocks[:, :1]).all(axis=1) & (blocks[:, 0] >= 0)
        return stop

    return StoppingRule(enough, last_draw=True)


def esc_expected_draws(probabilities: ArrayLike, window: int, cap: int) -> float:
    """Expected draws of `unanimous_windows` from a model with known answer probabilities.

    With q the sum of p^window, m = floor(cap / window) complete windows and r = cap - m window draws left,
    it is window * (1 - (1 - q)^m) / q + r (1 - q)^m.

    Args:
        probabilities: of each answer, shape (M,); what they lack to 1 abstains.
        window: draws of a window, 1 or more.
        cap: draws at most, 1 or more.

    Raises:
        ValueError: a probability is not in [0, 1], they add up to more than 1, or window or cap is below 1.
    """
    _check_window(window)
    if cap < 1:
        raise ValueError(f"cap is {cap}: pass 1 or more draws")
    p = np.asarray(probabilities, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all() or p.sum() > 1 + 1e-9:
        raise ValueError("probabilities must be a flat list of numbers in [0, 1] that add up to at most 1")
    goes_on = max(0.0, 1.0 - float((p**window).sum()))
    windows, rest = divmod(cap, window)
    # The geometric sum term by term: its closed form is 0 / 0 at q = 0.
    return float(window * (goes_on ** np.arange(windows)).sum() + rest * goes_on**windows)


def _check_window(window: int) -> None:
    if window < 1:
        raise ValueError(f"window is {window}: pass the draws of a window, 1 or more")
