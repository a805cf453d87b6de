"""What scorers that ask a model have in common: one prompt about one candidate, and reading what it says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from compound.core import Answer, ModelFailure, Prompt, Question, Sample, Step, in_parallel
from compound.strategies.pooled import branches
from compound.strategies.prompts import ask, enclosed
from compound.strategies.scorer import Score

if TYPE_CHECKING:
    from compound.models.lm import LM

_GAP = r"\s{0,9}[*_#]{0,3}\s{0,9}"  # bounded: a reply of nothing but space must not take minutes
_IS = f"{_GAP}[:=]{_GAP}"
_NUMBER = r"-?\d{1,6}(?:\.\d{1,6})?"

# What a prompt about the model's own reply begins with.
OWN_REPLY = """\
You were asked this question:
<question>
{question}
</question>

And you replied:
<reply>
{candidate}
</reply>

"""

Reader = Callable[[Sample], float | None]


async def asked(
    template: str,
    question: Question,
    answer: Answer,
    lm: LM,
    read: Reader,
    *,
    step: str,
    n: int = 1,
    **parameters: Any,
) -> Score:
    """Ask about a candidate `n` times; the score is the mean of the replies that can be read, None without any."""
    prompt = ask(template, question, candidate=enclosed(answer.text))
    given: dict[str, Any] = {"step": step, "shown": (answer.value,), **parameters}
    # One reply is asked for in the candidate's own lane: that is where a recorded verdict is found.
    samples, failed = ([await lm.sample(prompt, **given)], []) if n == 1 else await replies(lm, prompt, n, **given)
    values = [value for value in map(read, samples) if value is not None]
    usage = in_parallel(sample.usage for sample in samples)
    value = math.fsum(values) / len(values) if values else None
    return Score(value, usage, Step(step, None if value is None else f"{value:g}", tuple(samples), tuple(failed)))


async def replies(lm: LM, prompt: Prompt, n: int, *, step: str, **given: Any) -> tuple[list[Sample], list[Step]]:
    """What the forks 0 … n - 1 were told, and a step for each whose call failed: the others are kept."""

    async def one(fork: LM) -> Sample | Step:
        try:
            sample: Sample = await fork.sample(prompt, step=step, **given)
        except ModelFailure as failure:
            return Step(step, failure=str(failure))
        return sample

    found = await branches(one(lm.fork(i)) for i in range(n))
    return [f for f in found if isinstance(f, Sample)], [f for f in found if isinstance(f, Step)]


def after(text: str, label: str) -> str | None:
    """What follows the last `label:` of a reply; None where there is none."""
    ends = [found.end() for found in re.finditer(rf"\b{label}{_IS}", text, re.IGNORECASE)]
    return text[ends[-1] :] if ends else None


def stated_number(text: str, label: str, low: float, high: float) -> float | None:
    """The number after the last `label:` of a reply, or a reply that is one number; None if it is out of range."""
    said = after(text, label)
    alone = rf"({_NUMBER})\.?"
    found = re.fullmatch(alone, text.strip()) if said is None else re.match(rf"({_NUMBER})(?![\d.,]*\d)", said)
    value = None if found is None else float(found[1])
    return value if value is not None and low <= value <= high else None


def stated_word(text: str, label: str, words: Sequence[str]) -> str | None:
    """The one of some words after the last `label:` of a reply, or a reply that is one of them; in lower case."""
    pattern = "|".join(map(re.escape, words))
    said = after(text, label)
    if said is None:
        found = re.fullmatch(rf"\W*({pattern})\W*", text, re.IGNORECASE)
    else:
        found = re.match(rf"({pattern})\b", said, re.IGNORECASE)
    return None if found is None else found[1].lower()


def chances(sample: Sample, words: Sequence[str]) -> dict[str, float]:
    """The probability of each of some words at the first token that is no mere punctuation, as far as reported.

    A token stands for a word that it begins (without regard to case and punctuation); the probabilities are not
    normalised. Empty if the most probable token there is none of the words: in "In|correct" or "It is not| correct"
    a later token would say the opposite.
    """
    if sample.confidence is None:
        return {}
    for alternatives in sample.confidence.alternatives:
        named = [(_begun(token, words), math.exp(logprob)) for token, logprob in alternatives]
        if not named or not _bare(alternatives[0][0]):
            continue
        found = {word: math.fsum(p for w, p in named if w == word) for word, _ in named if word is not None}
        return {} if named[0][0] is None else found
    return {}


def _bare(token: str) -> str:
    return token.strip(" \t\r\n*_`\"'.,:;!()[]").lower()


def _begun(token: str, words: Sequence[str]) -> str | None:
    """The word that a token begins."""
    said = _bare(token)
    return next((w for w in words if said and w.lower().startswith(said)), None)
