"""The second ledger: what k candidates would cost in a stated deployment, never summed from how a pool was bought.

Deployment `batched`: candidates that ask one and the same request go out as calls of up to `batch` completions,
each paying for the prompt once. Candidates of several steps, or with different requests, pay for every prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compound.core import Answer
from compound.models.budget import Price


@dataclass(frozen=True)
class Cost:
    """Mean cost of k = 1 … N candidates on one question; every array has shape (N,).

    Attributes:
        calls: completions.
        tokens: prompt and completion tokens; NaN where a recording does not tell them.
        usd: dollars; NaN where the price is unknown, or the tokens are.
        seconds: expected elapsed time with all candidates at once: the mean slowest of k, as timed in the pool; NaN
            where a recording does not tell.
    """

    calls: np.ndarray
    tokens: np.ndarray
    usd: np.ndarray
    seconds: np.ndarray


def cost_of(answers: Sequence[Answer], batch: int, price: Price | None) -> Cost:
    """The cost of drawing k of these candidates.

    Args:
        answers: the N candidates of a pool; one whose call failed counts as if it had cost the mean.
        batch: completions that one call can give.
        price: dollars per token, None where unknown.
    """
    n = len(answers)
    k = np.arange(1, n + 1)
    drawn = [answer.samples for answer in answers if answer.samples]
    if not drawn:
        nothing = np.zeros(n)
        return Cost(nothing, nothing, nothing, nothing)
    requests = {s.draw.request for samples in drawn for s in samples if s.draw}
    shared = len(requests) == 1 and all(len(samples) == 1 for samples in drawn)
    prompt = float(np.mean([sum(s.tokens_in for s in samples) for samples in drawn]))
    reply = float(np.mean([sum(s.tokens_out for s in samples) for samples in drawn]))
    calls = float(np.mean([len(samples) for samples in drawn]))
    tokens_in = prompt * (np.ceil(k / batch) if shared else k)
    usd = np.full(n, np.nan) if price is None else tokens_in * price.prompt + k * reply * price.completion
    times = np.array([sum(s.seconds for s in samples) for samples in drawn])
    return Cost(k * calls, tokens_in + k * reply, usd, expected_maximum(times, n))


def expected_maximum(values: np.ndarray, n: int) -> np.ndarray:
    """E[max of k values drawn without replacement] for k = 1 … n, shape (n,); beyond the pool its maximum.

    The j-th smallest of m values is the largest of k with probability C(j-1, k-1) / C(m, k).
    """
    ordered = np.sort(values)
    m = len(ordered)
    expected = np.full(n, ordered[-1])
    rank = np.arange(1, m + 1)
    weight = np.full(m, 1.0 / m)
    for k in range(1, min(n, m) + 1):
        expected[k - 1] = weight @ ordered
        weight = weight * (rank - k) / (m - k) * (k + 1) / k if k < m else weight
    return expected
