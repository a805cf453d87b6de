"""Which questions need the strong model: routers and cascades against random routing and the oracle.

Everything that is learnt or chosen comes from one half of the questions and is reported on the other, both ways.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from evidence import main, percent, points, table
from recordings import EXAMS_GPT4, EXAMS_GPT35

from compound.stats.routing import (
    average_recovered,
    call_performance_threshold,
    captured,
    oracle_curve,
    routing_curve,
)
from compound.strategies.routed import top_share
from compound.strategies.router import Router

DRAWS = 400
SHARES = (0.2, 0.5)
K = 40  # neighbours
MOST = 4_000  # questions of a recording, drawn at random where there are more


@dataclass(frozen=True)
class Pairs:
    """What a weak and a strong model got right on Q questions: `weak`, `strong` (Q,), 0 to 1.

    `replies` are the weak model's texts, where they were recorded; `share` that of its votes for its answer.
    """

    label: str
    texts: list[str]
    weak: np.ndarray
    strong: np.ndarray
    replies: list[str] | None = None
    share: np.ndarray | None = None


def routellm(data: Path, file: str, label: str) -> Pairs:
    """One of the recordings of Mixtral-8x7B and GPT-4: a single answer of each."""
    with gzip.open(data / f"routellm_{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    drawn = np.sort(np.random.default_rng(3).permutation(len(rows))[:MOST])
    rows = [rows[i] for i in drawn]
    right = np.array([[sample["correct"] for sample in row["samples"]] for row in rows], dtype=float)
    replies = [row["samples"][0]["text"] for row in rows]
    return Pairs(label, [row["question"] for row in rows], *right.T, replies if any(replies) else None)


def exams(data: Path) -> Pairs:
    """gpt-3.5-turbo votes ten times, gpt-4 answers once: the same 100 exam questions, exact expectations."""
    weak, strong = EXAMS_GPT35.pools(data), EXAMS_GPT4.pools(data)
    assert [pool.question.id for pool in weak] == [pool.question.id for pool in strong]
    voted, share = [], []
    for pool in weak:
        modes = [pool.is_right(value) for value in pool.votes.modes]  # ties split
        voted.append(float(np.mean(modes or [False])))
        share.append(top_share(pool.votes.counts, pool.votes.abstained))
    return Pairs(
        "gpt-3.5-turbo x 10, gpt-4 (ten exams)", [pool.question.text for pool in weak], np.array(voted),
        np.array([pool.right_each.mean() for pool in strong]), share=np.array(share),
    )  # fmt: skip


Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


def scorers(pairs: Pairs) -> dict[str, Score]:
    """Each way to route: from questions learnt from, and questions, to how much these need the strong model."""

    def chances(texts: list[str], outcomes: np.ndarray, method: Any) -> Score:
        def score(seen: np.ndarray, scored: np.ndarray) -> np.ndarray:
            router = Router([texts[i] for i in seen], outcomes[seen], method, K)
            return router.chances([texts[i] for i in scored])

        return score

    both = np.column_stack([pairs.weak, pairs.strong])
    found: dict[str, Score] = {}
    for method in ("knn", "logistic"):
        each = chances(pairs.texts, np.round(both), method)
        found[f"route by question, {method}"] = lambda seen, scored, each=each: np.diff(each(seen, scored))[:, 0]
    if pairs.replies is not None:
        read = [f"{question}\n{reply}" for question, reply in zip(pairs.texts, pairs.replies, strict=True)]
        right = chances(read, pairs.weak[:, None], "logistic")
        found["cascade by a scorer of the reply"] = lambda seen, scored: -right(seen, scored)[:, 0]
        words = np.array([len(reply.split()) for reply in pairs.replies], dtype=float)
        found["cascade by the length of the reply"] = lambda _, scored: words[scored]
    if pairs.share is not None:
        share = pairs.share
        found["cascade by share of votes"] = lambda _, scored: -share[scored]
    return found


def halves(questions: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(learnt from, reported on), both ways."""
    order = np.random.default_rng(0).permutation(questions)
    a, b = np.sort(order[: questions // 2]), np.sort(order[questions // 2 :])
    return [(a, b), (b, a)]


def bands(pairs: Pairs, scores: np.ndarray) -> list[str]:
    """APGR, the share of the oracle's area and CPT(50%), each with the middle 95% of resampled questions."""

    def numbers(rows: np.ndarray) -> list[float]:
        weak, strong = pairs.weak[rows], pairs.strong[rows]
        curve = routing_curve(scores[rows], weak, strong)
        half = call_performance_threshold(curve, 0.5)
        assert half is not None
        return [average_recovered(curve), captured(curve, weak, strong), half]

    rng, size = np.random.default_rng(1), len(scores)
    again = np.array([numbers(rng.integers(size, size=size)) for _ in range(DRAWS)])
    low, high = np.quantile(again, [0.025, 0.975], axis=0)
    return [f"{m:.3f} [{a:.3f}, {b:.3f}]" for m, a, b in zip(numbers(np.arange(size)), low, high, strict=True)]


def at_shares(pairs: Pairs, score: Score) -> tuple[np.ndarray, list[str]]:
    """Scores of every question by what was learnt from the other half; then, for each share, what comes of it.

    The threshold is chosen on that half too; random routing is taken at the share that is met.
    """
    whole = np.zeros(len(pairs.texts))
    strong_asked = np.zeros((len(SHARES), len(pairs.texts)))
    for seen, held in halves(len(pairs.texts)):
        inside = _held_out(score, seen)
        whole[held] = found = score(seen, held)
        for place, share in enumerate(SHARES):
            strong_asked[place, held] = found >= np.quantile(inside, 1 - share)
    cells = []
    for asked in strong_asked:
        met = asked.mean()
        routed = np.where(asked == 1, pairs.strong, pairs.weak)
        cells += [percent(asked), percent(routed), points(routed - (1 - met) * pairs.weak - met * pairs.strong)]
    return whole, cells


def _held_out(score: Score, seen: np.ndarray) -> np.ndarray:
    """Scores of the questions learnt from, each by what was learnt from the other half of them."""
    fold = np.arange(len(seen)) % 2
    inside = np.zeros(len(seen))
    for f in range(2):
        inside[fold == f] = score(seen[fold != f], seen[fold == f])
    return inside


def recordings(data: Path) -> list[Pairs]:
    """The pairs of models."""
    return [
        routellm(data, "gsm8k_2models", "Mixtral-8x7B, GPT-4 (GSM8K)"),
        routellm(data, "mmlu_2models_correctness", "Mixtral-8x7B, GPT-4 (MMLU)"),
        exams(data),
    ]


def tables(data: Path) -> dict[str, str]:
    """The models and the oracle, and what every way to route recovers of the gap."""
    models, found = [], []
    for pairs in recordings(data):
        best = oracle_curve(pairs.weak, pairs.strong)
        enough = best.share[(best.accuracy > best.accuracy.max() - 1e-12).argmax()]
        models.append([
            pairs.label, len(pairs.texts), percent(pairs.weak), percent(pairs.strong),
            f"{100 * best.accuracy.max():.1f}", f"{100 * enough:.1f}", f"{average_recovered(best):.3f}",
        ])  # fmt: skip
        for name, score in scorers(pairs).items():
            whole, cells = at_shares(pairs, score)
            found.append([f"{pairs.label}: {name}", *bands(pairs, whole), *cells])
    head = ["way to route", "APGR (random .5)", "of the oracle's area", "CPT(50%) (random .5)"]
    for share in SHARES:
        head += [f"sent to the strong one %, {share:.0%} wanted", "accuracy %", "less random routing"]
    return {
        "routing-models": table(
            [
                "weak, strong",
                "questions",
                "weak %",
                "strong %",
                "oracle %",
                "of which to the strong one %",
                "its APGR",
            ],
            models,
        ),
        "routing": table(head, found),
    }


if __name__ == "__main__":
    main(tables)
