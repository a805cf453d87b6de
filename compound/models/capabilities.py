"""What is known of a model's abilities: what was probed, kept in a file beside the store; else what is listed.

A probe is of one model at one address. What it found out stands instead of what a list says or a backend assumes.
What it could not decide changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from compound.core import MissingAbilityError, StoreError
from compound.models.backend import Backend, Traits
from compound.store.whole import whole

FILE = "capabilities.json"
ABILITIES = frozenset({"temperature", "logprobs", "alternatives", "prefill", "effort", "thinking"})
"""Those of `Traits.abilities` that can be probed."""

# The parameters that ask for an ability.
_ASKS_FOR = {
    "temperature": "temperature", "logprobs": "logprobs", "top_logprobs": "alternatives",
    "reasoning_effort": "effort", "thinking": "thinking",
}  # fmt: skip
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe says of one ability.

    Attributes:
        can: whether the model has it; None: the replies do not decide it.
        said: what was seen, in a few words.
    """

    can: bool | None
    said: str


@dataclass(frozen=True)
class Capabilities:
    """What a probe found out.

    Attributes:
        model: the model id.
        endpoint: the configured base URL or the hash of the weights, as in `Request`.
        probed: the day, YYYY-MM-DD.
        tokens: what the probe took.
        usd: what it cost; None: unknown.
        findings: by ability: those of `ABILITIES`; and `n`, `seed`, `usage`, `max_tokens`, `system` (a system
            message is heeded), `temperature 2` (one as high as that is taken).
    """

    model: str
    endpoint: str
    probed: str
    tokens: float
    usd: float | None
    findings: Mapping[str, Finding]

    def can(self, ability: str) -> bool | None:
        """Whether the model has an ability; None where that was not found out."""
        return self.findings[ability].can if ability in self.findings else None

    def amended(self, traits: Traits) -> Traits:
        """The traits of the model's backend, with what was found out in the place of what was assumed."""
        gained = {name for name in ABILITIES if self.can(name)}
        lost = {name for name in ABILITIES if self.can(name) is False}
        batch = 1 if self.can("n") is False else traits.batch
        return replace(traits, batch=batch, abilities=traits.abilities - lost | gained)

    @property
    def one_by_one(self) -> str:
        """What to say of a model that ignores or refuses n."""
        return (
            f"{self.model} gives one completion a call (found out {self.probed}; compound models probe looks "
            "again): each pays for the prompt"
        )

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Make sure that no parameter asks for what the model has not: before a call, not by its reply.

        Raises:
            MissingAbilityError: names the parameter, the model and the way out.
        """
        for parameter, ability in _ASKS_FOR.items():
            asked = parameters.get(parameter)
            if asked is not None and asked is not False and self.can(ability) is False:  # a temperature may be 0
                raise MissingAbilityError(
                    f"{self.model} takes no {parameter} ({self.findings[ability].said}; probed {self.probed}): set "
                    "it to null in `parameters:`, take a strategy that needs none, or another model; if this one "
                    "has changed, probe it again (compound models probe)"
                )


def known(backend: Backend) -> dict[str, bool]:
    """What is known of a model's abilities without asking it; what is missing is unknown."""
    listed: Callable[[], dict[str, bool]] | None = getattr(backend, "known", None)
    if listed is not None:
        return listed()
    if backend.traits.tier not in ("local model", "simulation"):
        return {}
    return {name: name in backend.traits.abilities for name in ABILITIES} | {"n": backend.traits.batch > 1}


def beside(store: Path) -> Path:
    """Where what was probed is kept: in the folder of the sample store."""
    return store.with_name(FILE)


def read(path: Path) -> list[Capabilities]:
    """What was probed, by model id and address; nothing where there is no file.

    Raises:
        StoreError: the file cannot be read, or is something else.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] != _VERSION:
            raise ValueError(f"version {kept['version']}, here {_VERSION}")
        return [_read(one) for one in kept["models"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} cannot be read ({error}): delete it, and probe again (compound models probe)"
        ) from error


def find(path: Path, backend: Backend) -> Capabilities | None:
    """What was probed of a model at its address; None where it was not. Raises as `read` does."""
    # The id first: the address of a local model may be a hash over gigabytes.
    return next((c for c in read(path) if c.model == backend.model and c.endpoint == backend.endpoint), None)


def keep(path: Path, found: Capabilities) -> None:
    """Put what was probed into the file, in the place of an earlier probe. The file is written whole.

    Raises:
        StoreError: the file cannot be read or written.
    """
    others = [c for c in read(path) if (c.model, c.endpoint) != (found.model, found.endpoint)]
    models = [asdict(c) for c in sorted([*others, found], key=lambda c: (c.model, c.endpoint))]
    text = json.dumps({"version": _VERSION, "models": models}, indent=2, ensure_ascii=False)
    try:
        with whole(path) as unfinished:
            unfinished.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; what was probed is not kept") from error


def by_answer(findings: Mapping[str, Finding]) -> dict[bool | None, Sequence[str]]:
    """The names of the abilities by what was found: there, not there, undecided."""
    return {can: [name for name, each in findings.items() if each.can is can] for can in (True, False, None)}


def _read(one: Mapping[str, Any]) -> Capabilities:
    findings = {name: Finding(**finding) for name, finding in one["findings"].items()}
    return Capabilities(**{**one, "findings": findings})
