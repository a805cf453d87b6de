"""What a strategy is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from compound.answers import kind_named, parse
from compound.core import Answer, Question, Sample, Step
from compound.strategies.part import Part

if TYPE_CHECKING:
    from compound.models.lm import LM
    from compound.strategies.bound import Bound
    from compound.strategies.fitted import Fitted

Selection = Literal["single", "free", "paid", "interactive"]


@dataclass(frozen=True, repr=False)
class Strategy(Part):
    """A way to answer a question with a model; register it with `@strategy("name")`.

    Attributes:
        selection: how its cost curve is found. `single`: one answer. `free`: picking among candidates asks
            nothing more than each candidate's own score, so every k follows from one pool. `paid`: picking asks
            about several candidates at once. `interactive`: candidates see each other.
    """

    selection: ClassVar[Selection] = "single"

    @property
    def sources(self) -> int:
        """How many sources take turns, where it stands for several: branch i asks number i modulo this."""
        return 1

    def rounds_in(self, answer: Answer) -> list[list[str | None]]:
        """What each agent said in each round of an answer that this strategy gave, a row a round.

        The first row is draws of its candidate alone. Empty for a strategy without rounds, or if none took place.
        """
        return []

    @abstractmethod
    async def solve(self, question: Question, lm: LM) -> Answer:
        """Answer a question. Runs on the background loop; `run` and `arun` are for everybody else.

        A call that fails after its retries raises `ModelFailure` from a single call, and is a failed
        candidate in a pool. Unreadable replies abstain: the value is None.
        """

    @property
    def unfitted(self) -> str:
        """What it has to learn before it can answer, such as `its threshold`; empty if nothing (any more)."""
        return ""

    async def fit(self, train: Sequence[Question], ask: Callable[[Question], LM]) -> Fitted:
        """Learn what this strategy and the parts inside it still have to learn, inside out.

        Without anything to learn it comes back as it is, and nothing is asked.

        Args:
            train: questions with their answers, on which it will never be judged.
            ask: the model at the root of a solve of a question, such as `Session.lm` with the model's id.

        Raises:
            TaskError: what it has to learn cannot be learnt from these questions.
        """
        from compound.strategies.fitted import fit_inside_out

        return await fit_inside_out(self, train, ask)

    async def learn(self, train: Sequence[Question], ask: Callable[[Question], LM]) -> Fitted:
        """The step of `fit` that is this strategy's own; all parts inside it are fitted. Asked where `unfitted`."""
        raise NotImplementedError(f"{self.name} says that it has to learn {self.unfitted}, and not how")

    def run(
        self,
        question: Question | str,
        *,
        model: str,
        kind: str = "text",
        store: Path | str | None = None,
        base_url: str | None = None,
        **parameters: Any,
    ) -> Answer:
        """Answer one question and wait for it.

        Args:
            question: a question, or its text.
            model: any LiteLLM id, `local/…` or `sim/…`.
            kind: the answer kind of a question given as text.
            store: a sample store to look in and to file in; None keeps nothing.
            base_url: address of an OpenAI-compatible server.
            parameters: sampling parameters (`temperature=0.7`, `max_tokens=500`, …).

        Raises:
            UserError: unknown model, missing key, …: the message says what to do.
            ModelFailure: the answer's only call failed after its retries.
        """
        from compound.models.session import wait_for

        return wait_for(self._solve_alone(question, model, kind, store, base_url, parameters))

    async def arun(
        self,
        question: Question | str,
        *,
        model: str,
        kind: str = "text",
        store: Path | str | None = None,
        base_url: str | None = None,
        **parameters: Any,
    ) -> Answer:
        """Like `run`, awaited from any event loop."""
        from compound.models.session import hop

        return await hop(self._solve_alone(question, model, kind, store, base_url, parameters))

    async def _solve_alone(
        self,
        question: Question | str,
        model: str,
        kind: str,
        store: Path | str | None,
        base_url: str | None,
        parameters: dict[str, Any],
    ) -> Answer:
        from compound.models.session import Session
        from compound.strategies.fitted import check_fitted
        from compound.strategies.needs import check_needs

        kind_named(kind)
        check_fitted(self)
        asked = Question(question, kind) if isinstance(question, str) else question
        async with Session(store, base_url=base_url) as session:
            lm = session.lm(model, asked, parameters=parameters)
            await check_needs(self, lm)
            return await self.solve(asked, lm)

    def __matmul__(self, model: str) -> Bound:
        from compound.strategies.bound import Bound

        return Bound(self, model)

    def _leaf(self, question: Question, sample: Sample) -> Answer:
        """The answer that one completion states."""
        value = parse(sample, question)
        return Answer(
            value,
            sample.text,
            {} if value is None else {value: 1},
            abstained=int(value is None),
            usage=sample.usage,
            step=Step(self.name, value, (sample,)),
        )
