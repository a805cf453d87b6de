"""What something cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add, or_


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls, tokens, dollars and seconds. Adds up in series (`+`) and in parallel (`|`).

    Attributes:
        calls: completions drawn; an embedding is none.
        tokens_in: prompt tokens. A prompt that was sent once for n completions counts 1/n in each.
        tokens_out: completion tokens, those of hidden reasoning included.
        tokens_reasoning: the hidden part of `tokens_out`, where the provider tells.
        usd: dollars; None where a price is unknown (unknown is not zero).
        seconds: elapsed time: in series it adds, in parallel the longest counts.
    """

    calls: int = 0
    tokens_in: float = 0.0
    tokens_out: int = 0
    tokens_reasoning: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0

    def _with(self, other: Usage, seconds: float) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.tokens_reasoning + other.tokens_reasoning,
            _sum(self.usd, other.usd),
            seconds,
        )

    def __add__(self, other: Usage) -> Usage:
        return self._with(other, self.seconds + other.seconds)

    def __or__(self, other: Usage) -> Usage:
        return self._with(other, max(self.seconds, other.seconds))

    @property
    def tokens(self) -> float:
        """Prompt and completion tokens together."""
        return self.tokens_in + self.tokens_out


def in_series(usages: Iterable[Usage]) -> Usage:
    """What was taken one after the other."""
    return reduce(add, usages, Usage())


def in_parallel(usages: Iterable[Usage]) -> Usage:
    """What was taken at once."""
    return reduce(or_, usages, Usage())
