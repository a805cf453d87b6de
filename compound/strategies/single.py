"""One call."""

from __future__ import annotations

from typing import ClassVar

from compound.strategies.part import strategy
from compound.strategies.prompts import Prompted

PROMPT = "{question}\n\n{format}"


@strategy("single")
class Single(Prompted):
    """One call that asks for the answer, without asking for reasoning: what everything else is compared with.

    Args:
        prompt: another prompt, with `{question}` and `{format}` where they belong.
    """

    paper: ClassVar[str] = "baseline"
    template: ClassVar[str] = PROMPT
