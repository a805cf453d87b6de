"""Five votes of each of two sources against ten votes of one; source and pair are chosen on other questions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from evidence import curve, main, percent, points, table
from recordings import JHU, at

from compound.stats import cross_fit, error_correlation
from compound.strategies import AnswerPool

K = 10
T = 0.7
MODELS = {
    name: JHU.format(file)
    for name, file in {
        "gpt-4": "gpt-4", "claude-3-opus": "claude-3-opus-20240229", "mistral-large": "mistral-large",
        "gemini-1.5-pro": "gemini-1.5-pro-preview-0409", "gpt-3.5-turbo": "gpt-35-turbo",
    }.items()
}  # fmt: skip
PROMPTS = {
    style: f"jhu_comprehensive-100_gpt-35-turbo_{style}"
    for style in ("baseline", "chain_of_thought", "domain_expert", "self_recitation")
}


def mixed(a: Sequence[AnswerPool], b: Sequence[AnswerPool]) -> np.ndarray:
    """Exact accuracy of K / 2 votes of each, shape (Q,): the two take turns."""
    pools = []
    for one, other in zip(a, b, strict=True):
        assert one.question.id == other.question.id
        turns = [answer for pair in zip(one.answers, other.answers, strict=True) for answer in pair]
        pools.append(AnswerPool(one.question, turns, {**one.right, **other.right}, sources=2))
    return curve(f"vote(mix([cot, single]), n={2 * K})", pools).accuracy[:, K - 1]


def tables(data: Path) -> dict[str, str]:
    """The best source, the best pair, and the pair of the two best, for several models and for several prompts."""
    rows = []
    for label, files in (("five models, one prompt", MODELS), ("gpt-3.5-turbo, four prompts", PROMPTS)):
        pools = {name: at(T, file, name).pools(data) for name, file in files.items()}
        single = {name: curve(f"vote(cot, n={K})", each).accuracy for name, each in pools.items()}
        alone = np.column_stack([found[:, K - 1] for found in single.values()])
        pairs = list(combinations(pools, 2))
        both = np.column_stack([mixed(pools[a], pools[b]) for a, b in pairs])
        one, two = (cross_fit(values, rng=np.random.default_rng(0)) for values in (alone, both))
        assert (one.fold == two.fold).all()
        best, pair = list(pools)[one.best], pairs[two.best]
        # Each source and its half of a mixture, over all pairs: what mixing does where nothing is chosen.
        partners = np.mean([both[:, i] - alone[:, [list(pools).index(s) for s in p]].mean(axis=1)
                            for i, p in enumerate(pairs)], axis=0)  # fmt: skip
        errors = [1 - np.array([pool.right_each.mean() for pool in pools[s]]) for s in pair]
        phi = error_correlation(*errors, rng=np.random.default_rng(0)).phi
        rows.append([
            label, len(alone), best, percent(one.held_out), " + ".join(pair), percent(two.held_out),
            points(two.held_out - one.held_out), points(partners),
            f"{phi.mean:.2f} [{phi.low:.2f}, {phi.high:.2f}]",
        ])  # fmt: skip
    head = [
        "sources", "questions", "best source", "ten votes of it %", "best pair", "five votes of each %",
        "pair less source", "mean pair less mean of its two", "correlation of their errors",
    ]  # fmt: skip
    return {"mixing": table(head, rows)}


if __name__ == "__main__":
    main(tables)
