"""A laboratory for compound-AI systems: is it worth calling your model many times, and how?

    from compound import CoT, Vote
    answer = Vote(CoT(), n=16).run("Is 91 prime?", model="openai/gpt-4o-mini")
    answer.value, answer.ballots, answer.usage.usd

Names are imported when they are used, so `import compound` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound.core import Answer, Question, Sample, Usage, UserError
    from compound.experiment import Experiment, Run
    from compound.strategies import (
        Bound,
        CoT,
        FewShot,
        Pooled,
        Single,
        Strategy,
        Vote,
        expand,
        more_agents,
        parse,
        self_consistency,
        strategy,
    )

_HOMES = {
    "compound.core": ("Answer", "Question", "Sample", "Usage", "UserError"),
    "compound.experiment": ("Experiment", "Run"),
    "compound.strategies": (
        "Bound", "CoT", "FewShot", "Pooled", "Single", "Strategy", "Vote", "expand", "more_agents", "parse",
        "self_consistency", "strategy",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Answer", "Bound", "CoT", "Experiment", "FewShot", "Pooled", "Question", "Run", "Sample", "Single", "Strategy",
    "Usage", "UserError", "Vote", "expand", "more_agents", "parse", "self_consistency", "strategy",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'compound' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
