"""A recorded pool as a model, `recorded/NAME`: what another model said, served again for nothing.

It answers the question and the step, whatever the prompt: branch i of a solve gets sample number i. No sample
serves twice: what the pool does not have raises `MissingSampleError`. Two strategies that differ in their prompt
alone get the same samples; which prompt was used is a fact of the pool (`compound samples info`).

Not covered: lanes below the first (a debate's turns), asking again in one lane, replicates beyond the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from compound.core import MissingAbilityError, MissingSampleError, ModelError, Question, Sample
from compound.models.backend import Call, Traits
from compound.models.budget import Price
from compound.store.pools import PREFIX, Kept, Pool

_UNKNOWN: Any = math.nan  # a count that nobody recorded; whatever is computed from it is unknown too
GREEDY = "greedy"


class _Nothing(Price):
    """Free, even where the tokens are unknown."""

    def of(self, tokens_in: float, tokens_out: int) -> float:
        """Nothing."""
        return 0.0


class Recorded:
    """The backend of `recorded/…`."""

    endpoint = ""

    def __init__(self, model: str) -> None:
        self.model = model
        self.traits = Traits(
            "recorded samples",
            batch=128,
            start=4,
            highest=4,
            defaults={"max_tokens": 1},
            by_question=True,
            filed=False,
        )
        self._pool: Pool | None = None

    async def open(self) -> None:
        """Open the pool, and see in its first question with samples what was recorded with them."""
        kept = next((kept for _, kept in self.pool.walk() if kept), [])
        there = {
            "logprobs": any(one.logprob is not None for one in kept),
            "scores": any(one.score is not None for one in kept),
        }
        abilities = frozenset(name for name, found in there.items() if found)
        self.traits = replace(self.traits, abilities=abilities)

    @property
    def pool(self) -> Pool:
        """The pool, opened where it is not."""
        self._pool = self._pool or Pool(self.model)
        return self._pool

    @property
    def mixed(self) -> tuple[str, ...]:
        """What the pool mixes: `model`, `temperature`, `prompt_style`."""
        return tuple(self.pool.facts.mixed)

    def price(self) -> Price:
        """Nothing: it was paid for before."""
        return _Nothing(0.0, 0.0)

    def list_price(self) -> Price | None:
        """What the recorded model charges, as stated at the import; None where it was not."""
        stated = self.pool.facts.price
        return None if stated is None else Price(*stated)

    async def complete(self, call: Call) -> list[Sample]:
        """The recorded samples of the draws.

        Raises:
            MissingSampleError: the pool lacks one: names the question, the step and the number.
            MissingAbilityError: an answer at temperature 0 is asked for, and none was recorded; or the question
                has other options than it had then, or another order of them.
        """
        self._check_options(call.question)
        step = str(call.parameters.get("step", "answer"))
        if call.parameters.get("temperature") == 0:
            step = self._greedy(call, step)
        numbers = [self._number(draw.lane, draw.k, draw.replicate, call, step) for draw in call.draws]
        found = self.pool.samples(call.question.id, step, range(min(numbers), max(numbers) + 1))
        by_number = {kept.number: kept for kept in found}
        for number in numbers:
            if number not in by_number:
                raise MissingSampleError(self._lacks(call, step, number))
        return [self._sample(by_number[number], call.question.kind) for number in numbers]

    def _greedy(self, call: Call, step: str) -> str:
        if step == "answer" and self.pool.count(call.question.id, GREEDY):
            return GREEDY
        raise MissingAbilityError(
            f"{self.model} has no samples at temperature 0 kept apart, step '{step}' (import them with --greedy; "
            "set no temperature where the pool itself was recorded at 0)"
        )

    def _check_options(self, asked: Question) -> None:
        """Letters stand for the options as they were recorded."""
        if asked.choices and self.pool.choices(asked.id) not in (None, asked.choices):
            raise MissingAbilityError(
                f"{self.model} was recorded with other options of question {asked.id}, or with another order of "
                "them: shuffled needs a model that reads the prompt"
            )

    def _number(self, lane: tuple[int, ...], k: int, replicate: int, call: Call, step: str) -> int:
        what = f"{self.model}: question {call.question.id}, step '{step}'"
        if len(lane) != 1:
            raise MissingSampleError(f"{what}: lane {lane}: a recorded pool has no lanes below the first")
        if k or replicate:
            again = f"asked {k + 1} times in lane {lane}" if k else f"replicate {replicate}"
            raise MissingSampleError(f"{what}: {again}: a recorded sample never serves twice")
        return lane[0]

    def _lacks(self, call: Call, step: str, number: int) -> str:
        own, asked = call.question.id, f"question {call.question.id} ({call.question.text[:40]!r})"
        if not self.pool.has(own):
            return f"{self.model} has no {asked}: its own questions are the task '{self.model}'"
        have = self.pool.count(own, step)
        return f"{self.model}: {asked}, step '{step}', sample {number}: there are {have}; n={have} fits"

    def _sample(self, kept: Kept, kind: str) -> Sample:
        facts = self.pool.facts
        said = (kept.answer or "") if kind == "exact" and facts.answered else kept.text
        heat = None if kept.temperature is None else f"T={kept.temperature:g}"
        return Sample(
            said,
            tokens_in=_UNKNOWN if kept.tokens_in is None else kept.tokens_in,
            tokens_out=_UNKNOWN if kept.tokens_out is None else kept.tokens_out,
            seconds=_UNKNOWN if kept.seconds is None else kept.seconds,
            logprob=kept.logprob,
            score=kept.score,
            fingerprint=" ".join(filter(None, (kept.model, heat, kept.prompt_style))),
        )

    async def close(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None


def check_recording(model: str, questions: Iterable[str], n: int) -> list[str]:
    """Make sure, before anything is drawn, that a pool has `n` samples of each of these questions.

    Returns:
        What a reader of the results must know: that the pool is mixed, or that samples stay unused.

    Raises:
        ModelError: names the shortest question and the largest n that fits, or a question of another task.
    """
    with Pool(model) as pool:
        counted = []
        for own in questions:
            if not pool.has(own):
                raise ModelError(
                    f"{model} has no question {own}: it knows the questions it was imported with: tasks: [{model}]"
                )
            counted.append((pool.count(own), own))
        least, shortest = min(counted, default=(0, ""))
        most = max(counted, default=(0, ""))[0]
        if n > least:
            raise ModelError(
                f"{model} has {least} samples of question {shortest}, and {n} are asked for: "
                + (
                    f"n={least} is the most that every question has"
                    if least
                    else "leave it out (import --at-least 1)"
                )
            )
        notes = []
        if pool.facts.mixed:
            notes.append(f"{pool.facts.label}: its samples are no draws of one distribution")
        if n < most:
            notes.append(
                f"{model}: the first {n} of {least}{'' if least == most else f' to {most}'} samples a question are "
                f"used; n={least} uses as many as every question has"
            )
        return notes


__all__ = ["GREEDY", "PREFIX", "Recorded", "check_recording"]
