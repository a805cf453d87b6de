"""What the models of one run share: store, budget, observer, clients; and the background loop."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from compound.core import LaneError, Notice, Observer, Question, Silent, StoreError
from compound.models import http
from compound.models.backend import Backend, find_backend, find_embedder, list_price
from compound.models.budget import Budget, Price
from compound.models.capabilities import Capabilities, Finding, beside, find, keep
from compound.models.client import Client
from compound.models.embedding import Embedder
from compound.models.lm import LM
from compound.models.settings import UNSET, ModelSettings
from compound.store import SampleStore

T = TypeVar("T")
TIMEOUT = 300.0


class Session:
    """Models bound to one store, one budget and one observer. Use it on the background loop.

    Args:
        store: where samples are looked up and filed; a path is opened, None keeps them in memory.
        budget: what may be spent.
        observer: told of everything.
        base_url: address of an OpenAI-compatible server for models that are not `local/` or `sim/`.
        timeout: seconds for one call.
        models: what is set by hand for some models, by their ids.
        probed: the file of what was probed of models; None: `capabilities.json` beside the store.
    """

    def __init__(
        self,
        store: SampleStore | Path | str | None = None,
        *,
        budget: Budget | None = None,
        observer: Observer | None = None,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        models: Mapping[str, ModelSettings] | None = None,
        probed: Path | None = None,
    ) -> None:
        if base_url:  # whether or not a model uses it: it is written into the results
            http.address(base_url, "--base-url")
        self._owns_store = not isinstance(store, SampleStore)
        self.store = store if isinstance(store, SampleStore) else SampleStore(store)
        self.budget = budget or Budget()
        self.observer: Observer = observer or Silent()
        self.base_url, self.timeout, self.models = base_url, timeout, models or {}
        self._probed = probed or (beside(self.store.path) if self.store.path else None)
        self._clients: dict[str, Client] = {}
        self._embedders: dict[str, Embedder] = {}

    def client(self, model: str) -> Client:
        """The client of a model, made at the first use. It knows what was probed and kept beside the store."""
        if model not in self._clients:
            client = self._made(find_backend(model, self.base_url))
            if self._probed and (probed := find(self._probed, client.backend)):
                client.learn(probed)
            client.on_single(partial(self._keep_single, client.backend))
            self._clients[model] = client
        return self._clients[model]

    def _keep_single(self, backend: Backend) -> None:
        """Keep beside the store that a model ignores n, so that a rerun that asks nothing counts the same cost."""
        if self._probed is None or not backend.traits.filed:
            return
        today = datetime.now(UTC).date().isoformat()
        seen = Finding(False, "several completions were asked for at once in a run, and one came")
        try:
            kept = find(self._probed, backend) or Capabilities(backend.model, backend.endpoint, today, 0, 0.0, {})
            keep(self._probed, replace(kept, findings={**kept.findings, "n": seen}))
        except StoreError as error:
            self.observer.notify(Notice(f"that {backend.model} ignores n is not kept: {error}"))

    def embedder(self, model: str) -> Embedder:
        """An embedding model, made at the first use.

        Raises:
            MissingAbilityError: models of that kind make no embeddings.
        """
        if model not in self._embedders:
            self._embedders[model] = Embedder(self._made(find_embedder(model, self.base_url)))
        return self._embedders[model]

    def _made(self, backend: Backend) -> Client:
        settings = self.models.get(backend.model, UNSET)
        return Client(backend, self.store, self.budget, self.observer, self.timeout, settings)

    @property
    def prices(self) -> dict[str, Price | None]:
        """What a curve counts for a token of each model that was asked: what was set by hand, or the list price."""
        return {
            client.backend.model: client.settings.price or list_price(client.backend) for client in self.clients
        }

    @property
    def clients(self) -> list[Client]:
        """The clients of the models that were asked, in the order of their first use; last those that embed."""
        return [*self._clients.values(), *(embedder.client for embedder in self._embedders.values())]

    def lm(
        self,
        model: str,
        question: Question,
        *,
        replicate: int = 0,
        parameters: dict[str, Any] | None = None,
        observer: Observer | None = None,
    ) -> LM:
        """The model at the root of a solve of a question."""
        client = self.client(model)
        return LM(self, client, question, dict(parameters or {}), observer or self.observer, replicate)

    async def close(self) -> None:
        """Wait for what is in flight, stop what was started, close the store if it was opened here."""
        async with AsyncExitStack() as stack:  # whatever one of them raises, all are closed
            if self._owns_store:
                stack.callback(self.store.close)
            for client in self.clients:
                stack.push_async_callback(client.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Background:
    """One thread with one event loop that owns HTTP sessions, limits and stores. Started at the first use."""

    NAME = "compound"

    def __init__(self) -> None:
        self._lock = threading.Lock()  # two threads may ask for the loop at once
        self._loop: asyncio.AbstractEventLoop | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                thread = threading.Thread(target=self._loop.run_forever, name=self.NAME, daemon=True)
                thread.start()
                atexit.register(self._loop.call_soon_threadsafe, self._loop.stop)
            return self._loop


_background = _Background()


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and wait for it; inside a running loop (a notebook) too.

    An interrupt cancels it and waits until it has put things in order; a second one does not wait.
    """
    if threading.current_thread().name == _Background.NAME:
        work.close()
        raise LaneError("run() inside a strategy would wait for itself: await solve(question, lm) there")
    over = threading.Event()

    async def watched() -> T:
        try:
            return await work
        finally:
            over.set()

    future = asyncio.run_coroutine_threadsafe(watched(), _background.loop())
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        over.wait()
        raise


async def hop(work: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine that runs on the background loop, from any other loop."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, _background.loop()))
