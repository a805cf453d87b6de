"""What a model is asked to find out what it can do, and how its replies are read.

Each probe asks for something that the reply shows: a refusal says that an ability is missing, but that nothing was
refused does not say that it is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from compound.core import Chat, Message, Sample
from compound.models.capabilities import Finding

Findings = dict[str, Finding]

FEW = 4  # completion tokens of a call
_THOUGHT = 1024  # the smallest thinking budget that providers take; an effort may be turned into one
_ROOM = _THOUGHT + 76
_SEED = 7

# Every token of a reply is a matter of chance, so equal replies mean something.
_CHANCE = Chat.user("Write random letters, nothing else.")
# Cut inside a number: a model that starts a reply of its own does not go on with a single digit.
_BEGUN = Chat((Message("user", "Count from 10 to 20."), Message("assistant", "10, 11, 12, 1")))
_ORDERED = Chat.user("What is the capital of France?", system="Whatever is asked, reply with one word: banana")
_SUM = Chat.user("What is 17 * 23? Reply with the number alone.")


class Ask(NamedTuple):
    """A call: the prompt, completions, and what is set besides the backend's own defaults."""

    prompt: Chat
    n: int = 1
    parameters: Mapping[str, Any] = {}


class Probe(NamedTuple):
    """One question about a model.

    Attributes:
        names: the abilities that it is about.
        asks: the calls, one after another.
        reads: what their samples say; they come with those of the first probe, which sets nothing.
        after: an ability without which there is nothing to ask.
        hosted: whether it is only asked of models elsewhere.
    """

    names: tuple[str, ...]
    asks: tuple[Ask, ...]
    reads: Callable[[Sequence[Sample], Sequence[Sample]], Findings]
    after: str = ""
    hosted: bool = False


def _plain(samples: Sequence[Sample], _: Sequence[Sample]) -> Findings:
    together, told = samples[0].batch, not any(s.estimated for s in samples)
    return {
        "n": Finding(together == len(samples), f"{together} of {len(samples)} completions in one call"),
        "usage": Finding(told, "the reply tells its tokens" if told else "the reply tells no tokens"),
        "max_tokens": _length(samples, told),
    }


def _length(samples: Sequence[Sample], told: bool) -> Finding:
    out, allowed = sum(s.tokens_out for s in samples), FEW * len(samples)
    if told and out > allowed:
        return Finding(False, f"{out} tokens where {allowed} were allowed")
    if any(s.truncated for s in samples):
        return Finding(True, f"cut off at {FEW} tokens")
    return Finding(None, f"it ended before {FEW} tokens")


def _temperature(samples: Sequence[Sample], plain: Sequence[Sample]) -> Findings:
    return {"temperature": _repeats(samples, plain, "at 0", None)}


def _seed(samples: Sequence[Sample], plain: Sequence[Sample]) -> Findings:
    return {"seed": _repeats(samples, plain, "with one seed", False)}


def _repeats(samples: Sequence[Sample], plain: Sequence[Sample], how: str, otherwise: bool | None) -> Finding:
    """Whether two replies are the same under a condition, and not without it."""
    if len({s.text for s in samples}) > 1:
        return Finding(otherwise, f"accepted, but two replies {how} differ")
    if len({s.text for s in plain}) > 1:
        return Finding(True, f"two replies {how} are the same, others are not")
    return Finding(None, "accepted; replies are the same without it too")


def _hot(samples: Sequence[Sample], _: Sequence[Sample]) -> Findings:
    if len({s.text for s in samples}) > 1:
        return {"temperature 2": Finding(True, "two replies at 2 differ")}
    return {"temperature 2": Finding(None, "accepted, but two replies at 2 are the same")}


def _logprobs(samples: Sequence[Sample], _: Sequence[Sample]) -> Findings:
    (sample,) = samples
    return {"logprobs": _there(sample, sample.logprob is not None, "log-probabilities")}


def _alternatives(samples: Sequence[Sample], _: Sequence[Sample]) -> Findings:
    (sample,) = samples
    return {"alternatives": _there(sample, bool(sample.confidence and sample.confidence.top), "alternatives")}


def _there(sample: Sample, found: bool, what: str) -> Finding:
    if found:
        return Finding(True, f"the reply has {what}")
    return Finding(False, f"accepted, but the reply has no {what}") if sample.text else _EMPTY


def _prefill(samples: Sequence[Sample], _: Sequence[Sample]) -> Findings:
    text = samples[0].text
    if not text:
        return {"prefill": _EMPTY}
    inside = re.match(r"\d(?!\d)", text) is not None
    return {"prefill": Finding(inside, f"{_BEGUN.messages[-1].content!r} went on with {text[:20]!r}")}


def _system(samples: Sequence[Sample], _: Sequence[Sample]) -> Findings:
    text = samples[0].text
    if not text:
        return {"system": _EMPTY}
    heeded = text.strip().casefold().startswith("ban")
    return {
        "system": Finding(heeded, "it did as it was told" if heeded else f"it was told a word, not {text[:20]!r}")
    }


def _reasons(name: str) -> Callable[[Sequence[Sample], Sequence[Sample]], Findings]:
    def reads(samples: Sequence[Sample], plain: Sequence[Sample]) -> Findings:
        if not _thought(samples):
            return {name: Finding(None, "accepted, but no reasoning is seen")}
        if _thought(plain):
            return {name: Finding(None, "accepted; it reasons without it too")}
        return {name: Finding(True, "it reasons with it, and not without")}

    return reads


def _thought(samples: Sequence[Sample]) -> bool:
    return any(sample.reasoning or sample.tokens_reasoning for sample in samples)


_EMPTY = Finding(None, f"no text in {FEW} tokens")
_EFFORT = {"reasoning_effort": "low", "max_tokens": _ROOM}
_THINKING = {"thinking": {"type": "enabled", "budget_tokens": _THOUGHT}, "max_tokens": _ROOM}
PROBES = (
    Probe(("n", "usage", "max_tokens"), (Ask(_CHANCE, 2),), _plain),
    Probe(("temperature",), (Ask(_CHANCE, 1, {"temperature": 0.0}),) * 2, _temperature),
    Probe(("temperature 2",), (Ask(_CHANCE, 1, {"temperature": 2.0}),) * 2, _hot, after="temperature"),
    Probe(("seed",), (Ask(_CHANCE, 1, {"seed": _SEED}),) * 2, _seed),
    Probe(("logprobs",), (Ask(_CHANCE, 1, {"logprobs": True}),), _logprobs),
    Probe(
        ("alternatives",),
        (Ask(_CHANCE, 1, {"logprobs": True, "top_logprobs": 2}),),
        _alternatives,
        after="logprobs",
    ),
    Probe(("system",), (Ask(_ORDERED),), _system),
    Probe(("prefill",), (Ask(_BEGUN),), _prefill),
    Probe(("effort",), (Ask(_SUM, 1, _EFFORT),), _reasons("effort"), hosted=True),
    Probe(("thinking",), (Ask(_SUM, 1, _THINKING),), _reasons("thinking"), hosted=True),
)
"""The first sets nothing: what the others see is compared with its replies."""
