"""Inspect logs: `.eval` (a zip with a file a sample) and `.json`. The epochs of a sample are our samples.

samples/1_epoch_2.json   {"id": 1, "epoch": 2, "input": "What is …?", "choices": [], "target": "391",
                          "output": {"model": "openai/gpt-4o", "completion": "…", "usage": {"input_tokens": 90, …}},
                          "scores": {"match": {"value": "C", "answer": "391"}}}

The answer and the verdict are those of the only scorer, or of the one named with --map answer=SCORER. Samples that
ended in an error are no samples: a question is short of them, and says so.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from compound.store.pools.errors import SamplesError, shown
from compound.store.pools.lines import open_bytes
from compound.store.pools.records import Row
from compound.store.pools.source import Source

_LARGEST = 512 << 20
_HEADERS = ("header.json", "_journal/start.json", "start.json")
_SAMPLE = re.compile(r"samples/.+_epoch_\d+\.json")
_VERDICTS = {"C": True, "I": False, "CORRECT": True, "INCORRECT": False}


def fits(row: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """See `Format.fits`; a log is told by its file, not by a row."""
    return False


def is_log(path: Path) -> bool:
    """Whether a JSON file is an Inspect log."""
    with open_bytes(path) as file:
        head = file.read(1 << 14)
    return b'"eval"' in head and b'"status"' in head


def read(source: Source) -> Iterator[Row]:
    """See `Format.read`."""
    path = source.file
    for where, header, sample in _zipped(path) if zipfile.is_zipfile(path) else _json(path):
        if sample.get("error") and not sample.get("scores"):
            continue
        yield Row(where, _question(sample, where), [_sample(sample, header, source, where)])


def _zipped(path: Path) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    try:
        with zipfile.ZipFile(path) as log:
            names = set(log.namelist())
            head = next((name for name in _HEADERS if name in names), None)
            if head is None:
                raise SamplesError(f"{path}: a zip file that is no Inspect log (no {' or '.join(_HEADERS)} in it)")
            header = _object(log.read(head), f"{path}: {head}")
            for info in sorted(log.infolist(), key=lambda info: _order(info.filename)):
                if not _SAMPLE.fullmatch(info.filename):
                    continue
                where = f"{path}: {info.filename}"
                if info.file_size > _LARGEST:
                    raise SamplesError(f"{where}: larger than {_LARGEST >> 20} MB")
                yield where, header, _object(log.read(info), where)
    except NotImplementedError:
        raise SamplesError(
            f"{path}: compressed in a way that Python cannot read: convert it to .json (inspect log)"
        ) from None
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SamplesError(f"{path}: a damaged zip file: {error}") from None


def _order(name: str) -> tuple[Any, ...]:
    """`…_epoch_2` before `…_epoch_10`."""
    stem, _, epoch = name.removesuffix(".json").rpartition("_epoch_")
    return (int(epoch) if epoch.isdigit() else 0, stem)


def _json(path: Path) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    if path.stat().st_size > _LARGEST:
        raise SamplesError(f"{path}: larger than {_LARGEST >> 20} MB: convert it to .eval (inspect log convert)")
    with open_bytes(path) as file:
        log = _object(file.read(), str(path))
    samples = log.get("samples")
    if not isinstance(samples, list):
        raise SamplesError(f"{path}: samples: {shown(samples)} is not a list: a log without its samples")
    for number, sample in enumerate(samples):
        if not isinstance(sample, dict):
            raise SamplesError(f"{path}: samples[{number}]: {shown(sample)} is not an object")
        yield f"{path}: samples[{number}]", log, sample


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SamplesError(f"{where}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise SamplesError(f"{where}: not a JSON object")
    return value


def _question(sample: Mapping[str, Any], where: str) -> dict[str, Any]:
    given = sample.get("input")
    text = given if isinstance(given, str) else _last_user(given)
    if text is None or "target" not in sample:
        raise SamplesError(f"{where}: no field '{'target' if text is not None else 'input'}' that can be read")
    target = sample["target"]
    question = {"question": text, "gold": target or None, "choices": sample.get("choices") or None}
    return {"question_id": sample["id"], **question} if sample.get("id") is not None else question


def _last_user(messages: Any) -> str | None:
    if not isinstance(messages, list):
        return None
    said = [m for m in messages if isinstance(m, dict) and m.get("role") == "user"]
    return _content(said[-1].get("content")) if said else None


def _content(content: Any) -> str | None:
    """The text of a message, whose content may come in parts."""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else None


def _sample(sample: Mapping[str, Any], header: Mapping[str, Any], source: Source, where: str) -> dict[str, Any]:
    output = sample.get("output") or {}
    choices = output.get("choices") or [{}]
    text = output.get("completion") or _content((choices[0].get("message") or {}).get("content")) or ""
    usage = output.get("usage") or {}
    spec, plan = header.get("eval") or {}, header.get("plan") or {}
    config = {**(plan.get("config") or {}), **(spec.get("model_generate_config") or {})}
    found = {
        "text": text,
        "tokens_in": usage.get("input_tokens"),
        "tokens_out": usage.get("output_tokens"),
        "seconds": output.get("time"),
        "model": output.get("model") or spec.get("model"),
        "temperature": config.get("temperature"),
        "epoch": sample.get("epoch"),
    }
    score = _score(sample.get("scores") or {}, source.fields.get("answer"), where)
    if score is None:
        return found
    found["answer"] = score.get("answer") or None  # logs leave out what is null
    if (right := _verdict(score.get("value"))) is not None:
        found["correct"] = right
    return found


def _score(scores: Mapping[str, Any], wanted: str | None, where: str) -> Mapping[str, Any] | None:
    if wanted is None and len(scores) > 1:
        raise SamplesError(f"{where}: scores: several: choose one with --map answer=NAME: {', '.join(scores)}")
    if wanted is not None and wanted not in scores:
        raise SamplesError(f"{where}: scores: no '{wanted}'; there is: {', '.join(scores) or 'none'}")
    score = scores[wanted] if wanted else next(iter(scores.values()), None)
    return score if isinstance(score, dict) else None


def _verdict(value: Any) -> bool | None:
    if isinstance(value, str):
        return _VERDICTS.get(value.upper())
    return bool(value) if isinstance(value, bool | int | float) and value in (0, 1) else None
