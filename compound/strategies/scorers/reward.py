"""A function of one's own as a scorer: a reward model, a checker, a rule."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

from compound.core import Answer, ExpressionError, Question, nearest
from compound.strategies.part import scorer
from compound.strategies.scorer import Score, Scorer

if TYPE_CHECKING:
    from compound.models.lm import LM

Function = Callable[[Question, Answer], float | Awaitable[float | None] | None]
F = Callable[[Function], Function]
REWARDS: dict[str, Function] = {}


def reward(name: str) -> F:
    """Register a function `(question, answer) -> score` under a name, for `best_of(cot, by=reward("name"))`.

    Higher is better; None is no score. It may be async. It must not look at the question's gold answers: what
    it reports would not be a deployable strategy.
    """

    def register(function: Function) -> Function:
        REWARDS[name] = function
        return function

    return register


@scorer("reward")
class Reward(Scorer):
    """What a registered function gives a candidate.

    Args:
        function: the name that it was registered under.
    """

    paper: ClassVar[str] = "Cobbe et al. 2021, 2110.14168"
    cost: ClassVar[str] = "0"

    function: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.function not in REWARDS:
            known = nearest(self.function, REWARDS)
            raise ExpressionError(
                f"no reward function '{self.function}': {known}; @reward('{self.function}') registers one"
            )

    async def score(self, question: Question, answer: Answer, lm: LM) -> Score:
        """See `Scorer.score`. An error in the function is the user's to see, and is not caught."""
        found = REWARDS[self.function](question, answer)
        value: Any = await found if inspect.isawaitable(found) else found
        if value is None:
            return Score(None)
        if not isinstance(value, Real) or not math.isfinite(value):
            said = f"reward '{self.function}' gave {value!r} for question {question.id}"
            raise ExpressionError(f"{said}: return a finite number or None")
        return Score(float(value))
