"""One call after another: within the limits and the budget, in time, tried again after a failure."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from compound.core import Draw, ModelError, ModelFailure, Notice, Observer, Question, Sample
from compound.models.backend import Backend, Call
from compound.models.budget import NOTHING, QUESTION, Budget, Price, Reservation
from compound.models.charges import charged, most, question_of
from compound.models.halting import HaltedError
from compound.models.limits import Limiter
from compound.models.rates import Rates, Taken
from compound.models.settings import ModelSettings

ATTEMPTS = 6
LONGEST_WAIT = 60.0
# The server may have done the work, and charge for it.
_MAYBE_CHARGED = frozenset({"timeout", "connection lost", "bad reply"})


class Bought(NamedTuple):
    """What a block of draws came to.

    Attributes:
        samples: of the first of the draws.
        asked: how many the call that gave them had asked for.
    """

    samples: list[Sample]
    asked: int


class Sender:
    """Sends the calls of one model.

    Args:
        backend: how the model is reached; it is open.
        budget: what may be spent.
        observer: told of workarounds.
        timeout: seconds for one call.
        settings: what the config says of the model.
        check: asked before every attempt; raises if its samples could not be kept.

    Attributes:
        price: dollars per token; None: unknown.
        sent: the tasks whose calls were sent, until they failed or whoever made the task takes it out.
        closing: nothing is tried again.
        halted: no call is opened any more.
    """

    def __init__(
        self,
        backend: Backend,
        budget: Budget,
        observer: Observer,
        timeout: float,
        settings: ModelSettings,
        check: Callable[[], None],
    ) -> None:
        self.backend, self.budget, self.observer, self._check = backend, budget, observer, check
        self.timeout = settings.timeout or timeout
        highest = settings.max_in_flight or backend.traits.highest
        self.limiter = Limiter(min(backend.traits.start, highest), highest)
        self.rates = Rates(settings.rpm, settings.tpm)
        self.price: Price | None = None
        self.sent: set[asyncio.Task[Any] | None] = set()
        self.closing = self.halted = False
        self._single = False
        self._answered = False

    @property
    def batch(self) -> int:
        """Completions in one call at most: what the backend says, until it turns out to ignore n."""
        return 1 if self._single else self.backend.traits.batch

    async def samples(self, draws: tuple[Draw, ...], question: Question) -> Bought:
        """The samples of a block of draws after as many attempts as it takes, or as are allowed.

        One alone is tried after a refused call for several. If it succeeds, n was the reason; so there may be
        fewer samples than draws.

        Raises:
            BudgetExhaustedError: the next call may cost more than is left.
            HaltedError: no call may be opened any more.
            ModelFailure: it failed too often, or trying again cannot help.
            ModelError: the user must do something.
        """
        call = Call(draws[0].request, draws, question, self.timeout)
        for attempt in range(1, ATTEMPTS + 1):
            reserved = self._most(call)
            try:
                async with (
                    self.limiter.permit(),
                    self.rates.room(reserved.tokens, self.limiter.pause) as taken,
                    self.budget.reserve(self.backend.model, reserved),
                ):
                    await self.limiter.pause()  # a 429 may have come while this one waited
                    samples = await self._attempt(call, taken)
            except ModelFailure as failure:
                failure.attempts = attempt
                self.sent.discard(asyncio.current_task())
                refused_n = failure.reason == "bad request" and call.n > 1 and not self.backend.traits.mixed
                if not refused_n:
                    self._troubled(failure, attempt)
                if attempt == ATTEMPTS or self.closing or not (failure.retryable or refused_n):
                    raise
                if self.halted:
                    raise HaltedError from failure
                if refused_n:
                    call = replace(call, draws=call.draws[:1])
                    continue
                backoff = min(LONGEST_WAIT, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)
                await asyncio.sleep(max(backoff, min(failure.retry_after or 0.0, LONGEST_WAIT)))
            else:
                return Bought(samples, call.n)
        raise AssertionError("the last attempt returns or raises")

    def _troubled(self, failure: ModelFailure, attempt: int) -> None:
        """Slow down as the failure asks for; give up on a model that cannot be reached at all."""
        if failure.reason == "rate limit":
            self.limiter.limited(min(failure.retry_after or 0.0, LONGEST_WAIT))
        elif failure.reason != QUESTION:
            self.limiter.troubled()
        if failure.reason == "no connection" and not self._answered and attempt >= 2:
            raise ModelError(
                f"cannot reach {self.backend.model}{_at(self.backend.endpoint)}: {failure.detail}; "
                "check that the server runs, its address (--base-url) and the network"
            ) from failure

    def unbatch(self, got: int, asked: int) -> None:
        """Ask for one completion a call from now on, and say so."""
        if self._single:
            return
        self._single = True
        self.observer.notify(
            Notice(
                f"{self.backend.model} gave {got} of {asked} completions asked for at once: from now on one call "
                "a completion, and each pays for the prompt"
            )
        )

    async def _attempt(self, call: Call, taken: Taken) -> list[Sample]:
        self._check()
        began, taken.sent = time.monotonic(), True
        try:
            reply = await self._reply(replace(call, heard=partial(self.rates.told, taken)))
        except ModelFailure as failure:
            if failure.reason in _MAYBE_CHARGED:
                self.budget.lose(self._most(call))
            raise
        self.limiter.succeeded()
        self._answered = True
        samples = charged(call, reply, self.price, time.monotonic() - began)
        taken.used = sum(sample.usage.tokens for sample in samples)
        if self.backend.traits.filed:
            self.budget.settle(samples, question_of(call))
        return samples

    async def _reply(self, call: Call) -> list[Sample]:
        """What the backend says to a call, in time."""
        self.sent.add(asyncio.current_task())
        try:
            async with asyncio.timeout(call.timeout):
                samples = await self.backend.complete(call)
        except TimeoutError:
            raise ModelFailure("timeout", f"no answer in {call.timeout:g} s") from None
        if not samples:
            raise ModelFailure("bad reply", "the reply has no completions")
        return samples

    def _most(self, call: Call) -> Reservation:
        """The most that a call can take; what is replayed takes nothing."""
        return most(call, self.price) if self.backend.traits.filed else NOTHING


def _at(endpoint: str) -> str:
    return f" at {endpoint}" if endpoint.startswith("http") else ""
