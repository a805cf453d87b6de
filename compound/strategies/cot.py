"""Chain of thought: Wei et al. 2022 (2201.11903), zero-shot as in Kojima et al. 2022 (2205.11916)."""

from __future__ import annotations

from typing import ClassVar

from compound.strategies.part import strategy
from compound.strategies.prompts import Prompted

PROMPT = "{question}\n\nWork it out in steps before you answer. {format}"


@strategy("cot")
class CoT(Prompted):
    """One call that asks for the reasoning first.

    Helps where a problem has steps; costs the tokens of the reasoning. A reply that is cut off before its
    answer abstains: give it room (`max_tokens`).

    Args:
        prompt: another prompt, with `{question}` and `{format}` where they belong.
    """

    paper: ClassVar[str] = "Wei et al. 2022, 2201.11903; Kojima et al. 2022, 2205.11916"
    template: ClassVar[str] = PROMPT
