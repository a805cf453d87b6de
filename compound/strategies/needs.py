"""What a strategy needs of its models and of this machine, checked before the first call is paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compound.core import MissingAbilityError
from compound.strategies.bound import Bound, BoundScorer
from compound.strategies.part import Part

if TYPE_CHECKING:
    from compound.models.lm import LM

_WAY_OUT = {
    "logprobs": "it reports no log-probabilities; a local model or a server of your own does (compound models)",
    "scores": "no scores were recorded with its samples; a judge or a reward function needs none",
}


def parts(part: Part, model: str) -> Iterator[tuple[Part, str]]:
    """A part and all inside it, each with the model that it asks."""
    if isinstance(part, Bound | BoundScorer):
        yield from parts(part.part, part.model)
        return
    yield part, model
    for one in part.inner():
        yield from parts(one, model)


async def check_needs(part: Part, lm: LM) -> None:
    """Make sure that every part can do its work.

    Raises:
        MissingAbilityError: names the part, the model and the way out.
        SandboxError: a part runs code, and there is no sandbox here.
    """
    for one, model in parts(part, lm.model):
        if "sandbox" in one.needs:
            from compound.sandbox import Sandbox

            await Sandbox().probe()
        wanted = one.needs - {"sandbox"}
        missing = sorted(wanted - await lm.at(model).abilities()) if wanted else []
        if missing:
            raise MissingAbilityError(f"{one.name} needs {missing[0]} of {model}: {_WAY_OUT[missing[0]]}")
