"""Best of n by a reward model, and by a trained verifier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from evidence import curve, main, percent, points, signed, table
from recordings import QWEN, Recording

from compound.stats import mcnemar, pass_at_k, tango
from compound.strategies import AnswerPool

SYSTEMS = ("gpt3-6b", "gpt3-175b")


def tables(data: Path) -> dict[str, str]:
    """One table for each."""
    return {"reward-model": reward_model(data), "verifier": verifier(data)}


def reward_model(data: Path) -> str:
    """Every k: the mean of the samples, the vote, the best of k, and what a perfect selector has."""
    pools = QWEN.pools(data)
    n = len(pools[0].answers)
    vote, best = (curve(f"{s}(cot, n={n})", pools).accuracy for s in ("vote", "best_of"))
    oracle = pass_at_k(n, np.array([pool.right_each.sum() for pool in pools]).astype(int))
    rows = [
        [k, percent(vote[:, 0]), percent(vote[:, k - 1]), percent(best[:, k - 1]), percent(oracle[:, k - 1]),
         points(best[:, k - 1] - vote[:, k - 1]), points(best[:, k - 1] - best[:, k - 2])]
        for k in range(2, n + 1)
    ]  # fmt: skip
    head = [
        "k",
        "random %",
        "vote %",
        "best of k %",
        "oracle %",
        "best of k less vote",
        "best of k less best of k - 1",
    ]
    return f"{table(head, rows)}\n\n{told_apart(pools)}"


def told_apart(pools: Sequence[AnswerPool]) -> str:
    """How well the score tells right from wrong samples of one question."""
    pairs, questions = [], 0
    for pool in pools:
        right = pool.right_each > 0
        above = pool.scores[right][:, None] > pool.scores[~right]
        equal = pool.scores[right][:, None] == pool.scores[~right]
        pairs += list((above + equal / 2).ravel())
        questions += bool(equal.size)
    return (
        f"{questions} of {len(pools)} questions have right and wrong samples. Of their {len(pairs)} pairs of a "
        f"right and a wrong sample the right one has the higher score in {percent(np.array(pairs))}%."
    )


def verifier(data: Path) -> str:
    """The best of 100 by a trained verifier against a single sample of the fine-tuned model."""
    right = {}
    for system in SYSTEMS:
        for way in ("finetuning", "verification"):
            model = f"{system}_{way}"
            pools = Recording("openai_gsm8k_4systems", model, (("model", (model,)),)).pools(data)
            right[model] = np.array([pool.right_each[0] for pool in pools])
    pairs = [(f"{system}_verification", f"{system}_finetuning") for system in SYSTEMS]
    rows = []
    for a, b in [*pairs, ("gpt3-6b_verification", "gpt3-175b_finetuning")]:
        won, lost = int((right[a] > right[b]).sum()), int((right[a] < right[b]).sum())
        found = tango(won, lost, len(right[a]))
        p = mcnemar(won, lost)
        both = [percent(right[a]), percent(right[b])]
        rows.append([f"{a} less {b}", len(right[a]), *both, signed(found), won, lost, f"{p:.0e}"])
    return table(["systems", "questions", "first %", "second %", "difference", "won", "lost", "exact p"], rows)


if __name__ == "__main__":
    main(tables)
