"""Routing: each question goes to the part that is worth it. Ong et al. 2024 (2406.18665)."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from compound.answers import grades
from compound.core import (
    Answer,
    ConfigError,
    ExpressionError,
    Question,
    Sample,
    Step,
    TaskError,
    Usage,
    in_parallel,
    in_series,
)
from compound.strategies.base import Strategy
from compound.strategies.fitted import Fitted, check_fitted, each, split_hash
from compound.strategies.nearest import NOTHING, Lookup, embedded
from compound.strategies.part import strategy
from compound.strategies.pooled import attempt
from compound.strategies.router import Router, held_out_chances
from compound.strategies.state import keep, kept

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM


@strategy("route")
class Route(Strategy):
    """Sends each question to one of several parts, by what its text says of their chances to be right.

    The part with the highest chance less `per_usd` times its mean price is asked, of equals the first; nothing else
    is. The chances are learnt from the outcomes of all parts on the training questions, by the texts of the
    questions: what cannot be told from the text cannot be routed. Random routing at the same price is the line to
    beat (`compound.stats.routing`).

    Args:
        parts: what is chosen from, the cheapest first.
        by: `knn`, or `logistic` regression, on the vectors of the questions.
        k: neighbours of `knn`.
        embedding: the id of the embedding model that makes these vectors, such as `openai/text-embedding-3-small`;
            None: TF-IDF of their words.
        budget: mean dollars a question; fitting chooses the least `per_usd` that keeps to it on held-out parts of
            the training questions (on others it may come out dearer). None: no limit.
        per_usd: the chance of being right that a dollar must buy.
        state: the file with what was learnt, by its hash.
        fitted: hash of the questions that it was learnt from.
    """

    paper: ClassVar[str] = "Ong et al. 2024, 2406.18665"
    cost: ClassVar[str] = "c"

    parts: tuple[Strategy, ...]
    by: Literal["knn", "logistic"] = "knn"
    k: int = 20
    embedding: str | None = None
    budget: float | None = None
    per_usd: float = 0.0
    state: str = ""
    fitted: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.parts) < 2:
            raise ExpressionError('route needs two parts or more: route([cot @ "small", cot @ "large"])')
        if self.k < 1 or self.per_usd < 0 or (self.budget is not None and self.budget <= 0):
            raise ExpressionError("route: k must be at least 1, per_usd at least 0, and budget above 0")

    @property
    def unfitted(self) -> str:
        """See `Strategy.unfitted`."""
        return "" if self.state else "which part is right on which questions"

    async def choice(self, question: Question, lm: LM) -> tuple[int, Lookup]:
        """The number of the part that a question goes to, and what it took to know. Without `embedding` nothing.

        Raises:
            ConfigError: the file of its state is missing, or was learnt by another embedding model.
        """
        learnt, vector, found = kept(self.state), None, NOTHING
        if (by := learnt.get("embedding")) != self.embedding:
            raise ConfigError(f"route learnt by {by or 'TF-IDF'}, and embedding is {self.embedding}: fit it again")
        router, vectors = _router(self.state, self.by, self.k)
        if self.embedding is not None and vectors is not None:
            vector, found = await embedded(question.statement, self.embedding, lm, vectors)
        chances = router.chances([question.statement], vector)
        return int(_best(chances, learnt["usd"], self.per_usd)[0]), found

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`. The part asks in the route's own lane, so its draws are those of the part alone."""
        check_fitted(self)
        number, found = await self.choice(question, lm)
        answer = await self.parts[number].solve(question, lm)
        return found.before(replace(answer, step=Step(self.name, answer.value, (), (answer.step,), answer.failure)))

    async def learn(self, train: Sequence[Question], ask: Callable[[Question], LM]) -> Fitted:
        """Ask every part about every question, keep who was right. A question with a failed call is left out.

        What is learnt does not depend on the order of the questions.

        Raises:
            TaskError: the price of a model is unknown and there is a budget, or not even the cheapest part fits it.
        """
        import numpy as np

        async def tried(question: Question, _: LM) -> tuple[dict[str, Any] | None, Usage]:
            # Each part starts anew, as it will when it alone is asked.
            answers = [await attempt(part, question, ask(question)) for part in self.parts]
            usage = in_series(answer.usage for answer in answers)
            if any(step.failure for answer in answers for step in answer.step.walk()):
                return None, usage
            right = await grades((a.value for a in answers if a.value is not None), question)
            return {
                "text": question.statement,
                "right": [int(a.value is not None and right[a.value]) for a in answers],
                "usd": [a.usage.usd for a in answers],
            }, usage  # fmt: skip

        ordered = sorted(train, key=lambda question: question.id)
        samples: tuple[Sample, ...] = ()
        looked = Usage()
        if self.embedding is not None:  # first, so that a model that makes none costs nothing
            samples, looked = await ask(ordered[0]).embed([q.statement for q in ordered], self.embedding)
        found = await each(ordered, ask, tried)
        rows = [row for row, _ in found if row is not None]
        if not rows:
            raise TaskError(f"route: a call failed on each of the {len(train)} training questions; run again")
        texts, right = [row["text"] for row in rows], np.array([row["right"] for row in rows], dtype=float)
        usd = self._prices([row["usd"] for row in rows])
        learnt = {"texts": texts, "right": right.astype(int).tolist(), "usd": usd}
        if samples:
            seen = [sample for sample, (row, _) in zip(samples, found, strict=True) if row is not None]
            learnt |= {"embedding": self.embedding, "vectors": _written(seen)}
        chances = held_out_chances(texts, right, self.by, self.k, _vectors(learnt))
        per_usd = self.per_usd if self.budget is None else _least(chances, usd, self.budget)
        whole = replace(self, per_usd=per_usd, state=keep(learnt), fitted=split_hash(train))
        to = _best(chances, usd, per_usd)
        share = np.bincount(to, minlength=len(self.parts)) / len(to)
        said = {
            "strategy": repr(whole), "questions": len(rows), "left_out": len(train) - len(rows),
            "accuracy": right.mean(axis=0).tolist(), "usd": usd,
            "held_out": {"accuracy": float(right[np.arange(len(to)), to].mean()), "share": share.tolist()},
        }  # fmt: skip
        return Fitted(whole, looked + in_parallel([usage for _, usage in found]), said=(said,))

    def _prices(self, table: Sequence[Sequence[float | None]]) -> list[float]:
        """The mean dollars of each part; 0 for all where one is unknown and nothing depends on it."""
        known = all(value is not None and math.isfinite(value) for row in table for value in row)
        if not known and (self.budget is not None or self.per_usd):
            raise TaskError(
                "route: budget and per_usd are in dollars, and a model's price is unknown: leave them out"
            )
        if not known:
            return [0.0] * len(self.parts)
        return [math.fsum(row[i] or 0.0 for row in table) / len(table) for i in range(len(self.parts))]


def _best(chances: np.ndarray, usd: Sequence[float], per_usd: float) -> np.ndarray:
    """The part with the highest chance less its price, the first of equals, shape (N,)."""
    import numpy as np

    worth = chances - per_usd * np.array(usd)
    best: np.ndarray = (worth >= worth.max(axis=1, keepdims=True) - 1e-12).argmax(axis=1)
    return best


def _least(chances: np.ndarray, usd: Sequence[float], budget: float) -> float:
    """The least `per_usd` that keeps the mean price within the budget: one at which a question changes its part."""
    import numpy as np

    price = np.array(usd)
    if price.min() > budget:
        raise TaskError(
            f"route: its cheapest part takes ${price.min():.3g} a question, and budget is {budget:g}: raise it"
        )
    apart = price[:, None] - price
    with np.errstate(divide="ignore", invalid="ignore"):
        turns = (chances[:, :, None] - chances[:, None, :]) / apart
    turns = np.unique(np.concatenate([[0.0], turns[np.isfinite(turns) & (turns > 0)]]))
    low, high = 0, len(turns) - 1  # the mean price falls as `per_usd` rises
    while low < high:
        middle = (low + high) // 2
        fits = price[_best(chances, usd, float(turns[middle]))].mean() <= budget * (1 + 1e-9)
        low, high = (low, middle) if fits else (middle + 1, high)
    return float(turns[low])


@lru_cache(maxsize=8)
def _router(state: str, by: Literal["knn", "logistic"], k: int) -> tuple[Router, np.ndarray | None]:
    """The router, and the embeddings that it learnt from, if it did, shape (N, D)."""
    import numpy as np

    learnt = kept(state)
    vectors = _vectors(learnt)
    return Router(learnt["texts"], np.array(learnt["right"], dtype=float), by, k, vectors), vectors


def _written(samples: Sequence[Sample]) -> str:
    """Their vectors as they were given: float32, in base64."""
    from compound.models.embedding import unit_vectors

    unit_vectors(samples)  # refuses vectors that cannot be compared
    return b64encode(b"".join(sample.vector or b"" for sample in samples)).decode()


def _vectors(learnt: Mapping[str, Any]) -> np.ndarray | None:
    """The embeddings of the questions learnt from, of length 1, shape (N, D); None without any."""
    import numpy as np

    from compound.models.embedding import unit

    if "vectors" not in learnt:
        return None
    return unit(np.frombuffer(b64decode(learnt["vectors"]), "<f4").reshape(len(learnt["texts"]), -1))
