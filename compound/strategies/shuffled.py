"""The options of a choice question in another order, the third stage of Medprompt: Nori et al. (2311.16452)."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question, Step
from compound.core.question import LETTERS
from compound.strategies.base import Strategy
from compound.strategies.part import strategy

if TYPE_CHECKING:
    from compound.models.lm import LM


@strategy("shuffled")
class Shuffled(Strategy):
    """Asks a choice question with its options in another order, and maps the letter back. Others stay as they are.

    Branch i of a pool shows order i of a balanced Latin square: over as many branches as there are options each
    option stands once in each place, so a liking for a place cancels out in a vote. A simulated model has none:
    its answers go with their options.

    Args:
        candidate: what is asked.
    """

    paper: ClassVar[str] = "Nori et al. 2023, 2311.16452; Zheng et al. 2023, 2309.03882"
    cost: ClassVar[str] = "c"

    candidate: Strategy

    @property
    def sources(self) -> int:
        """See `Strategy.sources`."""
        return self.candidate.sources

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`.

        Raises:
            MissingAbilityError: a recording was made with the options in one order.
        """
        if question.kind != "choice":
            return await self.candidate.solve(question, lm)
        order = order_of(len(question.choices), lm.lane[-1], question.id)
        asked = reordered(question, order)
        return _mapped(await self.candidate.solve(asked, lm.about(asked)), order)


def order_of(options: int, branch: int, salt: str) -> tuple[int, ...]:
    """Which option stands in each place.

    Rows of a Latin square in the construction of Williams (1949, Aust. J. Sci. Res. A 2, 149-168): for an even
    number of options every option also follows every other once. The options are dealt to its symbols at random,
    anew after as many rows as there are options.

    Args:
        options: how many there are.
        branch: the row, 0, 1, …
        salt: what the dealing depends on, such as the id of the question.
    """
    if not options:
        return ()
    square, row = divmod(branch, options)
    dealt = list(range(options))
    random.Random(f"{salt}/{square}").shuffle(dealt)
    first = [(-(place // 2) if place % 2 == 0 else place // 2 + 1) % options for place in range(options)]
    return tuple(dealt[(symbol + row) % options] for symbol in first)


def reordered(question: Question, order: tuple[int, ...]) -> Question:
    """The question with its options in this order; its gold letters follow them, its id stays."""
    letter = {LETTERS[old]: LETTERS[new] for new, old in enumerate(order)}
    golds = tuple(letter.get(gold, gold) for gold in question.golds)
    gold = None if question.gold is None else golds[0] if isinstance(question.gold, str) else golds
    return replace(question, choices=tuple(question.choices[old] for old in order), gold=gold, id=question.id)


def _mapped(answer: Answer, order: tuple[int, ...]) -> Answer:
    """The answer in the letters of the question as it is; the text says which they are."""
    letter = {LETTERS[new]: LETTERS[old] for new, old in enumerate(order)}
    if answer.value is None:
        return replace(answer, step=Step("shuffled", None, (), (answer.step,), answer.failure))
    value = letter[answer.value]
    return replace(
        answer,
        value=value,
        text=f"{answer.text}\n[the options were shuffled; in their own order:]\nAnswer: {value}",
        ballots={letter[vote]: count for vote, count in answer.ballots.items()},
        step=Step("shuffled", value, (), (answer.step,)),
    )
