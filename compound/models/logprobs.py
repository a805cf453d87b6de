"""Log-probabilities: how they are asked for, and what the replies of the different servers say of them.

They are asked for as the chat protocol names it: `logprobs=True`, and `top_logprobs=k` for the k most probable
alternatives of every token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from compound.core import Confidence, MissingAbilityError, ModelError, Sample

if TYPE_CHECKING:
    from compound.stats._types import FloatArray

PLACES = 4  # tokens whose alternatives are kept
WINDOW = 2048  # tokens of a DeepConf group
LOWEST = 0.1  # the share of the windows that `bottom` is the mean of
FLOOR = -9999.0  # what servers write for a probability of 0, where they do not write -Infinity


def asked(parameters: Mapping[str, Any]) -> int | None:
    """How many alternatives of a token are asked for; None where no log-probabilities are.

    Raises:
        ModelError: the two parameters are not what the chat protocol says.
    """
    wanted, top = parameters.get("logprobs"), parameters.get("top_logprobs")
    if wanted is not None and not isinstance(wanted, bool):
        raise ModelError(f"logprobs is {wanted!r}: set it to true, and top_logprobs to the alternatives of a token")
    if top is not None and (isinstance(top, bool) or not isinstance(top, int) or top < 0 or not wanted):
        raise ModelError(f"top_logprobs is {top!r}: a number of alternatives, together with logprobs: true")
    return (top or 0) if wanted else None


def as_one(parameters: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The parameters for a protocol that has one number, `name`, instead of the two; some take 0 for "none"."""
    top = asked(parameters)
    rest = {key: value for key, value in parameters.items() if key not in ("logprobs", "top_logprobs")}
    return rest if top is None else rest | {name: max(1, top)}


def lacks(sample: Sample, top: int | None) -> bool:
    """Whether a sample has not the log-probabilities that were asked for.

    An empty completion and a refusal have none, whatever the model can do.
    """
    if top is None or not sample.text or sample.finish == "refusal":
        return False
    return sample.logprob is None or (top > 0 and not (sample.confidence and sample.confidence.top))


def missing(model: str) -> MissingAbilityError:
    """The error for a model whose reply has none, or no alternatives."""
    return MissingAbilityError(
        f"{model} gave no log-probabilities (of the tokens, or of the alternatives), and they were asked for; what "
        "was drawn is kept: take a confidence that needs none, or a model that gives them (local/smollm2-135m does)"
    )


class _Told(NamedTuple):
    """What a reply says, as it says it: a log-probability for each token, and its alternatives in a row each."""

    tokens: Sequence[Any]
    names: Sequence[Sequence[Any]]
    values: Sequence[Sequence[Any]]


def read(choice: Any, top: int | None) -> tuple[float | None, Confidence | None]:
    """The log-probability of a completion, and its confidence.

    Three shapes are known: `logprobs.content` of the chat protocol (or `logprobs.refusal`), `logprobs` with
    `token_logprobs` and `top_logprobs` of the older completions, and `completion_probabilities` of llama.cpp.

    Args:
        choice: one of the choices of a reply.
        top: alternatives a token that were asked for; more are left out, since some servers add the chosen token.
            None: nothing was asked for, and nothing is read.

    Returns:
        The sum over the tokens, and the summary; None and None where there is nothing or it cannot be read.
    """
    if top is None:
        return None, None
    try:
        told = _told(choice)
        return _summary(told, top) if told.tokens else (None, None)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None, None


def _told(choice: Mapping[str, Any]) -> _Told:
    if "completion_probabilities" in choice:
        return _entries(choice["completion_probabilities"])
    said = choice["logprobs"]
    if "token_logprobs" in said:
        rows = [row or {} for row in said.get("top_logprobs") or ()]
        return _Told(said["token_logprobs"], [list(row) for row in rows], [list(row.values()) for row in rows])
    return _entries(said.get("content") or said.get("refusal") or ())


def _entries(entries: Sequence[Mapping[str, Any]]) -> _Told:
    rows = [entry.get("top_logprobs") or () for entry in entries]
    names = [[each["token"] for each in row] for row in rows]
    return _Told(
        [entry["logprob"] for entry in entries], names, [[each["logprob"] for each in row] for row in rows]
    )


def _numbers(values: Sequence[Any]) -> FloatArray:
    """Log-probabilities as an array. Raises ValueError or TypeError where one is none."""
    import numpy as np

    array = np.array(values, dtype=np.float64)
    if array.ndim != 1 or not (array < 1e-3).all():  # a hair above 0 is rounding; this refuses NaN too
        raise ValueError("not log-probabilities")
    return np.clip(array, FLOOR, 0.0)


def _summary(told: _Told, top: int) -> tuple[float, Confidence]:
    """The sum and the statistics; token confidences are over tokens that came with alternatives."""
    import numpy as np

    logprob, count = float(_numbers(told.tokens).sum()), len(told.tokens)
    values = _numbers(list(chain.from_iterable(told.values)))
    lengths = np.array([len(row) for row in told.values], dtype=np.int64)
    place = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((-values, place))  # stable: by place, the most probable first
    rank = np.arange(len(values)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    kept = order[rank < top]
    if not len(kept):
        return logprob, Confidence(count)
    found = np.bincount(place[kept])
    sums = np.bincount(place[kept], weights=values[kept])
    names = [str(name) for row in told.names[:PLACES] for name in row]
    first = [kept[place[kept] == i] for i in range(min(PLACES, len(lengths)))]
    alternatives = tuple(tuple((names[j], float(values[j])) for j in each) for each in first)
    statistics = _statistics(-sums[found > 0] / found[found > 0])
    return logprob, Confidence(count, alternatives, *statistics, top=int(found.max()))


def _statistics(confidence: FloatArray) -> tuple[float, float, float, float]:
    """Mean, tail, bottom and least of token confidences: the statistics of DeepConf (2508.15260)."""
    import numpy as np

    size = min(WINDOW, len(confidence))
    sums = np.concatenate([[0.0], np.cumsum(confidence)])
    windows = (sums[size:] - sums[:-size]) / size
    lowest = max(1, int(LOWEST * len(windows)))
    bottom = float(np.partition(windows, lowest - 1)[:lowest].mean())
    return float(sums[-1] / len(confidence)), float(windows[-1]), bottom, float(windows.min())
