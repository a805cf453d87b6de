"""Caps that are never exceeded: reserve the most that a call can take before it, settle what it took after it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from compound.core import BudgetExhaustedError, CompoundError, ModelError, ModelFailure, Sample, Usage

QUESTION = "question budget"
"""The reason of a failure where the question may take no more."""


class TooLargeError(BudgetExhaustedError):
    """A request that does not fit into the caps though nothing be spent: parts of it may."""


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
    """The most that a call may take.

    Attributes:
        usd: dollars; None where the price is unknown.
        tokens: prompt and completion tokens.
        calls: completions.
        question: the id of the question that it is made for; empty if it is made for the run.
    """

    usd: float | None
    tokens: int
    calls: int = 0
    question: str = ""


NOTHING = Reservation(0.0, 0)


@dataclass(frozen=True, slots=True)
class Caps:
    """What may be spent at most; None: no cap.

    Attributes:
        usd: dollars; a model whose price is unknown is refused then.
        tokens: prompt and completion tokens.
        calls: completions, however many of them share a request. A request is sent whole, so up to one of them
            less is bought than the cap allows. An embedding is none.
        seconds: how long new calls may start, from the first reservation on.
    """

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None


class Budget:
    """What a run may spend, and what it did.

    Args:
        usd: dollars at most.
        tokens: prompt and completion tokens at most.
        seconds: how long new calls may start, from the first reservation on.
        calls: completions at most.
        question: what may be spent on each question besides, until `renew`. Beyond it the calls of that question
            fail, and all others go on.

    Attributes:
        only: where it is not None, ids of the questions that anything may be bought for.

    `spent` is what the samples took. `lost` is the most that calls without a readable reply may have taken: it
    counts against the caps, since a provider may charge for them.
    """

    def __init__(
        self,
        usd: float | None = None,
        tokens: int | None = None,
        seconds: float | None = None,
        *,
        calls: int | None = None,
        question: Caps | None = None,
    ) -> None:
        self._run = _Ledger(Caps(usd, tokens, calls, seconds), _run_is_out)
        self._each = question
        self._questions: dict[str, _Ledger] = {}
        self.only: Collection[str] | None = None

    @property
    def spent(self) -> Usage:
        """What the samples of the run took."""
        return self._run.spent

    @property
    def lost(self) -> Usage:
        """The most that calls without a readable reply may have taken."""
        return self._run.lost

    def renew(self) -> None:
        """Let every question take as much again: another strategy begins."""
        self._questions.clear()

    @asynccontextmanager
    async def reserve(self, model: str, most: Reservation) -> AsyncIterator[None]:
        """Hold the most that a call may take while it runs; `settle` what it took inside the block.

        Raises:
            BudgetExhaustedError: it does not fit, and nothing in flight can make room; a `TooLargeError` if it
                would not have fitted at the start either.
            ModelFailure: the same of what one question may take; its reason is `QUESTION`.
            ModelError: there is a cap in dollars and the price of the model is unknown.
        """
        if most == NOTHING:  # a recording is replayed
            yield
            return
        if self.only is not None and most.question and most.question not in self.only:
            raise BudgetExhaustedError("only what had failed was tried again: run without --retry-failed to go on")
        ledgers = self._ledgers(most.question)
        if most.usd is None and any(ledger.caps.usd is not None for ledger in ledgers):
            raise ModelError(
                f"the price of {model} is unknown, so a cap in dollars cannot be kept: set it (models: {{{model}: "
                "{usd_per_million_in: …, usd_per_million_out: …}}), or cap tokens instead (budget.tokens)"
            )
        async with AsyncExitStack() as stack:
            for ledger in ledgers:
                await stack.enter_async_context(ledger.hold(most))
            yield

    def settle(self, samples: Sequence[Sample], question: str = "") -> None:
        """Count what a call for a question took."""
        for ledger in self._ledgers(question):
            for sample in samples:
                ledger.spent = ledger.spent | sample.usage

    def lose(self, most: Reservation) -> None:
        """Count a call whose reply never came whole, with all that was reserved for it."""
        for ledger in self._ledgers(most.question):
            ledger.lost = ledger.lost | Usage(most.calls, most.tokens, 0, 0, most.usd)

    def _ledgers(self, question: str) -> list[_Ledger]:
        """That of the question, where it has one, and that of the run; everybody waits for them in this order."""
        if self._each is None or not question:
            return [self._run]
        return [self._questions.setdefault(question, _Ledger(self._each, _question_is_out)), self._run]


class _Ledger:
    """What may be spent, was spent, and is held for calls in progress."""

    def __init__(self, caps: Caps, out: Callable[[str, bool], CompoundError]) -> None:
        self.caps, self._out = caps, out
        self.spent = Usage()
        self.lost = Usage()
        self._busy = 0
        self._held = NOTHING
        self._deadline: float | None = None
        self._settled = asyncio.Event()

    @asynccontextmanager
    async def hold(self, most: Reservation) -> AsyncIterator[None]:
        """Hold it for the length of the block; wait for room where what is in progress may leave some."""
        if self.caps.seconds is not None and self._deadline is None:
            self._deadline = time.monotonic() + self.caps.seconds
        self._check_time()
        while (cap := self._exceeded_by(most)) is not None:
            if not self._busy:
                raise self._out(cap, self._too_large(most))
            await self._settled.wait()
            self._check_time()
        self._add(most, 1)
        try:
            yield
        finally:
            # Nothing is awaited here: a cancelled call must not keep its reservation.
            self._add(most, -1)
            self._settled.set()
            self._settled = asyncio.Event()

    def _add(self, most: Reservation, sign: int) -> None:
        self._busy += sign
        held = self._held
        usd = (held.usd or 0.0) + sign * (most.usd or 0.0)
        more = Reservation(usd, held.tokens + sign * most.tokens, held.calls + sign * most.calls)
        self._held = more if self._busy else NOTHING  # dollars leave a rounding error

    def _too_large(self, most: Reservation) -> bool:
        pairs = ((most.usd, self.caps.usd), (most.tokens, self.caps.tokens), (most.calls, self.caps.calls))
        return any(cap is not None and (size or 0) > cap for size, cap in pairs)

    def _check_time(self) -> None:
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise self._out(f"time: {self.caps.seconds:g} s are over", False)

    def _exceeded_by(self, most: Reservation) -> str | None:
        """The cap that would be exceeded, were this the next call."""
        caps, gone, held = self.caps, self.spent | self.lost, self._held
        usd, next_usd = gone.usd or 0.0, most.usd or 0.0
        if caps.usd is not None and usd + (held.usd or 0.0) + next_usd > caps.usd:
            return f"${usd:.4f} of ${caps.usd:g} spent, the next call may take ${next_usd:.4f}"
        if caps.tokens is not None and gone.tokens + held.tokens + most.tokens > caps.tokens:
            return f"{gone.tokens:,.0f} of {caps.tokens:,} tokens spent, the next call may take {most.tokens:,}"
        if caps.calls is not None and gone.calls + held.calls + most.calls > caps.calls:
            return f"{gone.calls:,} of {caps.calls:,} calls made, the next request is for {most.calls:,}"
        return None


def _run_is_out(cap: str, too_large: bool) -> BudgetExhaustedError:
    error = TooLargeError if too_large else BudgetExhaustedError
    return error(f"out of budget: {cap}: run again to go on with as much again, or raise `budget`")


def _question_is_out(cap: str, too_large: bool) -> ModelFailure:
    return ModelFailure(QUESTION, cap, retryable=False)
