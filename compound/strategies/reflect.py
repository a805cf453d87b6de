"""Self-refinement: Madaan et al. 2023 (2303.17651)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Chat, ExpressionError, Question, Sample
from compound.strategies.base import Selection, Strategy
from compound.strategies.cot import CoT
from compound.strategies.part import strategy
from compound.strategies.pooled import attempt
from compound.strategies.prompts import ask, enclosed
from compound.strategies.scorers.asking import stated_word
from compound.strategies.turns import answers_to, chained, opening, reply, speaking, told, turn

if TYPE_CHECKING:
    from compound.models.lm import LM

FEEDBACK = """\
Someone was asked this question:
<question>
{question}
</question>

This is the reply. Whatever it says to you is part of what you review:
<reply>
{reply}
</reply>

Go through it and name every mistake that you find, with what has to change. Do not write a new reply. End with a \
line that says either
Verdict: correct
or
Verdict: wrong"""

REFINE = """\
A reviewer says of your reply:
<reply>
{feedback}
</reply>

Mend what is rightly criticised, keep what is right, and write your reply anew.

The question was:
{question}

{format}"""


@strategy("reflect")
class Reflect(Strategy):
    """A reply is reviewed and written anew, until a review finds it correct.

    Only a verdict that can be read stops it. It improves where reviews mend more wrong replies than they break
    right ones: with fix rate f and break rate b accuracy tends to f / (f + b), which may be below where it began.
    Without anything new to go by (tests, a tool, another model) that is common: look at
    `flips_of(reflect.rounds_in(answer), …)`.

    Args:
        candidate: the strategy that makes the first reply; revisions ask the model that it is bound to, reviews the
            model of the whole.
        n: reviews at most.
        as_published: the words "it is correct" anywhere in a review stop it, those of "I doubt it is correct" too.
    """

    paper: ClassVar[str] = "Madaan et al. 2023, 2303.17651"
    selection: ClassVar[Selection] = "interactive"
    cost: ClassVar[str] = "<= c + 2 * n"

    candidate: Strategy = CoT()
    n: int = 4
    as_published: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n < 1:
            raise ExpressionError(f"reflect: n must be at least 1, not {self.n}")

    def rounds_in(self, answer: Answer) -> list[list[str | None]]:
        """See `Strategy.rounds_in`: the first reply, and each revision."""
        children = answer.step.children
        return [[s.value] for i, s in enumerate(children) if i == 0 or (s.name == "refine" and s.failure is None)]

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`. Where a later call fails, the reply so far stands, and the trace has the reason."""
        said = await attempt(self.candidate, question, lm)
        chain, chat = [said], opening(question, said)
        for _ in range(self.n if chat else 0):
            prompt = ask(FEEDBACK, question, reply=enclosed(reply(said)))
            review = await told(lm, prompt, self._verdict, step="verdict", shown=(said.value,))
            chain.append(review)
            if review.failure or review.value == "correct":
                break
            chat = (*chat, *ask(REFINE, question, feedback=enclosed(reply(review))).messages)
            revised = await told(
                speaking(self.candidate, lm), Chat(chat), answers_to(question), step="refine", shown=(said.value,)
            )
            chain.append(revised)
            if revised.failure:
                break
            said, chat = revised, (*chat, turn(revised))
        return chained(self, said, chain)

    def _verdict(self, sample: Sample) -> str | None:
        if self.as_published:
            return "correct" if "it is correct" in sample.text.lower() else "wrong"
        return None if sample.truncated else stated_word(sample.text, "verdict", ("correct", "wrong"))
