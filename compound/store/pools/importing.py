"""Importing: from a file or data set of somebody's samples to a pool, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from compound.answers import check_golds, kind_named
from compound.core import Question, TaskError, nearest
from compound.store.pools.checking import finished
from compound.store.pools.errors import FieldError, SamplesError, shown
from compound.store.pools.formats import FORMATS, recognise
from compound.store.pools.mixture import Filter, mixtures, refuse
from compound.store.pools.place import checked_name, folder
from compound.store.pools.pool import Facts
from compound.store.pools.records import QUESTION, SAMPLE, Asked, Given, Row, asked_of, given_of
from compound.store.pools.source import Source
from compound.store.pools.writer import PoolWriter, as_json


@dataclass(frozen=True)
class Imported:
    """An import that is done."""

    path: Path
    facts: Facts


@dataclass(frozen=True)
class _How:
    """What an import was asked to do."""

    kind: str | None
    chosen: Filter
    greedy: bool
    stated: Mapping[str, Any]
    ignore_correct: bool


def import_samples(
    source: str | Path,
    name: str,
    *,
    format: str = "auto",
    fields: Mapping[str, str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
    kind: str | None = None,
    mixed: bool = False,
    greedy: bool = False,
    ignore_correct: bool = False,
    at_least: int = 0,
    price: tuple[float, float] | None = None,
    stated: Mapping[str, Any] | None = None,
    split: str | None = None,
    pools: Path | str | None = None,
    replace: bool = False,
) -> Imported:
    """Import recorded samples as the pool `name`. Streams; a failed import leaves nothing.

    Args:
        source: a file, a folder of a data set, or a hub id (`owner/name` or `owner/name:config`).
        name: what the pool is called.
        format: one of `FORMATS`; `auto` tells by the content.
        fields: from our field names to the file's, where they differ (see `records`).
        where: keep the samples with one of these values in these fields.
        kind: read the answers out of the texts by this kind; None: the recorded answers are taken as they are.
        mixed: accept several models, temperatures or prompt styles in one pool, which is then called mixed.
        greedy: file samples at temperature 0 as step `greedy`, whatever `where` says of temperatures.
        ignore_correct: grade by the gold alone, not by `correct` flags.
        at_least: leave out questions with fewer samples, with a note.
        price: dollars per prompt and completion token of the model that was recorded.
        stated: values of sample fields that the file does not have (`{"model": "llama-3-8b"}`).
        split: of a data set with several.
        pools: the folder of pools; None: see `place.folder`.
        replace: put it in the place of a pool of that name.

    Raises:
        SamplesError: names the file, the line and the field that cannot be used, and the way out.
    """
    path = folder(pools) / f"{checked_name(name)}.db"
    if path.exists() and not replace:
        raise SamplesError(f"{path} is there already: choose another --name, or replace it with --replace")
    for ours in fields or {}:
        if ours not in (*QUESTION, *SAMPLE, "samples"):
            raise SamplesError(f"--map {ours}=…: {nearest(ours, (*QUESTION, *SAMPLE, 'samples'))}")
    if kind is not None:
        try:
            kind_named(kind)
        except TaskError as error:
            raise SamplesError(f"--kind {kind}: {error}") from None
    opened = Source(str(source), dict(fields or {}), split, frozenset(where or {}))
    if format == "auto":
        format = recognise(opened)
    elif format not in FORMATS:
        raise SamplesError(f"unknown format '{format}': {nearest(format, ['auto', *FORMATS])}")
    how = _How(kind, Filter(where or {}), greedy, _checked(stated or {}), ignore_correct)
    with PoolWriter(path, kind or "exact") as writer:
        work = _Import(opened, how, writer)
        for row in FORMATS[format].read(opened):
            work.take(row)
        writer.flush()
        if not writer.samples:
            how.chosen.check(opened.name)
            raise SamplesError(f"{opened.name}: no samples in it")
        found = mixtures(writer.origins)
        if found and not mixed:
            raise refuse(opened.name, found)
        facts = finished(
            writer,
            Facts(
                name=path.stem,
                source=opened.name,
                format=format,
                kind=kind or "exact",
                answered=work.answered or False,
                imported=datetime.now(UTC).isoformat(timespec="seconds"),
                questions=0,
                samples=0,
                shortest="",
                steps={},
                origins=[],
                where={name: list(values) for name, values in (where or {}).items()},
                mixed={name: dict(counts) for name, counts in found.items()},
                price=price,
            ),
            ignore_correct=ignore_correct or kind not in (None, "exact"),
            at_least=at_least,
        )
        writer.finish(asdict(facts))
    return Imported(path, facts)


def _checked(stated: Mapping[str, Any]) -> dict[str, Any]:
    try:
        given = given_of({"text": "", **stated}, {}, {})
    except FieldError as error:
        raise SamplesError(f"--state {error}") from None
    if given.extra is not None:
        known = set(stated) - set(SAMPLE)
        raise SamplesError(f"--state {known.pop()}=…: {nearest(next(iter(stated)), SAMPLE)}")
    return {name: getattr(given, name) for name in stated}


class _Import:
    """Rows into a writer."""

    def __init__(self, source: Source, how: _How, writer: PoolWriter) -> None:
        self.source, self.how, self.writer = source, how, writer
        self.answered: bool | None = None
        self._last: tuple[Asked, int] | None = None

    def take(self, row: Row) -> None:
        """Add a row's samples, and its question if it is new.

        Raises:
            SamplesError: with the place of what is wrong.
        """
        how, question = self.how, row.question
        wanted = [
            (i, sample, step) for i, sample in enumerate(row.samples) if (step := self._wanted(question, sample))
        ]
        if not wanted and (how.chosen.chooses_questions or not row.samples):
            if row.samples:
                return
            raise SamplesError(f"{row.where}: samples: none")
        try:
            gold_needed = not any("correct" in sample for sample in row.samples)
            place = self._ask(asked_of(question, gold_needed=gold_needed), row)
            for number, sample, step in wanted:
                try:
                    given = given_of(sample, question, how.stated)
                    self._check(given)
                except FieldError as error:
                    joint = ": " if str(error).startswith("no field") else "."
                    which = f"samples[{number}]{joint}" if len(row.samples) > 1 else ""
                    raise FieldError(f"{which}{error}") from None
                if step == "greedy":
                    given = given._replace(step="greedy")
                if how.kind not in (None, "exact"):
                    given = given._replace(answer=given.answer, answered=False)
                self.writer.add(place, given, row.where)
        except (FieldError, TaskError) as error:
            raise SamplesError(f"{row.where}: {error}") from None

    def _wanted(self, question: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
        """The step that a sample goes to: its own (`own`), `greedy`, or nowhere."""
        chosen = self.how.chosen
        if not self.how.greedy:
            return "own" if chosen.admits(question, sample) else ""
        temperature = sample.get("temperature", question.get("temperature"))
        if temperature == 0 and not isinstance(temperature, bool):
            return "greedy" if chosen.admits(question, sample, but="temperature") else ""
        return "own" if chosen.admits(question, sample) else ""

    def _check(self, given: Given) -> None:
        if self.answered is None:
            self.answered = given.answered
            if not given.answered and self.how.kind is None:
                raise FieldError(
                    "no field 'answer': say how answers are read out of the texts (--kind number, choice, text, …; "
                    "--kind exact takes whole texts)"
                )
        if self.how.kind not in (None, "exact"):
            return
        if given.answered != self.answered:
            raise FieldError(
                "answer: missing here, and not before" if self.answered else "answer: here, and not before"
            )
        if given.correct and given.answered and given.answer is None and not self.how.ignore_correct:
            raise FieldError(
                "correct: true for a sample without an answer, which abstains (--kind reads the text instead)"
            )

    def _ask(self, asked: Asked, row: Row) -> int:
        """The row of a question in the pool, where it must be the same as before."""
        if self._last and self._last[0] == asked and not self.source.question_a_row:
            return self._last[1]
        before = self.writer.find(asked.id)
        if before is not None:
            number, text, gold, choices, where = before
            if self.source.question_a_row:
                raise SamplesError(f"{row.where}: question_id: {shown(asked.id)} is that of {where} already")
            for name, same in (
                ("question", text == asked.text),
                ("gold", gold == as_json(asked.golds)),
                ("choices", choices == as_json(asked.choices)),
            ):
                if not same:
                    raise SamplesError(f"{row.where}: {name}: not the one of question {shown(asked.id)} at {where}")
        else:
            self._check_gold(asked)
            number = self.writer.ask(asked, row.where)
        self._last = (asked, number)
        return number

    def _check_gold(self, asked: Asked) -> None:
        kind = self.writer.kind
        options = Question(asked.text, "choice", choices=asked.choices)
        if kind == "choice" and not asked.choices:
            raise FieldError("choices: none, and a question of kind 'choice' needs them")
        for gold in asked.golds or ():
            if asked.choices and gold not in asked.choices and gold.upper() not in tuple(options.letters):
                raise FieldError(f"gold: {shown(gold)} is none of the choices")
        try:
            check_golds([Question(asked.text, kind, asked.golds, asked.choices, id=asked.id)])
        except TaskError:
            raise FieldError(
                f"gold: {shown(asked.golds)} is no answer of kind '{kind}'; choose another --kind or mend it"
            ) from None
