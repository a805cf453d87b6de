"""One question and one sample as a file tells them, checked field by field.

The names are ours; every format maps its own onto them:

    {"question_id": "date-0", "question": "What is …?", "gold": "11/22/2002", "choices": [], "cluster": "date",
     "text": "First, …", "answer": "11/22/2002", "correct": true, "tokens_in": 97, "tokens_out": 211, "usd": 0.001,
     "seconds": 1.2, "logprob": -3.1, "score": 0.8, "step": "answer", "model": "gpt-4", "temperature": 0.7,
     "prompt_style": "cot"}
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from compound.store.pools.errors import FieldError, shown

QUESTION = ("question_id", "question", "gold", "choices", "cluster")
SHARED = ("model", "temperature", "prompt_style")  # a question may say them for all its samples


@dataclass(frozen=True)
class Asked:
    """A question of a pool: `golds` are the right answers as given, None where nobody stated one."""

    id: str
    text: str
    golds: tuple[str, ...] | None
    choices: tuple[str, ...]
    cluster: str | None
    metadata: str


class Given(NamedTuple):
    """A sample of a pool. `answered`: whether its answer was recorded; None is an abstention then."""

    text: str
    answered: bool
    answer: str | None
    correct: bool | None
    tokens_in: int | None
    tokens_out: int | None
    usd: float | None
    seconds: float | None
    logprob: float | None
    score: float | None
    step: str
    model: str | None
    temperature: float | None
    prompt_style: str | None
    extra: str | None


class Row(NamedTuple):
    """What a format yields: where it stands, a question's fields, and the fields of some of its samples."""

    where: str
    question: Mapping[str, Any]
    samples: list[Mapping[str, Any]]


def asked_of(fields: Mapping[str, Any], *, gold_needed: bool = True) -> Asked:
    """The question of a row; what is none of our fields goes to its metadata.

    Raises:
        FieldError: names the field.
    """
    text = fields.get("question")
    if text is None:
        raise FieldError(f"no field 'question'; there is: {', '.join(map(str, fields)) or 'nothing'}")
    if not isinstance(text, str) or not text.strip():
        raise FieldError(f"question: {shown(text)} is not the text of a question")
    if "gold" not in fields and gold_needed:
        raise FieldError(
            "no field 'gold' (null where nobody knows it), and no sample says whether it is 'correct'; there is: "
            + ", ".join(map(str, fields))
        )
    choices = fields.get("choices")
    if choices is not None and not (isinstance(choices, list) and all(isinstance(c, str | int) for c in choices)):
        raise FieldError(f"choices: {shown(choices)} is not a list of texts")
    options = tuple(str(choice) for choice in choices or ())
    golds = _golds(fields.get("gold"))
    cluster = fields.get("cluster")
    if cluster is not None and not isinstance(cluster, str | int):
        raise FieldError(f"cluster: {shown(cluster)} is not an id")
    rest = {k: v for k, v in fields.items() if k not in QUESTION and k not in SHARED and v is not None}
    return Asked(
        _id(fields.get("question_id"), text, golds, options),
        text,
        golds,
        options,
        None if cluster is None else str(cluster),
        _json(rest, "metadata"),
    )


def _id(given: Any, text: str, golds: tuple[str, ...] | None, choices: tuple[str, ...]) -> str:
    if given is None:
        from compound.core import Question

        return Question(text, "exact", golds, choices).id
    if isinstance(given, bool) or not isinstance(given, str | int) or given == "":
        raise FieldError(f"question_id: {shown(given)} is not an id")
    return str(given)


def _golds(given: Any) -> tuple[str, ...] | None:
    each = given if isinstance(given, list) else [given]
    golds = []
    for one in each:
        if isinstance(one, dict | list) or (one is None and isinstance(given, list)):
            raise FieldError(f"gold: {shown(given)} is neither an answer nor a list of right answers")
        if one is not None and (text := answer_text(one, "gold").strip()):
            golds.append(text)
    return tuple(golds) or None


def answer_text(value: Any, field: str) -> str:
    """An answer as text; whole numbers may be given as numbers.

    Raises:
        FieldError: it is something else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise FieldError(f"{field}: {shown(value)} is not an answer")


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise FieldError(f"{field}: {shown(value)} is not text")
    return value


def _number(value: Any, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FieldError(f"{field}: {shown(value)} is not a number (null where it is unknown)")
    return float(value)


def _amount(value: Any, field: str) -> float:
    if (number := _number(value, field)) < 0:
        raise FieldError(f"{field}: {shown(value)} is below zero")
    return number


def _count(value: Any, field: str) -> int:
    if not (number := _amount(value, field)).is_integer():
        raise FieldError(f"{field}: {shown(value)} is not a whole number")
    return int(number)


def _flag(value: Any, field: str) -> bool:
    if isinstance(value, bool) or (isinstance(value, int | float) and value in (0, 1)):
        return bool(value)
    raise FieldError(f"{field}: {shown(value)} is neither true nor false")


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "text": _text, "answer": answer_text, "correct": _flag, "tokens_in": _count, "tokens_out": _count,
    "usd": _amount, "seconds": _amount, "logprob": _number, "score": _number, "step": _text, "model": _text,
    "temperature": _amount, "prompt_style": _text,
}  # fmt: skip
SAMPLE = tuple(_CHECKS)


def given_of(fields: Mapping[str, Any], shared: Mapping[str, Any], stated: Mapping[str, Any]) -> Given:
    """A sample, checked. Unknown fields are kept as they are.

    Args:
        fields: what the sample says.
        shared: what its question says for all samples.
        stated: what the user says of a file that does not.

    Raises:
        FieldError: names the field.
    """
    known: dict[str, Any] = dict.fromkeys(SAMPLE)
    rest = {}
    for name, value in fields.items():
        if name not in _CHECKS:
            rest[name] = value
        elif value is not None:
            known[name] = _CHECKS[name](value, name)
    for name in SHARED:
        if known[name] is None and (value := shared.get(name)) is not None:
            known[name] = _CHECKS[name](value, name)
    for name, value in stated.items():
        if known[name] is None:
            known[name] = value
    answered = "answer" in fields
    if known["text"] is None:
        if not answered or ("text" in fields and known["answer"] is None and fields["text"] is not None):
            raise FieldError(f"no field 'text' or 'answer'; there is: {', '.join(map(str, fields)) or 'nothing'}")
        known["text"] = ""
    known["step"] = known["step"] or "answer"
    return Given(answered=answered, **known, extra=_json(rest, "extra fields") if rest else None)


def _json(fields: Mapping[str, Any], field: str) -> str:
    try:
        return json.dumps(fields, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        bad = next((name for name, value in fields.items() if not _plain(value)), field)
        raise FieldError(f"{bad}: cannot be kept: {error}") from None


def _plain(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
