"""A simulated model with a declared answer distribution: for tests and theory, never evidence about a model.

    sim/beta(2,2)                                 difficulty p of a question ~ Beta(2, 2)
    sim/0.6*beta(6,2)+0.4*beta(2,6)?rho=0.1       a mixture; pairs of draws are correlated by 0.1 beyond p

A draw is right with probability p, fixed for each question. A wrong draw picks one of `wrong` answers with
Dirichlet(1) weights that are fixed for the question too. With probability sqrt(rho) a draw repeats what all
draws of its question and replicate share. Every draw follows from its own name, so the same draw is the same
sample whatever was asked before, in any batch. At temperature 0 it gives its most probable answer, and the same
judgement to the same prompt. Judgements and revised opinions (`simulated_steps`) are not correlated by rho.

Options after `?`, joined by `&`: wrong=4, rho=0, judge=0.75 (probability that a judgement of shown candidates is
right), convert=0 (probability that who reads others finds the right answer), conform=0 (probability that who does
not takes over what most of them say, rather than stay), abstain=0 (share of unreadable replies), truncate=0 (share
cut off), tokens=40 (mean length, exponential, at most max_tokens), seconds=1 (median latency, lognormal, not
slept), price=0/0 (dollars per million prompt/completion tokens), seed=0.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

from compound.answers import grade
from compound.answers.number import canonical, numbers
from compound.core import Confidence, Draw, ModelError, Question, Sample
from compound.models import logprobs
from compound.models.backend import Call, Traits
from compound.models.budget import FREE, Price
from compound.models.simulated_steps import Reply, Scene, confidence, reply

_FORM = "sim/beta(2,2), sim/0.6*beta(6,2)+0.4*beta(2,6)?wrong=4&rho=0.1"
_NUMBER = r"(\d+(?:\.\d+)?)"
_PART = re.compile(rf"(?:{_NUMBER}\*)?beta\({_NUMBER},{_NUMBER}\)")
_SHARES = {"rho", "abstain", "truncate", "judge", "conform", "convert"}


@dataclass(frozen=True)
class World:
    """What a simulated model declares. See the module's text for the options."""

    parts: tuple[tuple[float, float, float], ...]
    wrong: int = 4
    rho: float = 0.0
    abstain: float = 0.0
    truncate: float = 0.0
    tokens: float = 40.0
    seconds: float = 1.0
    price: Price = FREE
    seed: int = 0
    judge: float = 0.75
    conform: float = 0.0
    convert: float = 0.0

    @classmethod
    def parse(cls, model: str) -> World:
        """The world that a model id declares.

        Raises:
            ModelError: names the part that cannot be read.
        """
        mixture, _, options = model.removeprefix("sim/").partition("?")
        matches = [_PART.fullmatch(part) for part in mixture.split("+")]
        if not all(matches):
            raise ModelError(f"'{model}' does not declare a simulated model; examples: {_FORM}")
        parts = [tuple(float(x or 1.0) for x in m.groups()) for m in matches if m]
        if abs(sum(p[0] for p in parts) - 1.0) > 1e-9 or min(min(p) for p in parts) <= 0:
            raise ModelError(f"'{model}': weights must add up to 1 and Beta parameters be positive")
        world = cls(tuple((w, a, b) for w, a, b in parts))
        for option in filter(None, options.split("&")):
            name, _, value = option.partition("=")
            world = replace(world, **{name: world._option(model, name, value)})
        return world

    def _option(self, model: str, name: str, value: str) -> Any:
        known = {f.name for f in fields(self)} - {"parts"}
        if name not in known:
            raise ModelError(f"'{model}': unknown option '{name}'; there is: {', '.join(sorted(known))}")
        try:
            if name == "price":
                into, _, out = value.partition("/")
                prices = [float(into), float(out or into)]
                if not all(0 <= each < math.inf for each in prices):
                    raise ModelError(f"'{model}': option {name}={value} is out of range")
                return Price(prices[0] / 1e6, prices[1] / 1e6)
            number = type(getattr(self, name))(value)
        except ValueError:
            raise ModelError(f"'{model}': option {name}={value} is not a number") from None
        if not 0 <= number < math.inf or (name in _SHARES and number > 1):
            raise ModelError(f"'{model}': option {name}={value} is out of range")
        return number

    def difficulty(self, question: Question) -> float:
        """The probability that one draw is right on this question."""
        rng = _rng(self.seed, "difficulty", question.id)
        chosen, (_, a, b) = rng.random(), self.parts[-1]
        for weight, part_a, part_b in self.parts:
            if chosen < weight:
                a, b = part_a, part_b
                break
            chosen -= weight
        return rng.betavariate(a, b)

    def answers(self, question: Question) -> tuple[list[str], list[float]]:
        """The possible answers of a question, the right one first, and their probabilities."""
        wrong = _wrong_answers(question, max(1, self.wrong))
        rng = _rng(self.seed, "wrong", question.id)
        weights = [rng.gammavariate(1.0, 1.0) for _ in wrong]
        p, total = self.difficulty(question), sum(weights)
        return [question.golds[0], *wrong], [p, *((1 - p) * w / total for w in weights)]


def _rng(*names: object) -> random.Random:
    return random.Random(hashlib.sha256(repr(names).encode()).digest())


def _wrong_answers(question: Question, count: int) -> Sequence[str]:
    if question.kind == "choice":  # by what they say: an option keeps its share in whatever place it stands
        options = sorted(zip(question.choices, question.letters, strict=True))
        return [letter for _, letter in options if letter not in question.golds][:count]
    if question.kind == "number":
        right = {Fraction(value) for gold in question.golds for value in numbers(gold)[:1]}
        near = [min(right, default=Fraction(0)) + step for step in range(1, count + len(right) + 1)]
        return [canonical(value) for value in near if value not in right][:count]
    return [f"wrong {i}" for i in range(1, count + 1)]


class Simulated:
    """The backend of `sim/…`."""

    endpoint = ""

    def __init__(self, model: str) -> None:
        self.model = model
        self.world = World.parse(model)
        self.traits = Traits(
            "simulation",
            batch=32,
            start=100,
            highest=100,
            defaults={"max_tokens": 1024},
            by_question=True,
            by_shown=True,
            abilities=frozenset({"logprobs", "alternatives", "temperature"}),
        )

    async def open(self) -> None:
        """Nothing to do."""

    def price(self) -> Price:
        """As declared."""
        return self.world.price

    async def complete(self, call: Call) -> list[Sample]:
        """One sample for each draw, from the declared distribution.

        Raises:
            ModelError: the question has no known answer, or a step that judges was not told what is shown.
        """
        if not call.question.golds:
            raise ModelError(
                f"{self.model} is a simulation: it needs questions whose right answer is known; "
                "name a real model to ask a question"
            )
        answers, weights = self.world.answers(call.question)
        shown = [grade(value, call.question) for value in call.parameters.get("shown", ())]
        return [self._draw(call, draw, answers, weights, shown) for draw in call.draws]

    def _draw(self, call: Call, draw: Draw, answers: list[str], weights: list[float], shown: list[bool]) -> Sample:
        world, parameters = self.world, call.parameters
        own = _rng(world.seed, self.model, draw.key)
        shared = _rng(world.seed, self.model, call.question.id, draw.replicate)
        source = shared if own.random() < world.rho**0.5 else own
        greedy = parameters.get("temperature") == 0
        judging = _rng(world.seed, self.model, call.request.key) if greedy else own
        values = parameters.get("shown", ())
        scene = Scene(
            answers, weights, shown, world.judge, greedy, source, judging, values, world.conform, world.convert
        )
        said = reply(parameters["step"], scene)
        top, cap = logprobs.asked(parameters), int(parameters["max_tokens"])
        tokens = min(cap, max(1, round(own.expovariate(1 / world.tokens)))) if world.tokens else 1
        cut = own.random() < world.truncate
        mute = own.random() < world.abstain
        return Sample(
            text="I cannot" if cut else "…" if mute else said.text,
            tokens_in=call.request.prompt.size // 4 + 1,
            tokens_out=cap if cut else tokens,
            seconds=world.seconds * own.lognormvariate(0.0, 0.5),
            finish="length" if cut else "stop",
            logprob=None if top is None else math.log(said.probability),
            confidence=None if top is None else self._confidence(said, top, draw),
            fingerprint="simulation",
        )

    def _confidence(self, said: Reply, top: int, draw: Draw) -> Confidence:
        return confidence(said, top, self.world.judge, _rng(self.world.seed, self.model, draw.key, "trace"))

    async def close(self) -> None:
        """Nothing to do."""
