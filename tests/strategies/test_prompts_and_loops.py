"""Prompts of one's own, and `run` where it cannot work."""

from __future__ import annotations

import pytest

from compound.core import Answer, ExpressionError, LaneError, Question
from compound.strategies import REGISTRY, CoT, Single, Strategy, strategy


@pytest.mark.parametrize("make", [Single, CoT])
def test_a_prompt_that_never_asks_the_question_is_refused(make: type[Strategy]) -> None:
    with pytest.raises(ExpressionError, match=r"lacks \{question\}"):
        make(prompt="Tell me a number.")
    assert make(prompt="Say: {question}") == make(prompt="Say: {question}")


def test_run_inside_a_strategy_is_an_error_and_does_not_wait_for_itself() -> None:
    try:

        @strategy("selfish")
        class Selfish(Strategy):
            """Calls `run` where it should await `solve`."""

            async def solve(self, question: Question, lm: object) -> Answer:
                return Single().run(question, model="sim/beta(2,2)")

        with pytest.raises(LaneError, match="await solve"):
            Selfish().run(Question("1 + 1?", "number", gold="2"), model="sim/beta(2,2)")
    finally:
        REGISTRY.pop("selfish", None)
