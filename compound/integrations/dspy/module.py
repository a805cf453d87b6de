"""A strategy as a DSPy module: a voting, debating or cascading part of a DSPy pipeline."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from typing import Any

import dspy

from compound.answers import kind_named
from compound.core import Answer, ExpressionError, Question
from compound.models.session import Session, hop, wait_for
from compound.strategies import parse
from compound.strategies.needs import check_needs


class StrategyModule(dspy.Module):  # type: ignore[misc] # DSPy has no types
    """A strategy in a DSPy program: one input field, one output field. See `as_module`.

    What it is made of is plain text, so it can be copied, pickled, and saved with a program.
    """

    def __init__(
        self,
        expression: str,
        model: str,
        input: str,
        output: str,
        kind: str,
        store: str | None,
        base_url: str | None,
        parameters: dict[str, Any],
    ) -> None:
        super().__init__()
        kind_named(kind)
        self.expression, self.model = repr(parse(expression)), model
        self.input, self.output, self.kind = input, output, kind
        self.store, self.base_url, self.sampling = store, base_url, parameters

    def forward(self, **given: Any) -> dspy.Prediction:
        """Answer, and wait for it."""
        return self._prediction(wait_for(self._solve(self._question(given))))

    async def aforward(self, **given: Any) -> dspy.Prediction:
        """Answer."""
        return self._prediction(await hop(self._solve(self._question(given))))

    def _question(self, given: dict[str, Any]) -> Question:
        if self.input not in given:
            raise ExpressionError(
                f"{self.expression} reads the field '{self.input}', and was given {', '.join(given) or 'nothing'}"
            )
        return Question(str(given[self.input]), self.kind)

    async def _solve(self, question: Question) -> Answer:
        lm = _session(self.store, self.base_url).lm(self.model, question, parameters=self.sampling)
        how = parse(self.expression)
        await check_needs(how, lm)
        return await how.solve(question, lm)

    def _prediction(self, answer: Answer) -> dspy.Prediction:
        if tracker := dspy.settings.usage_tracker:
            into, out = round(answer.usage.tokens_in), answer.usage.tokens_out
            used = {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}
            tracker.add_usage(self.model, used)
        return dspy.Prediction(**{"ballots": answer.ballots, self.output: answer.value or ""})


def as_module(
    expression: str,
    *,
    model: str,
    input: str = "question",
    output: str = "answer",
    kind: str = "text",
    store: Path | str | None = None,
    base_url: str | None = None,
    **parameters: Any,
) -> StrategyModule:
    """A strategy as a `dspy.Module`: `as_module("vote(cot, n=8)", model="openai/gpt-4o-mini", kind="number")`.

    Its prediction has the output field, an empty text where the strategy abstained (which DSPy's own majority takes
    for no answer), and `ballots`. An optimiser finds no predictors in it: its prompts are ours, and demonstrations
    and instructions do not reach it. The same question is the same draws again, and costs nothing, as long as the
    store lasts; without a path that is as long as the process.

    Args:
        expression: the strategy.
        model: the model that it asks, whatever DSPy is configured with.
        input: the field with the question.
        output: the field for the answer.
        kind: the answer kind; one that needs more than a text (`choice`, `code`) cannot be used here.
        store: a sample store to look in and to file in.
        base_url: address of an OpenAI-compatible server.
        parameters: sampling parameters.

    Raises:
        ExpressionError: the expression cannot be read.
        TaskError: the kind is unknown.
    """
    path = None if store is None else str(store)
    return StrategyModule(expression, model, input, output, kind, path, base_url, parameters)


@cache
def _session(store: str | None, base_url: str | None) -> Session:
    """One session a store, so that a local model is loaded once. Asked for on the background loop alone."""
    session = Session(store, base_url=base_url)
    atexit.register(lambda: wait_for(session.close()))
    return session
