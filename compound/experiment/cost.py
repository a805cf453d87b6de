"""The second ledger: what k candidates would cost in a stated deployment, never summed from how a pool was bought.

Deployment `batched`: a request that all candidates ask goes out as calls of up to `batch` completions, each paying
for the prompt once; every other request (a judge's, a debate's) pays for its own. A strategy that looks at its
candidates before it goes on draws them in waves, and pays for the prompt in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compound.core import Answer, Sample, Step
from compound.experiment.pools import Pool
from compound.models.budget import Price

PARTS = ("calls", "tokens", "usd", "seconds")


@dataclass(frozen=True)
class Cost:
    """Mean cost of k candidates on one question; every array has one entry a k (`stacked`: a row a question).

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

    def at(self, ks: Sequence[int]) -> Cost:
        """The cost at some k of 1 … N."""
        place = np.array(ks) - 1
        return Cost(self.calls[place], self.tokens[place], self.usd[place], self.seconds[place])

    @classmethod
    def stacked(cls, costs: Sequence[Cost]) -> Cost:
        """Those of several questions, a row each."""
        return cls(*(np.stack([getattr(cost, part) for cost in costs]) for part in PARTS))

    def __add__(self, other: Cost) -> Cost:
        """One after the other."""
        return Cost(
            self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd, self.seconds + other.seconds
        )


@dataclass(frozen=True)
class Prices:
    """Dollars per token of each model that was asked; None where unknown.

    Attributes:
        by_model: by model id.
        otherwise: of every other sample.
    """

    by_model: Mapping[str, Price | None]
    otherwise: Price | None = None

    def of(self, model: str | None) -> Price | None:
        """The price of a model."""
        return self.otherwise if model is None else self.by_model.get(model, self.otherwise)


def picking_cost(pool: Pool, prices: Prices) -> Cost:
    """What a paid selector's own calls take at each k that was bought, mean over replicates; nothing if free."""
    rows = [[_picking(answer, k, prices) for answer in row] for k, row in pool.picked.items()]
    table = np.array([np.mean(row, axis=0) for row in rows]) if rows else np.zeros((1, 4))
    return Cost(*table.T)


def _picking(answer: Answer, candidates: int, prices: Prices) -> tuple[float, float, float, float]:
    own = Step(answer.step.name, samples=answer.step.samples, children=answer.step.children[candidates:])
    samples = [sample for node in own.walk() for sample in node.samples]
    tokens = sum(s.tokens_in + s.tokens_out for s in samples)
    usd = sum(_dollars(prices.of(_model(s)), s.tokens_in, s.tokens_out) for s in samples)
    return sum(s.usage.calls for s in samples), tokens, float(usd), sum(s.seconds for s in samples)


def _model(sample: Sample) -> str | None:
    return sample.draw.request.model if sample.draw else None


def _dollars(price: Price | None, tokens_in: Any, tokens_out: Any) -> Any:
    """Dollars of some tokens, numbers or arrays; NaN where the price is unknown."""
    return np.nan * tokens_in if price is None else tokens_in * price.prompt + tokens_out * price.completion


def cost_of(
    answers: Sequence[Answer],
    batch: int,
    prices: Prices,
    *,
    draws: np.ndarray | None = None,
    wave: int | None = None,
) -> Cost:
    """The cost of drawing k of these candidates, k = 1 … N.

    Args:
        answers: the N candidates of a pool; one whose call failed counts as if it had cost the mean.
        batch: completions that one call can give.
        prices: dollars per token of the models that they asked.
        draws: expected candidates drawn where that may be fewer than k, shape (N,).
        wave: candidates drawn at once before the strategy looks at them; None: all of them.
    """
    n = len(answers)
    drawn = [answer.samples for answer in answers if answer.samples]
    if not drawn:
        nothing = np.zeros(n)
        return Cost(nothing, nothing, nothing, nothing)
    expected = np.arange(1, n + 1).astype(float) if draws is None else draws
    chance, size = _waves(expected, n if wave is None else min(wave, n))
    calls = float(np.mean([sum(s.usage.calls for s in samples) for samples in drawn]))
    together = chance @ np.ceil(size / batch)
    tokens, usd = np.zeros(n), np.zeros(n)
    for model in sorted({_model(s) for samples in drawn for s in samples}, key=str):
        own = [[s for s in samples if _model(s) == model] for samples in drawn]
        reply = expected * float(np.mean([sum(s.tokens_out for s in samples) for samples in own]))
        prompt = _prompts(own, expected, together)
        tokens = tokens + prompt + reply
        usd = usd + _dollars(prices.of(model), prompt, reply)
    slowest = expected_maximum(np.array([sum(s.seconds for s in samples) for samples in drawn]), n)
    seconds = chance @ np.append(0.0, slowest)[size]
    return Cost(expected * calls, tokens, usd, seconds)


def _waves(expected: np.ndarray, wave: int) -> tuple[np.ndarray, np.ndarray]:
    """The waves that candidates are drawn in: the chance that each is drawn at all, shape (W,); its size, (W, N).

    A wave that starts after m draws adds its size to the expected draws as often as it is drawn.
    """
    n = len(expected)
    start = np.arange(0, n, wave)
    stop = np.minimum(start + wave, n)
    reached = np.append(0.0, expected)
    chance = (reached[stop] - reached[start]) / (stop - start)
    return chance, np.clip(np.arange(1, n + 1) - start[:, None], 0, (stop - start)[:, None])


def _prompts(drawn: Sequence[Sequence[Sample]], expected: np.ndarray, together: np.ndarray) -> np.ndarray:
    """Expected prompt tokens, shape (N,). A text is embedded once for all candidates.

    Args:
        drawn: the samples of each candidate.
        expected: candidates drawn, shape (N,).
        together: calls for one request that all candidates ask, shape (N,).
    """
    asked: dict[object, list[int]] = {}
    embedded: dict[object, list[int]] = {}
    for place, samples in enumerate(drawn):
        for number, sample in enumerate(samples):
            kind = asked if sample.vector is None else embedded
            kind.setdefault(sample.draw.request if sample.draw else (place, number), []).append(sample.tokens_in)
    total = np.zeros(len(expected))
    for sizes in asked.values():
        share = len(sizes) / len(drawn)  # how often a candidate asks it
        total += np.mean(sizes) * share * (together if share >= 1 and len(drawn) > 1 else expected)
    for sizes in embedded.values():
        total += np.mean(sizes) * np.minimum(1.0, len(sizes) / len(drawn) * expected)
    return total


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
