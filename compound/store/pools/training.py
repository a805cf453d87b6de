"""A synthetic training set out of a pool: samples that agree with the majority, or that are graded right.

Training on majority answers is self-improvement without labels (Huang et al. 2022, 2210.11610); on right ones it is
rejection sampling (Yuan et al. 2023, 2308.01825).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from compound.answers import grade, kind_named
from compound.core import Ballots, Question
from compound.store.pools.errors import SamplesError
from compound.store.pools.exporting import write_lines
from compound.store.pools.pool import Kept, Pool

Style = Literal["messages", "prompt"]


@dataclass
class TrainingSet:
    """What was kept.

    Attributes:
        examples: how many examples were written.
        questions, kept: questions in the pool, and those that gave an example.
        usd: dollars that all samples of the pool took; None where that is unknown.
    """

    examples: int = 0
    questions: int = 0
    kept: int = 0
    usd: float | None = 0.0

    @property
    def usd_each(self) -> float | None:
        """Dollars a kept example, those that were thrown away included; None where unknown."""
        return None if self.usd is None or not self.examples else self.usd / self.examples


def export_training(
    name: str,
    to: Path | str,
    *,
    verified: bool = False,
    every: bool = False,
    style: Style = "messages",
    pools: Path | str | None = None,
) -> TrainingSet:
    """Write a training set, an example a line.

    Args:
        name: the pool.
        to: `….jsonl` or `….jsonl.gz`.
        verified: keep samples that are graded right, rather than those that agree with the majority.
        every: all such samples of a question, without repeated texts; otherwise the shortest.
        style: `messages` (a chat), or `prompt` (prompt and completion).
        pools: the folder of pools.

    Raises:
        SamplesError: the pool has no texts, or nothing is worth keeping.
    """
    to = Path(to)
    if to.exists():
        raise SamplesError(f"{to} is there already: move it away or name another")
    if not to.name.endswith((".jsonl", ".jsonl.gz")):
        raise SamplesError(f"{to}: a training set is written to .jsonl or .jsonl.gz")
    found = TrainingSet()
    with Pool(name, pools) as pool:
        if not any(kept.text.strip() for _, samples in pool.walk() for kept in samples):
            raise SamplesError(f"{pool.facts.label}: its samples have no texts, only answers: nothing to train on")
        found.examples = write_lines(to, _examples(pool, found, verified, every, style))
    if not found.examples:
        to.unlink()
        raise SamplesError(f"{pool.facts.label}: no sample {'is graded right' if verified else 'has an answer'}")
    return found


def _examples(
    pool: Pool, found: TrainingSet, verified: bool, every: bool, style: Style
) -> Iterator[dict[str, Any]]:
    for question, samples in pool.walk():
        found.questions += 1
        for kept in samples:
            price = _dollars(pool, kept)
            found.usd = None if price is None or found.usd is None else found.usd + price
        said = [(kept, _answer(pool, question, kept)) for kept in samples if kept.step == "answer"]
        wanted = _right(question, said) if verified else _majority(question, said)
        texts = sorted({kept.text for kept in wanted if kept.text.strip()}, key=lambda text: (len(text), text))
        found.kept += bool(texts)
        for text in texts if every else texts[:1]:
            yield _example(question.statement, text, style)


def _answer(pool: Pool, question: Question, kept: Kept) -> str | None:
    if question.kind == "exact" and pool.facts.answered:
        return (kept.answer or "").strip() or None
    return kind_named(question.kind).parse(kept.text, question)


def _right(question: Question, said: list[tuple[Kept, str | None]]) -> list[Kept]:
    return [kept for kept, value in said if grade(value, question)]


def _majority(question: Question, said: list[tuple[Kept, str | None]]) -> list[Kept]:
    known = [value for _, value in said if value is not None]
    classes = dict(zip(known, kind_named(question.kind).classes(known), strict=True))
    votes = [None if value is None else classes[value] for _, value in said]
    winner = Ballots(tuple(votes)).winner(question.id)
    return [kept for (kept, _), vote in zip(said, votes, strict=True) if winner is not None and vote == winner]


def _dollars(pool: Pool, kept: Kept) -> float | None:
    """What a sample took: as recorded, else by the stated price."""
    if kept.usd is not None:
        return kept.usd
    if pool.facts.price is None or kept.tokens_in is None or kept.tokens_out is None:
        return None
    return math.fsum((kept.tokens_in * pool.facts.price[0], kept.tokens_out * pool.facts.price[1]))


def _example(asked: str, text: str, style: Style) -> dict[str, Any]:
    if style == "prompt":
        return {"prompt": asked, "completion": text}
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": text}]}
