"""Caps on dollars, tokens and time that are never exceeded: reserve before a call, settle after it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from compound.core import BudgetExhaustedError, ModelError, Sample, Usage


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per token."""

    prompt: float
    completion: float

    def of(self, tokens_in: float, tokens_out: int) -> float:
        """Dollars for so many tokens."""
        return tokens_in * self.prompt + tokens_out * self.completion


FREE = Price(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that a call may take: `usd` is None where the price is unknown."""

    usd: float | None
    tokens: int


class Budget:
    """What may be spent, and what was.

    Args:
        usd: dollars at most; a model whose price is unknown is refused then.
        tokens: prompt and completion tokens at most.
        seconds: how long new calls may start, from the first reservation on.

    `spent` is what the samples took. `lost` is the most that calls without a readable reply may have taken: it
    counts against the caps, since a provider may charge for them.
    """

    def __init__(self, usd: float | None = None, tokens: int | None = None, seconds: float | None = None) -> None:
        self.usd, self.tokens, self.seconds = usd, tokens, seconds
        self.spent = Usage()
        self.lost = Usage()
        self._held = Reservation(0.0, 0)
        self._deadline: float | None = None
        self._settled = asyncio.Event()

    @asynccontextmanager
    async def reserve(self, model: str, most: Reservation) -> AsyncIterator[None]:
        """Hold the most that a call may take while it runs; `settle` what it took inside the block.

        Raises:
            BudgetExhaustedError: it does not fit, and nothing in flight can make room.
            ModelError: there is a cap in dollars and the price of the model is unknown.
        """
        if self.usd is not None and most.usd is None:
            raise ModelError(
                f"the price of {model} is unknown, so a cap in dollars cannot be kept: drop the cap (budget.usd), "
                "or cap tokens instead (budget.tokens)"
            )
        if self.seconds is not None and self._deadline is None:
            self._deadline = time.monotonic() + self.seconds
        while (cap := self._exceeded_by(most)) is not None:
            if not self._held.tokens or cap.startswith("time"):
                raise BudgetExhaustedError(f"out of budget: {cap}")
            await self._settled.wait()
        self._hold(most, 1)
        try:
            yield
        finally:
            # Nothing is awaited here: a cancelled call must not keep its reservation.
            self._hold(most, -1)
            self._settled.set()
            self._settled = asyncio.Event()

    def settle(self, samples: list[Sample]) -> None:
        """Count what a call took."""
        for sample in samples:
            self.spent = self.spent | sample.usage

    def lose(self, most: Reservation) -> None:
        """Count a call whose reply never came whole, with all that was reserved for it."""
        self.lost = self.lost | Usage(0, most.tokens, 0, 0, most.usd)

    def _hold(self, most: Reservation, sign: int) -> None:
        held = (self._held.usd or 0.0) + sign * (most.usd or 0.0)
        self._held = Reservation(held, self._held.tokens + sign * most.tokens)

    def _exceeded_by(self, most: Reservation) -> str | None:
        gone = self.spent | self.lost
        spent_usd, held_usd = gone.usd or 0.0, self._held.usd or 0.0
        if self.usd is not None and spent_usd + held_usd + (most.usd or 0.0) > self.usd:
            return f"${spent_usd:.4f} of ${self.usd:g} spent, the next call may take ${most.usd or 0.0:.4f}"
        if self.tokens is not None and gone.tokens + self._held.tokens + most.tokens > self.tokens:
            return f"{gone.tokens:,.0f} of {self.tokens:,} tokens spent, the next call may take {most.tokens:,}"
        if self._deadline is not None and time.monotonic() > self._deadline:
            return f"time: {self.seconds:g} s are over"
        return None
