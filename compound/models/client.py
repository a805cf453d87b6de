"""One model's queue: the only place where draws are batched, looked up, bought, retried and filed.

`ask` puts a draw on the queue before anything is awaited. A flush, scheduled for when every strategy that is
ready has asked, does one read of the store; joins draws that are in flight already; and sends what is missing
as blocks of `n=k` calls. Each block is committed whole before anybody gets a sample of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from compound.core import (
    Chat,
    Draw,
    Drawn,
    Failed,
    ModelError,
    ModelFailure,
    Notice,
    Observer,
    Prompt,
    Question,
    Sample,
)
from compound.models.backend import Backend, Call
from compound.models.blocks import blocks, mixed
from compound.models.budget import Budget, Price, Reservation
from compound.models.futures import follow, refuse, settle
from compound.models.limits import Limiter
from compound.store import SampleStore

ATTEMPTS = 6
LONGEST_WAIT = 60.0
TEMPLATE = 64  # tokens that a chat template adds of its own, a default system message above all
# The server may have done the work, and charge for it.
_MAYBE_CHARGED = frozenset({"timeout", "connection lost", "bad reply"})


class _Owed(NamedTuple):
    """A draw to be bought: what it is, whom to tell, and the future that everyone who asks for it follows."""

    draw: Draw
    question: Question
    observer: Observer
    future: asyncio.Future[Sample]


class Client:
    """Buys and files the samples of one model.

    Args:
        backend: how the model is reached.
        store: where samples are looked up and filed.
        budget: what may be spent.
        observer: told of workarounds.
        timeout: seconds for one call.
    """

    def __init__(
        self, backend: Backend, store: SampleStore, budget: Budget, observer: Observer, timeout: float
    ) -> None:
        self.backend, self.store, self.budget = backend, store, budget
        self.observer, self.timeout = observer, timeout
        self.limiter = Limiter(backend.traits.start, backend.traits.highest)
        self._queue: list[_Owed] = []
        self._in_flight: dict[Draw, asyncio.Future[Sample]] = {}
        self._opening: asyncio.Task[None] | None = None
        self._single = False
        self._answered = False
        self._price: Price | None = None
        self._buying: set[asyncio.Task[None]] = set()
        self._sending: set[asyncio.Task[Any] | None] = set()
        self._closing = False

    @property
    def batch(self) -> int:
        """Completions in one call at most: what the backend says, until it turns out to ignore n."""
        return 1 if self._single else self.backend.traits.batch

    def ask(self, draw: Draw, question: Question, observer: Observer) -> asyncio.Future[Sample]:
        """The sample of a draw, from the store or bought now."""
        loop = asyncio.get_running_loop()
        if not self._queue:
            loop.call_soon(self._flush)
        asked = _Owed(draw, question, observer, loop.create_future())
        self._queue.append(asked)
        return asked.future

    def _flush(self) -> None:
        queue, self._queue = self._queue, []
        owed: dict[Draw, _Owed] = {}
        found: Counter[Observer] = Counter()
        wanted = [asked.draw for asked in queue if asked.draw not in self._in_flight]
        try:
            stored = self.store.read(wanted) if self.backend.traits.filed else {}
        except Exception as error:
            _refuse_all(queue, error)
            return
        for asked in queue:
            draw = asked.draw
            if (sample := stored.get(draw)) is not None:
                found[asked.observer] += 1
                settle(asked.future, sample)
                continue
            if draw not in self._in_flight:
                # A future of its own: the purchase goes on when whoever asked first is cancelled.
                flight = self._in_flight[draw] = asyncio.get_running_loop().create_future()
                owed[draw] = asked._replace(future=flight)
            follow(self._in_flight[draw], asked.future)
        for observer, count in found.items():
            observer.notify(Drawn(count, bought=False))
        cut = mixed if self.backend.traits.mixed else blocks
        for block in cut(owed, self.batch):
            self._spawn([owed[draw] for draw in block])

    def _spawn(self, block: list[_Owed]) -> None:
        task = asyncio.get_running_loop().create_task(self._buy(block))
        self._buying.add(task)
        task.add_done_callback(self._buying.discard)
        task.add_done_callback(self._sending.discard)

    async def _buy(self, block: list[_Owed]) -> None:
        """Buy a block, file it whole, hand it out; a failure is recorded and handed out as well."""
        try:
            if self._closing:
                raise asyncio.CancelledError
            await self.opened()
            if len(block) > self.batch:  # less than was thought when the block was cut
                for owed in block:
                    self._spawn([owed])
                return
            samples = await self._bought(block)
            served = block[: len(samples)]
            filed = self._filed([owed.draw for owed in served], samples)
        except BaseException as error:
            if self._divisible(block, error):
                for half in (block[: len(block) // 2], block[len(block) // 2 :]):
                    self._spawn(half)
                return
            self._forget(block)
            try:
                if isinstance(error, ModelFailure):
                    self._record(block, error)
            finally:
                _refuse_all(block, error)
            if not isinstance(error, Exception):
                raise
            return
        self._forget(served)
        bought = self.backend.traits.filed  # a recording is replayed
        block[0].observer.notify(Drawn(len(filed), bought=bought, usd=_dollars(filed)))
        for owed, sample in zip(served, filed, strict=True):
            settle(owed.future, sample)
        for owed in block[len(samples) :]:
            self._spawn([owed])

    def _divisible(self, block: list[_Owed], error: BaseException) -> bool:
        """Whether halves of a refused call may pass: one of many prompts may be the reason, or their number."""
        refused = isinstance(error, ModelFailure) and error.reason == "bad request"
        return refused and len(block) > 1 and self.backend.traits.mixed

    async def _bought(self, block: list[_Owed]) -> list[Sample]:
        """The samples of a block after as many attempts as it takes, or as are allowed.

        One alone is tried after a refused call for several. If it succeeds, n was the reason.
        """
        head = block[0]
        call = Call(head.draw.request, tuple(o.draw for o in block), head.question, self.timeout)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.limiter.permit(), self.budget.reserve(self.backend.model, self._most(call)):
                    samples = await self._attempt(call)
            except ModelFailure as failure:
                failure.attempts = attempt
                self._sending.discard(asyncio.current_task())
                refused_n = failure.reason == "bad request" and call.n > 1 and not self.backend.traits.mixed
                if not refused_n:
                    self._troubled(failure, attempt)
                if attempt == ATTEMPTS or self._closing or not (failure.retryable or refused_n):
                    raise
                if refused_n:
                    call = replace(call, draws=call.draws[:1])
                    continue
                backoff = min(LONGEST_WAIT, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)
                await asyncio.sleep(max(backoff, min(failure.retry_after or 0.0, LONGEST_WAIT)))
            else:
                if len(samples) < len(block):
                    self._unbatch(len(samples), len(block))
                return samples
        raise AssertionError("the last attempt returns or raises")

    def _troubled(self, failure: ModelFailure, attempt: int) -> None:
        """Slow down as the failure asks for; give up on a model that cannot be reached at all."""
        if failure.reason == "rate limit":
            self.limiter.limited(min(failure.retry_after or 0.0, LONGEST_WAIT))
        else:
            self.limiter.troubled()
        if failure.reason == "no connection" and not self._answered and attempt >= 2:
            raise ModelError(
                f"cannot reach {self.backend.model}{_at(self.backend.endpoint)}: {failure.detail}; "
                "check that the server runs, its address (--base-url) and the network"
            ) from failure

    def _unbatch(self, got: int, asked: int) -> None:
        if self._single:
            return
        self._single = True
        self.observer.notify(
            Notice(
                f"{self.backend.model} gave {got} of {asked} completions asked for at once: from now on one call "
                "a completion, and each pays for the prompt"
            )
        )

    async def _attempt(self, call: Call) -> list[Sample]:
        self.store.check()
        began = time.monotonic()
        try:
            samples = (await self._sent(call))[: call.n]
        except ModelFailure as failure:
            if failure.reason in _MAYBE_CHARGED:
                self.budget.lose(self._most(call))
            raise
        elapsed = time.monotonic() - began
        self.limiter.succeeded()
        self._answered = True
        batch, now = len(samples) if len(call.prompts) == 1 else 1, time.time()
        out = call.n * _most_out(call) // len(samples)
        name = hashlib.sha256(repr([d.key for d in call.draws]).encode()).hexdigest()[:12]
        priced = [
            replace(
                sample,
                usd=self._price.of(sample.tokens_in / batch, sample.tokens_out) if self._price else None,
                seconds=sample.seconds or elapsed,
                batch=batch,
                call=name,
                bought_at=now,
            )
            for sample in (_estimate(s, d, out) for s, d in zip(samples, call.draws, strict=False))
        ]
        if self.backend.traits.filed:
            self.budget.settle(priced)
        return priced

    async def _sent(self, call: Call) -> list[Sample]:
        """What the backend says to a call, in time. Closing waits for calls that were sent."""
        self._sending.add(asyncio.current_task())  # until it failed or all is filed
        try:
            async with asyncio.timeout(call.timeout):
                samples = await self.backend.complete(call)
        except TimeoutError:
            raise ModelFailure("timeout", f"no answer in {call.timeout:g} s") from None
        if not samples:
            raise ModelFailure("bad reply", "the reply has no completions")
        return samples

    def _most(self, call: Call) -> Reservation:
        """The most that a call can take."""
        size, out = sum(map(_size, call.prompts)), call.n * _most_out(call)
        return Reservation(self._price.of(size, out) if self._price else None, size + out)

    async def opened(self) -> None:
        """Open the backend, once; whatever it raises is raised again every time."""
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self.backend.open())
        await asyncio.shield(self._opening)
        self._price = self.backend.price()

    def _filed(self, draws: list[Draw], samples: list[Sample]) -> list[Sample]:
        if self.backend.traits.filed:
            return self.store.write(list(zip(draws, samples, strict=True)))
        return [sample.filed(draw) for draw, sample in zip(draws, samples, strict=True)]

    def _record(self, block: list[_Owed], failure: ModelFailure) -> None:
        reason = f"{failure} (attempts: {failure.attempts})"
        self.store.fail([owed.draw for owed in block], reason, time.time())
        block[0].observer.notify(Failed(len(block), reason))

    def _forget(self, block: Iterable[_Owed]) -> None:
        for owed in block:
            self._in_flight.pop(owed.draw, None)

    async def close(self) -> None:
        """Wait for the calls that were sent, give up those that were not, then stop the backend."""
        self._closing = True
        for task in self._buying - self._sending:
            task.cancel()
        while self._buying:
            await asyncio.wait(self._buying)
        for flight in self._in_flight.values():  # of a task that was given up before its first step
            flight.cancel()
        if self._opening:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        await self.backend.close()


def _refuse_all(block: Iterable[_Owed], error: BaseException) -> None:
    for owed in block:
        refuse(owed.future, error)


def _size(prompt: Prompt) -> int:
    """Prompt tokens at most: a text has no more of them than bytes."""
    return prompt.size + (TEMPLATE if isinstance(prompt, Chat) else 0)


def _most_out(call: Call) -> int:
    """Completion tokens at most of one draw; an embedding has none."""
    return int(call.parameters.get("max_tokens", 0))


def _estimate(sample: Sample, draw: Draw, out: int) -> Sample:
    """The sample, charged with all that was reserved for it if the reply told no usage."""
    if not sample.estimated:
        return sample
    return replace(sample, tokens_in=_size(draw.request.prompt), tokens_out=out)


def _dollars(samples: list[Sample]) -> float | None:
    known = [s.usd for s in samples if s.usd is not None]
    return sum(known) if len(known) == len(samples) else None


def _at(endpoint: str) -> str:
    return f" at {endpoint}" if endpoint.startswith("http") else ""
