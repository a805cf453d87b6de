"""`compound ask`: one question, one strategy, the ballots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compound.answers import kind_named
from compound.core import Answer, Question, UserError
from compound.experiment.config import checked_parameters
from compound.experiment.yamlfile import override
from compound.models.session import Session, wait_for
from compound.strategies import Bound, Strategy, parse
from compound.strategies.needs import check_needs


def ask_once(
    question: str,
    *,
    model: str,
    strategy: str,
    kind: str,
    choices: Sequence[str],
    sets: Sequence[str],
    store: Path | None,
    base_url: str | None,
) -> None:
    """Answer a question and print the answer, the ballots and what it took."""
    parameters: dict[str, Any] = {}
    for assignment in sets:
        override(parameters, assignment)
    try:
        checked_parameters(parameters)
    except ValueError as error:
        raise UserError(f"--set: {error}") from None
    how = parse(strategy)
    asked = Question(question, "choice" if choices else kind, choices=tuple(choices))
    if kind_named(asked.kind).name == "choice" and not choices:
        raise UserError("a question of kind 'choice' needs its options: --choice red --choice blue")
    answer = wait_for(_answer(how, asked, model, parameters, store, base_url))
    print(_shown(answer))
    if answer.value is None:
        raise UserError(_missing(answer))


def _missing(answer: Answer) -> str:
    """Why there is no answer; the ballots cannot show an unreadable reply."""
    if answer.ballots:
        return (
            "candidates answered, but nothing could be picked: what scored or merged them cannot be read. Bind "
            'that to a stronger model (by=judge @ "…")'
        )
    replies = [sample.text for sample in answer.samples if sample.text]
    shown = f"; one reply was: {replies[0][:300]!r}" if replies else f"; {answer.failure or ''}"
    return f"no readable answer: {answer.abstained} abstained, {answer.failed} failed{shown}"


async def _answer(
    how: Strategy,
    asked: Question,
    model: str,
    parameters: dict[str, Any],
    store: Path | None,
    base_url: str | None,
) -> Answer:
    if isinstance(how, Bound):
        model = how.model
    async with Session(store, base_url=base_url) as session:
        lm = session.lm(model, asked, parameters=parameters)
        await check_needs(how, lm)
        return await how.solve(asked, lm)


def _shown(answer: Answer) -> str:
    """`391      6 of 8 · 381 1 · abstained 1      1 request, 8 completions · 1,104 tokens · $0.0006 · 2.1 s`."""
    drawn = sum(answer.ballots.values()) + answer.abstained + answer.failed
    first = sorted(answer.ballots.items(), key=lambda item: item[0] != answer.value)
    votes = [f"{n} of {drawn}" if value == answer.value else f"{value[:40]} {n}" for value, n in first]
    votes += [f"abstained {answer.abstained}"] if answer.abstained else []
    votes += [f"failed {answer.failed}"] if answer.failed else []
    usage, requests = answer.usage, len({sample.call for sample in answer.samples})
    price = "price unknown" if usage.usd is None else f"${usage.usd:.4f}"
    plural = "" if requests == 1 else "s"
    took = (
        f"{requests} request{plural}, {usage.calls} completion{'' if usage.calls == 1 else 's'} · "
        f"{usage.tokens:,.0f} tokens · {price} · {usage.seconds:.1f} s"
    )
    return f"{answer.value or '(no answer)'}      {' · '.join(votes)}      {took}"
