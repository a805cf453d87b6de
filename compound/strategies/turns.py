"""What strategies whose calls build on each other have in common: one call, one agent, a chain of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from compound.answers import parse
from compound.core import Answer, Chat, Message, ModelFailure, Prompt, Question, Sample, Step, in_series
from compound.strategies.base import Strategy
from compound.strategies.bound import Bound
from compound.strategies.mix import Mix
from compound.strategies.pooled import together
from compound.strategies.prompts import ask
from compound.strategies.scorer import stated
from compound.strategies.single import PROMPT

if TYPE_CHECKING:
    from compound.models.lm import LM

_ITEM = re.compile(r"^[ \t*#]{0,9}(?:\d{1,2}[.):]|[-•])[ \t*]{1,9}(\S[^\n]{0,500})(\n|$)", re.MULTILINE)


async def told(
    lm: LM,
    prompt: Prompt,
    read: Callable[[Sample], str | None],
    *,
    step: str,
    shown: Sequence[str | None] = (),
    **parameters: Any,
) -> Answer:
    """What one call says, its value as `read` from the reply; a call that failed is an empty answer."""
    try:
        sample = await lm.sample(prompt, step=step, shown=shown, **parameters)
    except ModelFailure as failure:
        return Answer(None, failed=1, step=Step(step, failure=str(failure)))
    value = read(sample)
    return Answer(value, sample.text, usage=sample.usage, step=Step(step, value, (sample,)))


def answers_to(question: Question) -> Callable[[Sample], str | None]:
    """Reads the answer to a question from a reply."""
    return lambda sample: parse(sample, question)


def words(sample: Sample) -> str | None:
    """A whole reply; None where it is empty, refused, or cut off before its end."""
    return None if sample.finish != "stop" else sample.text.strip() or None


def listed(plan: Answer, most: int) -> list[str]:
    """The first distinct items of the numbered list in a reply; what may have been cut off is left out."""
    items = [
        match[1].strip(" \t*")
        for sample in plan.samples
        if sample.finish != "refusal"
        for match in _ITEM.finditer(sample.text)
        if match[2] or not sample.truncated
    ]
    return list(dict.fromkeys(items))[:most]


def taking_turns(given: Strategy | Sequence[Strategy]) -> Strategy:
    """One strategy that stands for several: a list takes turns."""
    return Mix(tuple(given)) if isinstance(given, list | tuple) else given  # type: ignore[return-value]


def speaking(part: Strategy, lm: LM) -> LM:
    """The model that an agent speaks with after its own part has answered: the one that the part is bound to."""
    if isinstance(part, Bound):
        return speaking(part.part, lm.at(part.model))
    if isinstance(part, Mix):
        return speaking(part.parts[lm.lane[-1] % len(part.parts)], lm)
    return lm


def reply(answer: Answer) -> str:
    """The words behind an answer, as others are shown them: providers refuse turns without any."""
    return answer.text.strip() or "(no reply)"


def turn(answer: Answer) -> Message:
    """A reply as the model's own turn in its chat."""
    return Message("assistant", reply(answer))


def opening(question: Question, answer: Answer) -> tuple[Message, ...]:
    """The chat so far of whoever gave an answer: its own prompt if one call stated it, else the bare question.

    Empty where the call failed.
    """
    if answer.failure is not None:
        return ()
    sample = stated(answer)
    prompt = sample.draw.request.prompt if sample and sample.draw else None
    asked = prompt if isinstance(prompt, Chat) else ask(PROMPT, question)
    return (*asked.messages, turn(answer))


def at_once(name: str, answers: Sequence[Answer], value: str | None = None) -> Answer:
    """One link of a chain: what was asked at the same time."""
    return Answer(value, usage=together(answers), step=Step(name, value, (), tuple(a.step for a in answers)))


def chained(who: Strategy, said: Answer, chain: Sequence[Answer]) -> Answer:
    """The final answer of a strategy: what was said in the end, with all that led to it."""
    value, failed = said.value, said.failure is not None
    return Answer(
        value,
        said.text,
        {} if value is None else {value: 1},
        abstained=int(value is None and not failed),
        failed=int(failed),
        usage=in_series(answer.usage for answer in chain),
        step=Step(who.name, value, (), tuple(answer.step for answer in chain), said.failure),
    )
