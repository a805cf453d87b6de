"""What a scorer is: it gives one candidate a number."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from compound.core import Answer, Question, Sample, Step, Usage
from compound.strategies.part import Part

if TYPE_CHECKING:
    from compound.models.lm import LM
    from compound.strategies.bound import BoundScorer


@dataclass(frozen=True)
class Score:
    """What a scorer found.

    Attributes:
        value: higher is better; None where it found none (a reply that cannot be read, a failed call).
        usage: what scoring took.
        step: what was asked.
    """

    value: float | None
    usage: Usage = field(default_factory=Usage)
    step: Step | None = None


@dataclass(frozen=True, repr=False)
class Scorer(Part):
    """Gives one candidate a number, in the candidate's own lane; register it with `@scorer("name")`.

    What it sees is the question and that one candidate, so a score belongs to its candidate whatever the others
    are, and choosing by scores stays a free selector.

    Attributes:
        reads_candidate: whether it asks nothing and reads the candidate's own completion: what it needs, it needs
            of the models that the candidate asks.
    """

    reads_candidate: ClassVar[bool] = False

    @property
    def asks(self) -> Mapping[str, Any]:
        """Sampling parameters that the candidate's own calls must carry, such as `logprobs`."""
        return {}

    @abstractmethod
    async def score(self, question: Question, answer: Answer, lm: LM) -> Score:
        """The score of a candidate that gave an answer (one that abstained or failed is never scored).

        A call that fails after its retries raises `ModelFailure`: the candidate is then without a score.
        """

    def __matmul__(self, model: str) -> BoundScorer:
        from compound.strategies.bound import BoundScorer

        return BoundScorer(self, model)


def stated(answer: Answer) -> Sample | None:
    """The completion that states a candidate's answer; None where it follows from several."""
    return answer.step.samples[-1] if len(answer.step.samples) == 1 else None
