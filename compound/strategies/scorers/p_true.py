"""P(True): the probability that the model calls its own answer correct. Kadavath et al. 2022 (2207.05221)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question, Sample
from compound.strategies.part import scorer
from compound.strategies.scorer import Score, Scorer
from compound.strategies.scorers.asking import OWN_REPLY, asked, chances

if TYPE_CHECKING:
    from compound.models.lm import LM

PROMPT = (
    OWN_REPLY
    + """\
Is the answer in this reply correct or wrong? Say one word, correct or wrong."""
)


@scorer("p_true")
class PTrue(Scorer):
    """The share of `correct` in the probability of a one-word verdict on the model's own reply, 0 … 1."""

    paper: ClassVar[str] = "Kadavath et al. 2022, 2207.05221; Taubenfeld et al. 2025, 2502.06233"
    needs: ClassVar[frozenset[str]] = frozenset({"alternatives"})

    async def score(self, question: Question, answer: Answer, lm: LM) -> Score:
        """See `Scorer.score`."""
        return await asked(
            PROMPT, question, answer, lm, _read, step="verdict", max_tokens=4, logprobs=True, top_logprobs=20
        )


def _read(sample: Sample) -> float | None:
    found = chances(sample, ("correct", "wrong"))
    total = sum(found.values())
    return found.get("correct", 0.0) / total if total else None
