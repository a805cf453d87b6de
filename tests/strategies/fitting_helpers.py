"""What tests of fitting share: two simulated models of different skill and price, and fitting in a session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from compound.core import Answer, Question, Usage
from compound.models.session import Session, wait_for
from compound.strategies import Fitted, Strategy

WEAK = "sim/0.5*beta(9,2)+0.5*beta(2,6)?price=1/2&wrong=3"
STRONG = "sim/beta(30,2)?price=30/60&seed=4"


class Fit(NamedTuple):
    """What fitting gave, and what the meter says of it; then what the fitted one answers to other questions."""

    fitted: Fitted
    spent: Usage
    answers: list[Answer]


def fit(how: Strategy, train: Sequence[Question], then: Sequence[Question] = (), model: str = WEAK) -> Fit:
    async def done() -> Fit:
        async with Session() as session:
            found = await how.fit(train, lambda question: session.lm(model, question))
            spent = session.budget.spent
            solving = (found.strategy.solve(question, session.lm(model, question)) for question in then)
            return Fit(found, spent, await asyncio.gather(*solving))

    return wait_for(done())
