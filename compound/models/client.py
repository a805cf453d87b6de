"""One model's queue: the only place where draws are batched, looked up, bought, retried and filed.

`ask` puts a draw on the queue before anything is awaited. A flush, scheduled for when every strategy that is
ready has asked, does one read of the store; joins draws that are in flight already; and sends what is missing
as blocks of `n=k` calls. Each block is committed whole before anybody gets a sample of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from compound.core import Draw, Drawn, Failed, ModelFailure, Notice, Observer, Question, Sample
from compound.models.backend import Backend
from compound.models.blocks import blocks, mixed
from compound.models.budget import QUESTION, Budget, TooLargeError
from compound.models.capabilities import Capabilities
from compound.models.charges import dollars
from compound.models.futures import follow, refuse, settle
from compound.models.halting import HALT, HaltedError
from compound.models.limits import Limiter
from compound.models.rates import Rates
from compound.models.sending import Sender
from compound.models.settings import UNSET, ModelSettings
from compound.store import SampleStore


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
        settings: what the config says of the model.
    """

    def __init__(
        self,
        backend: Backend,
        store: SampleStore,
        budget: Budget,
        observer: Observer,
        timeout: float,
        settings: ModelSettings = UNSET,
    ) -> None:
        self.backend, self.store, self.settings = backend, store, settings
        self._sender = Sender(backend, budget, observer, timeout, settings, check=store.check)
        self._queue: list[_Owed] = []
        self._in_flight: dict[Draw, asyncio.Future[Sample]] = {}
        self._opening: asyncio.Task[None] | None = None
        self._buying: set[asyncio.Task[None]] = set()
        self._halt = HALT.get()
        self._probed: Capabilities | None = None
        self._told_single: Callable[[], None] = lambda: None

    @property
    def batch(self) -> int:
        """Completions in one call at most: what the backend says, until it turns out to ignore n."""
        return self._sender.batch

    @property
    def limiter(self) -> Limiter:
        """How many calls may be in flight, and what became of that."""
        return self._sender.limiter

    @property
    def rates(self) -> Rates:
        """Requests and tokens a minute, and how long calls were held back for them."""
        return self._sender.rates

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
        found: Counter[int] = Counter()  # by identity: whoever watches need not be hashable
        watching = {id(asked.observer): asked.observer for asked in queue}
        wanted = [asked.draw for asked in queue if asked.draw not in self._in_flight]
        try:
            stored = self.store.read(wanted) if self.backend.traits.filed else {}
        except Exception as error:
            _refuse_all(queue, error)
            return
        for asked in queue:
            draw = asked.draw
            if (sample := stored.get(draw)) is not None:
                found[id(asked.observer)] += 1
                settle(asked.future, sample)
                continue
            if draw not in self._in_flight:
                # A future of its own: the purchase goes on when whoever asked first is cancelled.
                flight = self._in_flight[draw] = asyncio.get_running_loop().create_future()
                owed[draw] = asked._replace(future=flight)
            follow(self._in_flight[draw], asked.future)
        for who, count in found.items():
            watching[who].notify(Drawn(count, bought=False))
        cut = mixed if self.backend.traits.mixed else blocks
        for block in cut(owed, self.batch):
            self._spawn([owed[draw] for draw in block])

    def _spawn(self, block: list[_Owed]) -> None:
        task = asyncio.get_running_loop().create_task(self._buy(block))
        self._buying.add(task)
        task.add_done_callback(self._buying.discard)
        task.add_done_callback(self._sender.sent.discard)

    async def _buy(self, block: list[_Owed]) -> None:
        """Buy a block, file it whole, hand it out; a failure is recorded and handed out as well."""
        try:
            if self._sender.closing:
                raise asyncio.CancelledError
            if self._sender.halted:
                raise HaltedError
            await self.opened()
            if self._probed:
                self._probed.check(dict(block[0].draw.request.parameters))
            if len(block) > self.batch:  # less than was thought when the block was cut
                for owed in block:
                    self._spawn([owed])
                return
            samples, asked = await self._sender.samples(tuple(owed.draw for owed in block), block[0].question)
            served = block[: len(samples)]
            filed = self._filed([owed.draw for owed in served], samples)
        except BaseException as reason:
            # Whoever halts cancels what was not sent.
            error = HaltedError() if self._sender.halted and isinstance(reason, asyncio.CancelledError) else reason
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
        block[0].observer.notify(Drawn(len(filed), bought=bought, usd=dollars(filed)))
        for owed, sample in zip(served, filed, strict=True):
            settle(owed.future, sample)
        if len(samples) < len(block):
            self._sender.unbatch(len(samples), len(block))
            if asked > len(samples) == 1:  # n was taken and ignored; one refusal of it may have other reasons
                self._told_single()
        for owed in block[len(samples) :]:
            self._spawn([owed])

    def _divisible(self, block: list[_Owed], error: BaseException) -> bool:
        """Whether halves of a refused call may pass: one of many prompts may be the reason, or their number.

        So may they where all together are more than the question may still take, or the whole run.
        """
        if isinstance(error, TooLargeError):
            return len(block) > 1
        reason = error.reason if isinstance(error, ModelFailure) else ""
        refused = reason == "bad request" and self.backend.traits.mixed
        return (refused or reason == QUESTION) and len(block) > 1

    async def opened(self) -> None:
        """Open the backend, once; whatever it raises is raised again every time."""
        if self._opening is None:
            if self._halt:
                self._halt.follow(self.halt)
            self._opening = asyncio.get_running_loop().create_task(self._open())
        await asyncio.shield(self._opening)
        stated = self.settings.price if self.backend.traits.filed else None  # what is replayed stays free
        self._sender.price = stated or self.backend.price()

    def learn(self, probed: Capabilities) -> None:
        """Let what was probed of the model stand in the place of what is assumed of it."""
        self._probed, before = probed, self.backend.traits
        amended = probed.amended(before)
        # A backend that knows its abilities only once it is open is asked first.
        self.backend.traits = amended if before.abilities else replace(amended, abilities=before.abilities)

    def on_single(self, told: Callable[[], None]) -> None:
        """Have somebody told, once, when the model turns out to give one completion a call."""
        self._told_single = told

    async def _open(self) -> None:
        await self.backend.open()
        if self._probed:
            self.backend.traits = self._probed.amended(self.backend.traits)
            if self._probed.can("n") is False:
                self._sender.observer.notify(Notice(self._probed.one_by_one))

    def _filed(self, draws: list[Draw], samples: list[Sample]) -> list[Sample]:
        if self.backend.traits.filed:
            return self.store.write(list(zip(draws, samples, strict=True)))
        return [sample.filed(draw) for draw, sample in zip(draws, samples, strict=True)]

    def _record(self, block: list[_Owed], failure: ModelFailure) -> None:
        reason = f"{failure} (attempts: {failure.attempts})"
        self.store.fail([owed.draw for owed in block], reason, time.time())
        owed = tuple((owed.draw, owed.question.id) for owed in block)
        block[0].observer.notify(Failed(len(block), reason, owed, failure.reason, failure.attempts))

    def _forget(self, block: Iterable[_Owed]) -> None:
        for owed in block:
            self._in_flight.pop(owed.draw, None)

    def halt(self) -> None:
        """Open no more calls: those that were sent finish, all others are refused."""
        self._sender.halted = True
        unsent = self._buying - self._sender.sent  # tasks that are made from now on see for themselves

        def refuse_unsent() -> None:
            for task in unsent - self._sender.sent:
                task.cancel()

        asyncio.get_running_loop().call_soon(refuse_unsent)  # whatever was made before has begun by then

    async def close(self) -> None:
        """Wait for the calls that were sent, give up those that were not, then stop the backend."""
        self._sender.closing = True
        for task in self._buying - self._sender.sent:
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
