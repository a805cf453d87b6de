"""Least-to-most prompting: Zhou et al. 2022 (2205.10625)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, ExpressionError, Question
from compound.strategies.base import Selection, Strategy
from compound.strategies.part import strategy
from compound.strategies.prompts import ask, fill
from compound.strategies.turns import answers_to, chained, listed, told, words

if TYPE_CHECKING:
    from compound.models.lm import LM

PLAN = """\
This is a problem to be solved later:
{question}

Which simpler questions lead to its answer, each of them building on those before? Do not answer them. Write at \
most {most}, one a line, numbered 1., 2. and so on, and nothing else."""

PART = """\
This is a problem that is solved in parts:
{question}
{parts}
Answer this part of it, and no more: {asked}"""

FINAL = """\
{question}
{parts}
Work it out with the help of what is known, in steps. {format}"""

KNOWN = "\n{asked}\n{text}\n"


@strategy("decompose")
class Decompose(Strategy):
    """Simpler questions first: one call lists them, each is answered with the answers before it, then the whole.

    Helps where a problem is longer than the model's usual ones; a wrong part misleads all that follow. Compare with
    `cot` at equal tokens. Without a list that can be read the question is asked as it is.

    Args:
        questions: simpler questions at most.
    """

    paper: ClassVar[str] = "Zhou et al. 2022, 2205.10625"
    selection: ClassVar[Selection] = "interactive"
    cost: ClassVar[str] = "<= questions + 2"

    questions: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.questions < 1:
            raise ExpressionError(f"decompose: questions must be at least 1, not {self.questions}")

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`. A part whose call fails, or is cut off, is left out."""
        plan = await told(lm, ask(PLAN, question, most=str(self.questions)), words, step="plan")
        chain, known = [plan], ""
        for asked in listed(plan, self.questions):
            part = await told(lm, ask(PART, question, parts=known, asked=asked), words, step="part")
            chain.append(part)
            if part.value is not None:
                known += fill(KNOWN, asked=asked, text=part.value)
        final = await told(lm, ask(FINAL, question, parts=known), answers_to(question), step="final")
        return chained(self, final, [*chain, final])
