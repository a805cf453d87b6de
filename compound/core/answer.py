"""What a strategy returns: the answer and the evidence behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from compound.core.sample import Sample
from compound.core.usage import Usage


@dataclass(frozen=True)
class Step:
    """A node of the tree that led to an answer.

    Attributes:
        name: the strategy's expression, or what was asked (`answer`, `judge`, …).
        value: the parsed answer at this node; None if it abstained.
        samples: the completions (or embeddings) asked for at this node itself.
        children: the steps below it.
        failure: why it has no answer, where a call failed.
    """

    name: str
    value: str | None = None
    samples: tuple[Sample, ...] = ()
    children: tuple[Step, ...] = ()
    failure: str | None = None

    def walk(self) -> Iterator[Step]:
        """This node and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Answer:
    """A parsed answer with its ballots, its usage, and the steps that led to it.

    Attributes:
        value: the canonical answer; None if the strategy abstained.
        text: the model's words behind the value.
        ballots: how many candidates gave each answer, most votes first.
        abstained: candidates that gave no readable answer.
        failed: candidates that are owed, since their calls failed; `step` has the reasons.
        usage: what it took.
        step: the tree of steps.
        score: what a scorer said of it, higher is better; None if nobody asked, or nothing could be read.
    """

    value: str | None
    text: str = ""
    ballots: dict[str, int] = field(default_factory=dict)
    abstained: int = 0
    failed: int = 0
    usage: Usage = field(default_factory=Usage)
    step: Step = field(default_factory=lambda: Step("answer"), repr=False)
    score: float | None = None

    @property
    def samples(self) -> list[Sample]:
        """Every completion, and every embedding, behind the answer."""
        return [sample for node in self.step.walk() for sample in node.samples]

    @property
    def failure(self) -> str | None:
        """The reason, if the answer itself is missing because a call failed."""
        return self.step.failure
