"""The end of an import: what only the whole file can tell."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace

from compound.store.pools.errors import SamplesError, shown
from compound.store.pools.pool import Facts
from compound.store.pools.writer import PoolWriter, as_json

# An answer is compared as kind `exact` reads it; where none was recorded the text is the answer.
_BLANK = "char(32, 9, 10, 11, 12, 13, 160)"
_FLAGS = f"""
SELECT questions.row, questions.id, place, gold, trim(coalesce(answer, {{text}}), {_BLANK}) AS said,
       sum(correct), count(correct)
FROM samples JOIN questions ON questions.row = question
WHERE correct IS NOT NULL AND said IS NOT NULL GROUP BY question, said ORDER BY question
"""  # noqa: S608 - of constants


def finished(writer: PoolWriter, facts: Facts, *, ignore_correct: bool, at_least: int) -> Facts:
    """The facts of a pool with its counts, its golds settled and its questions checked.

    Raises:
        SamplesError: flags contradict each other, or texts are needed that are not there.
    """
    notes = list(facts.notes)
    if facts.answered and facts.kind == "exact" and writer.unparsed == writer.samples:
        raise SamplesError(
            f"{facts.source}: answer: empty in all {writer.samples:,} samples: read the texts instead (--kind …)"
        )
    if facts.kind != "exact":
        notes += _readable(writer, facts)
    writer.db.execute("UPDATE questions SET golds = gold")
    if not ignore_correct:
        notes += _golds(writer, facts)
    if at_least:
        notes += _short(writer, at_least)
    counts = _counts(writer)
    shortest = writer.db.execute(
        "SELECT id FROM questions LEFT JOIN samples ON row = question AND step = 'answer' "
        "GROUP BY row ORDER BY count(number), row LIMIT 1"
    ).fetchone()
    if shortest is None:
        raise SamplesError(f"{facts.source}: no question has {at_least} samples (--at-least)")
    main = counts.get("answer", {})
    if main.get("min") != main.get("max"):
        notes.append(
            f"questions have {main['min']:,.0f} to {main['max']:,.0f} samples: a run uses at most "
            f"{main['min']:,.0f} of each, as the shortest has ({shortest[0]}); --at-least leaves short ones out"
        )
    (questions,) = writer.db.execute("SELECT count(*) FROM questions").fetchone()
    if unknown := writer.db.execute("SELECT count(*) FROM questions WHERE gold IS NULL").fetchone()[0]:
        notes.append(f"{unknown:,} of {questions:,} questions state no gold")
    return replace(
        facts,
        questions=questions,
        samples=int(sum(step["samples"] for step in counts.values())),
        shortest=shortest[0],
        steps=counts,
        origins=[{**origin._asdict(), "samples": count} for origin, count in writer.origins.items()],
        unparsed=writer.unparsed if facts.answered and facts.kind == "exact" else None,
        notes=notes,
    )


def _counts(writer: PoolWriter) -> dict[str, dict[str, float]]:
    """For each step samples in all, and least, median and most a question."""
    (questions,) = writer.db.execute("SELECT count(*) FROM questions").fetchone()
    by_step: dict[str, list[int]] = {}
    for step, count in writer.db.execute("SELECT step, count(*) FROM samples GROUP BY question, step"):
        by_step.setdefault(step, []).append(count)
    found = {}
    for step, each in sorted(by_step.items()):
        each += [0] * (questions - len(each))
        found[step] = {
            "samples": float(sum(each)), "min": min(each), "median": statistics.median(each), "max": max(each),
        }  # fmt: skip
    return found


def _readable(writer: PoolWriter, facts: Facts) -> list[str]:
    """Refuse to read answers out of texts that are not there."""
    (empty,) = writer.db.execute("SELECT count(*) FROM samples WHERE text = ''").fetchone()
    if facts.answered and empty * 2 > writer.samples:
        raise SamplesError(
            f"{facts.source}: --kind {facts.kind} reads answers out of the texts, but {empty:,} of "
            f"{writer.samples:,} samples have none: leave --kind out to take the recorded answers"
        )
    return [f"{empty:,} of {writer.samples:,} texts are empty: they abstain"] if empty else []


def _golds(writer: PoolWriter, facts: Facts) -> list[str]:
    """Make every answer a gold whose samples are flagged correct. A flag outweighs the gold.

    Raises:
        SamplesError: an answer is flagged both ways.
    """
    golds: dict[int, list[str]] = {}
    denied = 0
    settled: list[tuple[str | None, int]] = []
    for row, own, place, gold, said, right, flagged in writer.db.execute(
        _FLAGS.format(text="NULL" if facts.answered else "samples.text")
    ):
        if 0 < right < flagged:
            raise SamplesError(
                f"{place}: correct: the answer {shown(said)} of question {shown(own)} is flagged right {right} "
                f"times and wrong {flagged - right} times: mend them, or grade by the gold alone (--ignore-correct)"
            )
        known = golds.setdefault(row, json.loads(gold) if gold else [])
        if right and not said:
            raise SamplesError(f"{place}: correct: true for an empty answer of question {shown(own)}")
        if right and said not in known:
            known.append(said)
        elif not right and said in known:
            known.remove(said)
            denied += 1
    settled = [(as_json(known) if known else None, row) for row, known in golds.items()]
    writer.db.executemany("UPDATE questions SET golds = ? WHERE row = ?", settled)
    if not denied:
        return []
    return [
        f"{denied:,} questions have samples that give the gold and are flagged wrong: the flags count "
        "(--ignore-correct: the gold)"
    ]


def _short(writer: PoolWriter, at_least: int) -> list[str]:
    """Leave out the questions with fewer samples."""
    short = [
        row
        for (row,) in writer.db.execute(
            "SELECT row FROM questions LEFT JOIN samples ON row = question AND step = 'answer' "
            "GROUP BY row HAVING count(number) < ?",
            (at_least,),
        )
    ]
    for table, column in (("samples", "question"), ("questions", "row")):
        writer.db.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(row,) for row in short])  # noqa: S608
    return (
        [f"{len(short):,} questions with fewer than {at_least} samples were left out (--at-least)"] if short else []
    )
