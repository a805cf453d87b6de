"""More thinking before one answer: reasoning effort, thinking budgets, and budget forcing.

Budget forcing: Muennighoff et al. 2025 (2501.19393).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from compound.answers import kind_named
from compound.core import (
    Answer,
    Chat,
    ExpressionError,
    Message,
    MissingAbilityError,
    ModelFailure,
    Prompt,
    Question,
    Sample,
    Step,
    Text,
    in_series,
)
from compound.strategies.conversation import Turn, as_chat, broken_off
from compound.strategies.cot import PROMPT
from compound.strategies.part import strategy
from compound.strategies.prompts import Prompted, fill

if TYPE_CHECKING:
    from compound.models.lm import LM

Parameters = dict[str, Any]
Form = Literal["continued text", "continued reply", "asked again"]

# What is appended to the model's own words, and what a model is told whose words cannot be continued.
WAIT, CONCLUDE = "\n\nWait", "\n\nThere is no time left to think. Final answer:"
ASK_WAIT = "Go through your work once more and look for a mistake in it. Then state your answer again. {format}"
ASK_CONCLUDE = "There is no time left to think. State your answer at once. {format}"

_ROOM = 1024  # tokens for the reply besides a thinking budget that the model itself keeps to
_CONCLUDING = 256  # tokens for the answer of a model that was cut off


@strategy("think")
class Think(Prompted):
    """One answer, with the thinking before it made longer or shorter.

    `effort` is the model's own setting. `budget` is the model's own cap on thinking where it has one; elsewhere the
    reply is cut off there and an answer is demanded. `again` lets it think again that often: its own words are
    continued with "Wait" where the model continues a text or its own reply; else it is asked to re-examine what it
    said. The names of the steps tell which form it was. More thinking may also undo a right answer: `overthought`.

    Args:
        prompt: another prompt, with `{question}` and `{format}` where they belong.
        effort: reasoning effort, for models that have it.
        budget: tokens of thinking at most.
        again: how often it thinks again; as long as the budget lasts.
    """

    paper: ClassVar[str] = "Muennighoff et al. 2025, 2501.19393"
    template: ClassVar[str] = PROMPT
    cost: ClassVar[str] = "<= again + 2"
    experimental: ClassVar[str] = "a hosted model with reasoning effort or thinking budgets (forcing is exercised)"

    effort: Literal[None, "low", "medium", "high"] = None
    budget: int | None = None
    again: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.effort is not None and self.budget is not None:
            raise ExpressionError("think: effort and budget both set the thinking: give one of them")
        if self.budget is not None and self.budget < 1:
            raise ExpressionError(f"think: budget must be at least 1 token, not {self.budget}")
        if self.again < 0:
            raise ExpressionError(f"think: again must be 0 or more, not {self.again}")

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`.

        Raises:
            MissingAbilityError: the model has no reasoning effort. Nothing was asked before.
        """
        able = await lm.abilities()
        own = self._own(lm.model, able)
        talk = _Talk(question, lm, self.prompt or self.template, self._form(lm, able, own))
        try:
            await self._think(talk, own)
        except ModelFailure as failure:
            return broken_off(self.name, talk.steps, failure)
        value = talk.steps[-1].value
        votes = {} if value is None else {value: 1}
        step = Step(self.name, value, (), tuple(flagged(question, talk.steps)))
        usage = in_series(sample.usage for sample in talk.samples)
        return Answer(value, talk.text, votes, abstained=int(value is None), usage=usage, step=step)

    async def _think(self, talk: _Talk, own: Parameters) -> None:
        forced = None if own else self.budget
        await talk.go_on("think", "answer", own or _most(forced))
        for _ in range(self.again):
            left = None if forced is None else forced - sum(sample.tokens_out for sample in talk.samples)
            if talk.samples[-1].truncated or (left is not None and left < 1):
                break
            await talk.go_on(talk.form, "again", own or _most(left), WAIT, ASK_WAIT)
        if forced and talk.samples[-1].truncated:
            await talk.go_on(f"{talk.form}, cut off", "conclude", _most(_CONCLUDING), CONCLUDE, ASK_CONCLUDE)

    def _own(self, model: str, abilities: frozenset[str]) -> Parameters:
        """The parameters that set the model's own thinking; empty where it has none, or none is wanted."""
        if self.effort is not None:
            if "effort" not in abilities:
                raise MissingAbilityError(
                    f"think needs effort of {model}: it has no reasoning effort to set, as far as is known "
                    "(compound models probe asks it); think(budget=500) and think(again=1) work with any model"
                )
            return {"reasoning_effort": self.effort}
        if self.budget is not None and "thinking" in abilities:
            thinking = {"type": "enabled", "budget_tokens": self.budget}
            return {"thinking": thinking, "max_tokens": self.budget + _ROOM}
        return {}

    def _form(self, lm: LM, abilities: frozenset[str], own: Parameters) -> Form:
        if own or (self.budget is None and not self.again):
            return "asked again"  # hidden thinking cannot be continued from outside
        if lm.plain:
            return "continued text"
        return "continued reply" if "prefill" in abilities else "asked again"


def _most(tokens: int | None) -> Parameters:
    return {} if tokens is None else {"max_tokens": tokens}


class _Talk:
    """One line of thought: what was said so far, in one of the forms, and a step for every call."""

    def __init__(self, question: Question, lm: LM, template: str, form: Form) -> None:
        self.question, self.lm, self.form = question, lm, form
        self._kind = kind_named(question.kind)
        self._fields = {"question": question.statement, "format": self._kind.ask(question)}
        self._opening = fill(template, **self._fields)
        self._turns: list[Turn] = []
        self.text = ""
        self.samples: list[Sample] = []
        self.steps: list[Step] = []

    async def go_on(self, name: str, asked: str, given: Parameters, cue: str = "", demand: str = "") -> None:
        """Let the model say more, after a cue in its own words or a demand in ours."""
        prompt = self._prompt(cue, fill(demand, **self._fields))
        stop = "\n\n" if asked == "conclude" else "\nQuestion:"  # where a text would run on
        ends: Parameters = {"stop": [stop]} if isinstance(prompt, Text) else {}
        sample = await self.lm.bind(**given, **ends).sample(prompt, step=asked)
        between = "\n\n" if self.form == "asked again" and self.text else cue
        self.text = f"{self.text.rstrip()}{between}{sample.text}"
        self.samples.append(sample)
        value = None if sample.finish == "refusal" else self._read(sample, alone=asked == "conclude")
        self.steps.append(Step(name, value, (sample,)))

    def _read(self, sample: Sample, alone: bool) -> str | None:
        """The answer that stands: a demanded one may be a turn that says nothing else."""
        texts = [sample.text, self.text] if alone and self.form == "asked again" else [self.text]
        read = (self._kind.parse(text, self.question, truncated=sample.truncated) for text in texts)
        return next((value for value in read if value is not None), None)

    def _prompt(self, cue: str, demand: str) -> Prompt:
        if self.form == "asked again":
            if self.samples:
                self._turns.append(Turn(self.samples[-1].text, demand))
            return as_chat(self._opening, self._turns)
        words = f"{self.text.rstrip()}{cue}"
        if self.form == "continued text":
            return Text(f"Question: {self._opening}\n\nReply:{words}")
        opening = Message("user", self._opening)
        return Chat((opening, Message("assistant", words)) if words else (opening,))


def flagged(question: Question, stages: Sequence[Step]) -> list[Step]:
    """The stages of one line of thought, those marked that changed an answer, or ended without the one before.

    A stage on the way that was cut off before its answer is passed over.
    """
    marked, before = [], None
    for stage in stages:
        lost = stage.value is None and stage is stages[-1]
        if before is not None and (lost or (stage.value and not _same(question, before, stage.value))):
            stage = replace(stage, children=(Step("overthinking", before),))
        marked.append(stage)
        before = stage.value or before
    return marked


def _same(question: Question, one: str, other: str) -> bool:
    return len(set(kind_named(question.kind).classes([one, other]))) == 1


def overthought(step: Step) -> bool:
    """Whether an answer that could be read was changed, or lost, by thinking on."""
    return any(node.name == "overthinking" for node in step.walk())
