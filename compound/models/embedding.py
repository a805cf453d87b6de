"""Embeddings of texts: bought once, filed, metered and capped as completions are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from compound.core import Draw, ModelError, Observer, Question, Request, Sample, Text
from compound.models.client import Client

if TYPE_CHECKING:
    import numpy as np

_INDEXES = 16  # kept at a time: bounds the memory
_PARAMETERS = (("step", "embedding"),)


class Embedder:
    """An embedding model of a session.

    A vector does not vary as a completion does: it is filed as the draw (0,) of the request with its text, whatever
    the lane and the replicate it is asked in.

    Args:
        client: its queue.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._indexes: dict[tuple[str, ...], asyncio.Future[np.ndarray]] = {}

    async def samples(self, texts: Sequence[str], question: Question, observer: Observer) -> list[Sample]:
        """One sample a text, with its vector; from the store, or bought now.

        Raises:
            ModelFailure: a call failed after its retries; what the others bought is kept.
        """
        backend = self.client.backend
        requests = [Request(backend.model, backend.endpoint, Text(text), _PARAMETERS) for text in texts]
        asked = [self.client.ask(Draw(request, 0, (0,), 0), question, observer) for request in requests]
        found = []
        for one in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(one, BaseException):
                raise one
            found.append(one)
        return found

    async def index(self, texts: tuple[str, ...], question: Question, observer: Observer) -> np.ndarray:
        """The vectors of texts that many questions are compared with, looked up once a session, shape (N, D)."""
        task = self._indexes.get(texts)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            while len(self._indexes) >= _INDEXES:
                del self._indexes[next(iter(self._indexes))]
            task = self._indexes[texts] = asyncio.ensure_future(self._unit(texts, question, observer))
        return await asyncio.shield(task)  # whoever asked first may be cancelled

    async def _unit(self, texts: tuple[str, ...], question: Question, observer: Observer) -> np.ndarray:
        return unit_vectors(await self.samples(texts, question, observer))


def unit_vectors(samples: Sequence[Sample]) -> np.ndarray:
    """The vectors of samples, as `unit` gives them, shape (N, D).

    Raises:
        ModelError: they differ in length.
    """
    import numpy as np

    rows = [np.frombuffer(sample.vector or b"", "<f4") for sample in samples]
    model = samples[0].draw.request.model if samples[0].draw else "the embedding model"
    check_lengths(model, *(len(row) for row in rows))
    return unit(np.array(rows))


def unit(rows: np.ndarray) -> np.ndarray:
    """Vectors scaled to length 1, shape (N, D): their products are cosines. Zeros stay zeros."""
    import numpy as np

    vectors = rows.astype(float)
    lengths = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    scaled: np.ndarray = np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return scaled


def check_lengths(model: str, *lengths: int) -> None:
    """Make sure that vectors can be compared.

    Raises:
        ModelError: names the model and the lengths.
    """
    if len(different := sorted(set(lengths))) > 1:
        known = " and ".join(map(str, different))
        raise ModelError(
            f"{model} gave embeddings of {known} numbers: another model answers to that id now; give another store "
            "with --store, and fit again what was fitted"
        )
