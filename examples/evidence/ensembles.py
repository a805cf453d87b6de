"""The vote of k different models, one answer each, against the best single one.

Models and weights are chosen on other questions than those that report them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from evidence import main, percent, points, table

from compound.stats import Pool, cross_fit, plurality_curves

FOLDS = 5
SIZES = (3, 5)
# One model at three hosts: the nearest to three draws of it. The first stands for it among the others.
HOSTS = (
    "Llama-3.1-405B-Inst@sambanova", "Llama-3.1-405B-Instruct-Turbo", "Meta-Llama-3.1-405B-Instruct@hyperbolic",
)  # fmt: skip


@dataclass(frozen=True)
class Answers:
    """One answer of each of M models to Q questions.

    `codes` (M, Q): the answer as a number from 0, or -1 if it could not be read; `right` (M, Q): 0 or 1.
    """

    models: tuple[str, ...]
    codes: np.ndarray
    right: np.ndarray

    def of(self, models: Iterable[int]) -> Answers:
        """Those of some models."""
        rows = list(models)
        return Answers(tuple(self.models[i] for i in rows), self.codes[rows], self.right[rows])

    def at(self, questions: np.ndarray) -> Answers:
        """Those to some questions."""
        return Answers(self.models, self.codes[:, questions], self.right[:, questions])

    def vote(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Accuracy of the vote of all, shape (Q,); ties are split, and without a ballot it is 0.

        `weights`: one a model, shape (M,).
        """
        ballot = self.codes >= 0
        same = (self.codes[:, None] == self.codes) & ballot
        size = same.sum(axis=1)  # of the group of each ballot
        total = size if weights is None else np.einsum("ijq,j->iq", same, weights)
        leads = ballot & (total > np.where(ballot, total, -np.inf).max(axis=0) - 1e-9)
        share = leads / np.maximum(size, 1)  # adds up to 1 for each answer that leads
        found: np.ndarray = (share * self.right).sum(axis=0) / np.maximum(share.sum(axis=0), 1)
        return found

    def random(self) -> np.ndarray:
        """Mean accuracy of the vote of k models over all sets of k, shape (Q, M)."""
        pools = []
        for codes, right in zip(self.codes.T, self.right.T, strict=True):
            answers, first, counts = np.unique(codes, return_index=True, return_counts=True)
            given = answers >= 0
            pools.append(Pool(counts[given], right[first][given] == 1, int((codes < 0).sum())))
        return plurality_curves(pools)

    def log_odds(self) -> np.ndarray:
        """log(p (c - 1) / (1 - p)) of every model, at least 0, shape (M,): p is its accuracy where it can be read.

        The best weights for models that err independently, and spread their errors evenly over c - 1 wrong answers
        (Nitzan and Paroush 1982, International Economic Review 23, for c = 2). Wrong answers are not spread
        evenly: 1 / (c - 1) is taken to be the share of pairs of wrong answers that are the same.
        """
        ballot = self.codes >= 0
        wrong = ballot & (self.right == 0)
        p = (self.right.sum(axis=1) + 1) / (ballot.sum(axis=1) + 2)
        pairs = [(wrong[i] & wrong[j], self.codes[i] == self.codes[j]) for i, j in self.pairs()]
        others = sum(both.sum() for both, _ in pairs) / max(1, sum((both & alike).sum() for both, alike in pairs))
        found: np.ndarray = np.maximum(np.log(p * others / (1 - p)), 0)
        return found

    def phi(self) -> float:
        """Correlation of the errors of two models (`error_correlation`), mean over all pairs."""
        return float(np.corrcoef(self.right)[np.triu_indices(len(self.models), 1)].mean())

    def pairs(self) -> Iterable[tuple[int, int]]:
        """Any two models."""
        return combinations(range(len(self.models)), 2)


def read(data: Path, file: str) -> Answers:
    """A recording of one answer each of many models; a right one is equal to the gold."""
    with gzip.open(data / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    models = tuple(sample["model"] for sample in rows[0]["samples"])
    codes, right = np.empty((len(models), len(rows)), dtype=np.int8), np.empty((len(models), len(rows)))
    for q, row in enumerate(rows):
        assert tuple(sample["model"] for sample in row["samples"]) == models
        answers = [sample["answer"] for sample in row["samples"]]
        number = {answer: i for i, answer in enumerate(sorted({*answers} - {None}))}
        codes[:, q] = [number.get(answer, -1) for answer in answers]
        right[:, q] = [answer == row["gold"] for answer in answers]
    return Answers(models, codes, right)


@dataclass(frozen=True)
class Outcome:
    """What an ensemble does, values of shape (Q,): one of its models, its vote and its weighted vote."""

    one: np.ndarray
    vote: np.ndarray
    phi: float
    weighted: np.ndarray | None = None

    def row(self, label: str, single: np.ndarray) -> list[object]:
        """Against the best single model."""
        found = [label, len(single), percent(self.one), percent(self.vote), points(self.vote - self.one),
                 points(self.vote - single)]  # fmt: skip
        if self.weighted is None:
            return [*found, "", "", "", f"{self.phi:.2f}"]
        return [*found, percent(self.weighted), points(self.weighted - self.vote), points(self.weighted - single),
                f"{self.phi:.2f}"]  # fmt: skip


def chosen(answers: Answers, fold: np.ndarray, sizes: Iterable[int]) -> list[Outcome]:
    """For each size, the best models of the other folds, with the weights of the other folds."""
    folds = []
    for f in range(FOLDS):
        seen = answers.at(fold != f)
        folds.append((fold == f, np.argsort(-seen.right.mean(axis=1), kind="stable"), seen.log_odds()))
    found = []
    for k in sizes:
        one, vote, weighted = np.zeros((3, len(fold)))
        for held, order, weights in folds:
            asked = answers.of(order[:k]).at(held)
            one[held], vote[held] = asked.right.mean(axis=0), asked.vote()
            weighted[held] = asked.vote(weights[order[:k]])
        phi = [answers.of(order[:k]).phi() for _, order, _ in folds]
        found.append(Outcome(one, vote, float(np.mean(phi)), weighted))
    return found


class Compared(NamedTuple):
    """The rows of a recording, the best single model (Q,), and the ensembles of its best models."""

    rows: list[list[object]]
    single: np.ndarray
    best: list[Outcome]


def compared(label: str, answers: Answers) -> Compared:
    """The best single model, the best k, and k at random."""
    fit = cross_fit(answers.right.T, folds=FOLDS, draws=2, rng=np.random.default_rng(0))
    single, count = fit.held_out, len(answers.models)
    rows: list[list[object]] = [
        [f"{label}: best single, {answers.models[fit.best]}", len(single), percent(single), *[""] * 7]
    ]
    best = chosen(answers, fit.fold, (*SIZES, count))
    names = (*(f"best {k}" for k in SIZES), f"all {count}")
    rows += [of.row(f"{label}: {name}", single) for name, of in zip(names, best, strict=True)]
    mean, drawn, phi = answers.right.mean(axis=0), answers.random(), answers.phi()
    rows += [Outcome(mean, drawn[:, k - 1], phi).row(f"{label}: random {k}", single) for k in SIZES]
    return Compared(rows, single, best)


def tables(data: Path) -> dict[str, str]:
    """GSM8K and MMLU-Pro."""
    gsm, mmlu = read(data, "zeroeval_gsm_multimodel"), read(data, "mmlupro_multimodel")
    three = gsm.of(map(gsm.models.index, HOSTS))
    hosts = Outcome(three.right.mean(axis=0), three.vote(), three.phi())
    first = compared("GSM8K", gsm.of(i for i, model in enumerate(gsm.models) if model not in HOSTS[1:]))
    second = compared("MMLU-Pro", mmlu)
    head = [
        "voters", "questions", "one of them %", "vote %", "less one of them", "less the best single",
        "weighted vote %", "less the vote", "less the best single", "correlation of errors",
    ]  # fmt: skip
    rows = [*first.rows, hosts.row("GSM8K: Llama-3.1-405B, three hosts", first.single), *second.rows]
    agree = np.mean([three.codes[i] == three.codes[j] for i, j in three.pairs()])
    said = (
        f"Of the three hosts any two give the same answer to {100 * agree:.1f}% of questions. "
        f"The best 3 less the three hosts: {points(first.best[0].vote - hosts.vote)}."
    )
    return {"ensembles": f"{table(head, rows)}\n\n{said}"}


if __name__ == "__main__":
    main(tables)
