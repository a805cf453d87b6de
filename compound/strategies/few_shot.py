"""Worked examples before the question: Brown et al. 2020 (2005.14165)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from compound.core import Answer, Chat, ExpressionError, Message, Question, TaskError, Text
from compound.strategies.base import Strategy
from compound.strategies.part import strategy

if TYPE_CHECKING:
    from compound.models.lm import LM


@strategy("few_shot")
class FewShot(Strategy):
    """One call with worked examples of the task, which are never among the evaluated questions.

    Small models that are hardly tuned for chat answer a plain text much better: there the examples are a list
    of `Q: … / A: …` lines, and the reply ends with its line.

    Args:
        examples: how many, the same for every question.
        form: `chat` turns, a plain `text`, or what suits the model (`auto`).
    """

    paper: ClassVar[str] = "Brown et al. 2020, 2005.14165"

    examples: int = 4
    form: Literal["auto", "chat", "text"] = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.examples < 1:
            raise ExpressionError(f"few_shot: examples must be at least 1, not {self.examples}")

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        shown = tuple(e for e in question.examples if e.golds)[: self.examples]
        if len(shown) < self.examples:
            raise TaskError(
                f"few_shot needs {self.examples} worked examples and there are {len(shown)}: use a task with a "
                "'train' split, fewer examples, or cot"
            )
        if self.form == "text" or (self.form == "auto" and lm.plain):
            return self._leaf(question, await lm.sample(as_text(shown, question), stop=["\n"]))
        return self._leaf(question, await lm.sample(as_chat(shown, question)))


def as_text(examples: tuple[Question, ...], question: Question) -> Text:
    """The examples and the question as one text to continue."""
    blocks = [f"Q: {e.statement}\nA: {e.golds[0]}" for e in examples]
    return Text("\n\n".join([*blocks, f"Q: {question.statement}\nA:"]))


def as_chat(examples: tuple[Question, ...], question: Question) -> Chat:
    """The examples as turns that were answered as they should be."""
    turns = [
        message
        for e in examples
        for message in (Message("user", e.statement), Message("assistant", f"Answer: {e.golds[0]}"))
    ]
    return Chat((*turns, Message("user", question.statement)))
