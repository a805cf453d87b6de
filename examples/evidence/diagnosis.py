"""Why votes are wrong: samples that lack the right answer, votes that miss it, and how alike the votes are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from evidence import interval, main, signed, table
from recordings import (
    AQUA_GPT35,
    CRUX,
    DATE_CODEX,
    DATE_GPT35,
    EXAMS_GPT4,
    EXAMS_GPT35,
    EXAMS_LLAMA,
    GAME24,
    QWEN,
    SPEECH,
)

from compound.stats import effective_voters, error_split, helped_and_hurt, intra_question_correlation, vote_curves
from compound.stats.diagnosis import VoteEffect
from compound.strategies.vote import counted

RECORDINGS = (
    DATE_GPT35,
    DATE_CODEX,
    AQUA_GPT35,
    EXAMS_GPT35,
    EXAMS_GPT4,
    EXAMS_LLAMA,
    GAME24,
    SPEECH,
    CRUX,
    QWEN,
)


def tables(data: Path) -> dict[str, str]:
    """The errors of a vote of all samples, and the questions that voting helps and hurts."""
    errors, effects = [], []
    for recording in RECORDINGS:
        pools = recording.pools(data)
        n = len(pools[0].answers)
        counts = [counted(pool) for pool in pools]
        found = vote_curves(counts)
        split = error_split(found, n)
        right = np.array([pool.right_each.sum() for pool in pools]).astype(int)
        same = intra_question_correlation(right, n, rng=np.random.default_rng(0))
        voters = effective_voters(found.accuracy[:, 0], found.accuracy[:, -1], rng=np.random.default_rng(0))
        errors.append([
            recording.label, len(pools), n, interval(found.accuracy[:, -1]), f"{100 * split.sampling.mean:.1f}",
            f"{100 * split.selection.mean:.1f}", signed(split.difference), split.problem,
        ])  # fmt: skip
        both = helped_and_hurt(counts, rng=np.random.default_rng(0))
        effects.append([
            recording.label, f"{same.mean:.2f} [{same.low:.2f}, {same.high:.2f}]", _voters(voters.mean),
            *(text for one in both for text in (f"{100 * one.share.mean:.1f}", _gain(one))),
        ])  # fmt: skip
    return {
        "errors": table(
            ["recording", "questions", "samples", "vote of all %", "no right sample %", "right one outvoted %",
             "outvoted less missing", "problem"], errors),
        "effects": table(
            ["recording", "correlation of two samples", "independent voters", "helped, by one half %",
             "gain there, other half", "hurt, by one half %", "gain there, other half"], effects),
    }  # fmt: skip


def _gain(one: VoteEffect) -> str:
    return signed(one.gain) if one.share.mean > 0.02 else "too few"


def _voters(number: np.ndarray) -> str:
    return "none fits" if np.isnan(number) else f"{float(number):.1f}"


if __name__ == "__main__":
    main(tables)
