"""Open answers: the candidate most like the others, against a vote of equal texts and one sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evidence import curve, main, percent, points, table
from recordings import SPEECH, Recording

from compound.strategies import AnswerPool

CODE = Recording("codet_humaneval_codegen16b", "CodeGen-16B, HumanEval, T=0.8")
K = 16


def first(pools: Sequence[AnswerPool], k: int) -> list[AnswerPool]:
    """The pools of the first k samples: similarities are quadratic in them."""
    return [replace(pool, answers=pool.answers[:k]) for pool in pools]


def tables(data: Path) -> dict[str, str]:
    """Sixteen samples, selected in three ways."""
    rows = []
    for recording in (SPEECH, CODE):
        pools = first(recording.pools(data), K)
        vote = curve(f"vote(cot, n={K})", pools).accuracy
        for measure in ("bleu", "tfidf"):
            found = curve(f'vote(cot, n={K}, by="similarity", measure="{measure}")', pools).accuracy
            rows.append([
                recording.label, len(pools), f'`by="similarity", measure="{measure}"`', percent(vote[:, 0]),
                percent(vote[:, -1]), percent(found[:, -1]), points(found[:, -1] - vote[:, 0]),
                points(found[:, -1] - vote[:, -1]),
            ])  # fmt: skip
    head = [
        "recording", "questions", "selector", "one sample %", f"vote of {K} equal texts %", f"most alike of {K} %",
        "less one sample", "less the vote",
    ]  # fmt: skip
    return {"similarity": table(head, rows)}


if __name__ == "__main__":
    main(tables)
