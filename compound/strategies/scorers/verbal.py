"""Stated confidence, 0 to 100: Taubenfeld et al. 2025 (2502.06233); Tian et al. 2023 (2305.14975)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question, Sample
from compound.strategies.part import scorer
from compound.strategies.scorer import Score, Scorer
from compound.strategies.scorers.asking import OWN_REPLY, asked, stated_number

if TYPE_CHECKING:
    from compound.models.lm import LM

PROMPT = (
    OWN_REPLY
    + """\
How sure are you that your answer is right? Say a number from 0 (certainly wrong) to 100 (certainly right), in a \
line of the form
Confidence: <number>"""
)


@scorer("verbal")
class Verbal(Scorer):
    """The confidence that the model states when it is shown its own reply, 0 … 1. Usually far too high."""

    paper: ClassVar[str] = "Taubenfeld et al. 2025, 2502.06233"

    async def score(self, question: Question, answer: Answer, lm: LM) -> Score:
        """See `Scorer.score`."""
        return await asked(PROMPT, question, answer, lm, _read, step="confidence")


def _read(sample: Sample) -> float | None:
    said = None if sample.truncated else stated_number(sample.text, "confidence", 0, 100)
    return None if said is None else said / 100
