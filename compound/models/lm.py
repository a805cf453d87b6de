"""`LM`: the only door to a model."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from compound.core import Draw, LaneError, ModelError, Observer, Prompt, Question, Request, Sample, Usage
from compound.core.sample import Lane
from compound.models import logprobs
from compound.models.client import Client

if TYPE_CHECKING:
    import numpy as np

    from compound.models.session import Session


# What is no part of a request, and would be stored with it. Keys come from the environment.
_NOT_PARAMETERS = frozenset(
    "n seed timeout stream model messages prompt api_key api_base base_url headers extra_headers "
    # What would buy more than is reserved for a call, or change it without saying so.
    "max_completion_tokens max_output_tokens best_of fallbacks num_retries max_retries drop_params".split()
)


class Embedded(NamedTuple):
    """Embeddings that were asked for.

    Attributes:
        samples: one a text, with its vector (`embedding.unit_vectors` makes them comparable).
        usage: of those that nobody had asked for in this solve: candidates share the embedding of their question.
    """

    samples: tuple[Sample, ...]
    usage: Usage


class _Solve:
    """What the lanes of one solve share: how often each request was asked, and which lanes are waiting."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[bytes, Lane]] = Counter()
        self.waiting: set[Lane] = set()


class LM:
    """A model bound to a question, a lane, and the parameters of its calls.

    Strategies get one and ask it; they never make one. `Session.lm` does.
    """

    __slots__ = (
        "_client", "_lane", "_observer", "_parameters", "_replicate", "_session", "_solve", "question",
    )  # fmt: skip

    def __init__(
        self,
        session: Session,
        client: Client,
        question: Question,
        parameters: dict[str, Any],
        observer: Observer,
        replicate: int = 0,
        lane: Lane = (),
        solve: _Solve | None = None,
    ) -> None:
        self._session, self._client, self.question = session, client, question
        self._parameters, self._observer = parameters, observer
        self._replicate, self._lane, self._solve = replicate, lane, solve or _Solve()

    @property
    def model(self) -> str:
        """The model id."""
        return self._client.backend.model

    @property
    def plain(self) -> bool:
        """Whether the model is better served with a plain text to continue than with a chat."""
        return self._client.backend.traits.plain

    @property
    def lane(self) -> Lane:
        """The path of branch numbers from the root; what is asked at the root is filed under (0,)."""
        return self._lane or (0,)

    def _with(
        self,
        client: Client | None = None,
        parameters: dict[str, Any] | None = None,
        lane: Lane | None = None,
        question: Question | None = None,
    ) -> LM:
        return LM(
            self._session,
            client or self._client,
            question or self.question,
            self._parameters if parameters is None else parameters,
            self._observer,
            self._replicate,
            self._lane if lane is None else lane,
            self._solve,
        )

    def fork(self, branch: int) -> LM:
        """The model for branch number `branch`: branches that run at once must fork."""
        return self._with(lane=(*self._lane, branch))

    def at(self, model: str) -> LM:
        """Another model in the same lane."""
        return self._with(client=self._session.client(model))

    def about(self, question: Question) -> LM:
        """The same model in the same lane on another form of the question, such as its options in another order.

        The prompt says what is asked; only a simulated or recorded model looks at the question itself. Of one id
        it is the same question: a simulation finds it as difficult, a recording refuses other options.
        """
        return self._with(question=question)

    def bind(self, **parameters: Any) -> LM:
        """The same model with other sampling parameters; None takes one away."""
        return self._with(parameters={**self._parameters, **parameters})

    async def abilities(self) -> frozenset[str]:
        """What the model can do of what not every model can: see `Traits.abilities`.

        Opens it where that is not known before: a replay shall start no model.

        Raises:
            ModelError: it cannot be opened (key, model id, address).
        """
        if not self._client.backend.traits.abilities:
            await self._client.opened()
        return self._client.backend.traits.abilities

    async def embed(self, texts: Sequence[str], model: str) -> Embedded:
        """The embeddings of some texts by an embedding model; each text is bought once, whoever asks for it.

        Args:
            texts: N texts; without any, only the id is checked.
            model: an id of an embedding model, such as `openai/text-embedding-3-small`.

        Raises:
            MissingAbilityError: the model makes no embeddings.
            ModelFailure: a call failed after its retries; the failure is on record.
            BudgetExhaustedError: a cap does not allow the call.
            UserError: the user must do something (key, model id, disk).
        """
        samples = await self._session.embedder(model).samples(texts, self.question, self._observer)
        asked, bill = self._solve.asked, Usage()
        for sample in samples:
            assert sample.draw is not None
            if not asked[sample.draw.request.key, sample.draw.lane]:
                bill |= sample.usage
            asked[sample.draw.request.key, sample.draw.lane] += 1
        return Embedded(tuple(samples), bill)

    async def index(self, texts: Sequence[str], model: str) -> np.ndarray:
        """The vectors of texts that every question is compared with, of length 1, shape (N, D); N >= 1.

        They are looked up once a session and belong to no one question, so only the meter of the run counts them.
        Raises as `embed` does.
        """
        return await self._session.embedder(model).index(tuple(texts), self.question, self._observer)

    @overload
    async def sample(
        self,
        prompt: Prompt,
        n: None = None,
        *,
        step: str = "answer",
        shown: Sequence[str | None] = (),
        **parameters: Any,
    ) -> Sample: ...
    @overload
    async def sample(
        self, prompt: Prompt, n: int, *, step: str = "answer", shown: Sequence[str | None] = (), **parameters: Any
    ) -> list[Sample]: ...
    async def sample(
        self,
        prompt: Prompt,
        n: int | None = None,
        *,
        step: str = "answer",
        shown: Sequence[str | None] = (),
        **parameters: Any,
    ) -> Sample | list[Sample]:
        """Ask once in this lane; with `n`, let the forks 0..n-1 ask once each.

        Args:
            prompt: what the model reads.
            n: how many completions; a list is returned then.
            step: what is asked for (`answer`, `judge`, …): recorded models are keyed by question and step.
            shown: the parsed values of the candidates that the prompt shows, in its order: only a simulated model
                looks at them, no other is told.
            parameters: sampling parameters of this call; they override the bound ones. Log-probabilities are asked
                for with `logprobs=True` and `top_logprobs=k`.

        Raises:
            MissingAbilityError: the reply lacks log-probabilities that were asked for. It is filed before this is
                raised, so asking again costs nothing, and raises again.
            LaneError: this lane (or one of its forks 0..n-1) is waiting for a sample already.
            ModelFailure: the call failed after its retries; the failure is on record.
            BudgetExhaustedError: a cap does not allow the call.
            UserError: the user must do something (key, model id, parameter, disk).
        """
        if n is None:
            return await self._ask(prompt, step, shown, parameters)
        asked = [asyncio.ensure_future(self.fork(i)._ask(prompt, step, shown, parameters)) for i in range(n)]
        try:
            return await asyncio.gather(*asked)
        except BaseException:
            for one in asked:  # so that no fork is left waiting in its lane; what was sent is kept
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
            raise

    async def _ask(
        self, prompt: Prompt, step: str, shown: Sequence[str | None], parameters: dict[str, Any]
    ) -> Sample:
        traits = self._client.backend.traits
        merged = {**traits.defaults, **self._parameters, **parameters}
        _check(self.model, merged)
        top = logprobs.asked(merged)
        if traits.by_question:
            merged |= {"question": self.question.id, "step": step}
        if traits.by_shown and shown:
            merged |= {"shown": list(shown)}
        sent = tuple(sorted((name, value) for name, value in merged.items() if value is not None))
        request = Request(self.model, self._client.backend.endpoint, prompt, sent)
        lane, solve = self.lane, self._solve
        if lane in solve.waiting:
            raise LaneError(
                f"lane {lane} of {self.model} is asked twice at once: give each concurrent branch lm.fork(i)"
            )
        k = solve.asked[request.key, lane]
        solve.asked[request.key, lane] += 1
        solve.waiting.add(lane)
        try:
            draw = Draw(request, self._replicate, lane, k)
            sample = await self._client.ask(draw, self.question, self._observer)
        finally:
            solve.waiting.discard(lane)
        # A recording keeps the sum alone: whoever needs the alternatives finds no confidence.
        if logprobs.lacks(sample, top if top is None or traits.filed else 0):
            raise logprobs.missing(self.model)
        return sample


def _check(model: str, sent: dict[str, Any]) -> None:
    body = sent.get("extra_body")
    given = sent | (body if isinstance(body, dict) else {})
    if wrong := sorted(name for name in _NOT_PARAMETERS & given.keys() if given[name] is not None):
        raise ModelError(
            f"{model}: {', '.join(wrong)} cannot be set as a sampling parameter: completions are asked for with n "
            "of sample(), their length is max_tokens, keys come from the environment, an address is given with "
            "--base-url, and calls are tried again by compound"
        )
    most = sent.get("max_tokens")
    if not isinstance(most, int) or most < 1:
        raise ModelError(f"{model}: max_tokens must be a number of tokens, not {most}: no cap can be kept without")
