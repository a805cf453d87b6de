"""Sample files of lm-evaluation-harness (`--log_samples`): samples_TASK_DATE.jsonl.

{"doc_id": 0, "doc": {"question": "Janet …"}, "target": "#### 18", "arguments": [["Q: Janet …", {"until": ["Q:"]}]],
 "resps": [["She …", …]], "filtered_resps": ["18"], "filter": "strict-match", "exact_match": 1.0}

`resps` are the samples. `filtered_resps` are their answers only if there are as many of them (`take_first` keeps
one, `maj@64` votes); otherwise the answers are read out of the texts: --kind. Each filter repeats every question:
choose one with --where filter=….
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from compound.store.pools.errors import SamplesError, shown
from compound.store.pools.records import Row
from compound.store.pools.source import Source

_TEXTS = ("question", "problem", "input", "query", "prompt", "text")
_UNREAD = ("", "[invalid]")
_FINAL = re.compile(r"####\s*(\S[^\n]*?)\s*$")


def fits(row: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """See `Format.fits`."""
    return "doc" in row and "resps" in row and "target" in row


def read(source: Source) -> Iterator[Row]:
    """See `Format.read`."""
    source.question_a_row = True
    filters: set[str] = set()
    for where, line in source.rows():
        for needed in ("doc", "resps", "target"):
            if needed not in line:
                raise SamplesError(f"{where}: no field '{needed}'; the line has: {', '.join(map(str, line))}")
        texts = _flat(line["resps"])
        if not all(isinstance(text, str) for text in texts):
            raise SamplesError(
                f"{where}: resps: {shown(texts[:2])} are likelihoods, not texts: a multiple-choice task that "
                "generates nothing has no samples"
            )
        name = str(line.get("filter", "none"))
        filters.add(name)
        if len(filters) > 1 and "filter" not in source.chosen:
            raise SamplesError(
                f"{where}: filter: a second one, and each repeats every question: choose one with --where filter="
                + " or ".join(sorted(filters))
            )
        yield Row(where, {"filter": name, **_question(line, where)}, _samples(line, texts))


def _question(line: Mapping[str, Any], where: str) -> dict[str, Any]:
    doc = line["doc"] if isinstance(line["doc"], dict) else {}
    text = next((doc[name] for name in _TEXTS if isinstance(doc.get(name), str)), None) or _prompt(line)
    if text is None:
        raise SamplesError(
            f"{where}: doc: has no text of a question ({', '.join(_TEXTS)}), and no arguments either"
        )
    target = line["target"]
    if isinstance(target, str) and (final := _FINAL.search(target)):
        target = final[1]
    question = {"question": text, "gold": target}
    return {"question_id": f"{line['doc_id']}", **question} if "doc_id" in line else question


def _first_arguments(line: Mapping[str, Any]) -> list[Any]:
    """The prompt and the parameters of the first request, in the older form (lists) or the newer (objects)."""
    arguments = line.get("arguments")
    if isinstance(arguments, dict):
        arguments = list(arguments.values())
    first = arguments[0] if isinstance(arguments, list) and arguments else []
    return list(first.values()) if isinstance(first, dict) else first if isinstance(first, list) else [first]


def _prompt(line: Mapping[str, Any]) -> str | None:
    first = _first_arguments(line)
    return str(first[0]) if first and first[0] else None


def _samples(line: Mapping[str, Any], texts: list[str]) -> list[Mapping[str, Any]]:
    parameters = next((one for one in _first_arguments(line)[1:] if isinstance(one, dict)), {})
    shared: dict[str, Any] = {}
    if isinstance(heat := parameters.get("temperature"), int | float):
        shared["temperature"] = heat
    elif parameters.get("do_sample") is False:
        shared["temperature"] = 0.0
    answers = _flat(line.get("filtered_resps"))
    if len(answers) != len(texts) or not all(isinstance(answer, str) for answer in answers):
        return [{"text": text, **shared} for text in texts]
    samples: list[Mapping[str, Any]] = [
        {"text": text, "answer": None if answer.strip() in _UNREAD else answer, **shared}
        for text, answer in zip(texts, answers, strict=True)
    ]
    metric = line.get("exact_match", line.get("acc"))
    if len(samples) == 1 and metric in (0, 1) and samples[0]["answer"] is not None:
        samples = [{**samples[0], "correct": metric}]
    return samples


def _flat(value: Any) -> list[Any]:
    """`[["a", "b"]]` and `["a", "b"]` alike."""
    each = value if isinstance(value, list) else [value]
    return [inner for outer in each for inner in (outer if isinstance(outer, list) else [outer])]
