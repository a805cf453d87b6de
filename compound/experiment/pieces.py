"""Large tasks piece by piece: evaluated, written and let go, so that memory does not grow with the samples.

A piece is up to 1,000 questions of one strategy on one task. When its questions are complete, its part of
`answers/` is written, so answers can be read while a run goes on, and its numbers are kept in `.pieces`. A rerun
takes those up again, if nothing that they follow from has changed, without reading a sample.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from compound.answers import kind_named
from compound.core import Question
from compound.experiment.analysis import ArmCurves
from compound.experiment.cost import PARTS, Cost
from compound.experiment.pools import Arm
from compound.experiment.tally import Tally
from compound.experiment.writing import writing
from compound.strategies import React, Strategy
from compound.strategies.bound import Bound
from compound.strategies.needs import parts
from compound.strategies.scorers.reward import Reward

QUESTIONS = 1000
_ARRAYS = ("accuracy", "coverage", "first")
_COUNTED = ("names", "truncated", "estimated", "made_by")


@dataclass(frozen=True)
class Piece:
    """What is kept of some questions of an arm."""

    curves: ArmCurves
    tally: Tally


def in_pieces(arm: Arm, questions: int) -> bool:
    """Whether an arm of so many questions is evaluated in pieces; what has rounds is compared all at the end."""
    solver = arm.solver.part if isinstance(arm.solver, Bound) else arm.solver
    has_rounds = type(solver).rounds_in is not Strategy.rounds_in
    return questions > QUESTIONS and not has_rounds


def only_ours(arm: Arm, questions: Sequence[Question]) -> bool:
    """Whether this package alone decides: no function, tool, strategy or answer kind that a user registered."""
    used = [part for part, _ in parts(arm.solver, "")]
    kinds = {question.kind for question in questions}
    return all(
        type(part).__module__.startswith("compound.strategies.") and not isinstance(part, Reward | React)
        for part in used
    ) and all(type(kind_named(kind)).__module__.startswith("compound.answers.") for kind in kinds)


def content_of(questions: Sequence[Question]) -> str:
    """A hash of all that is in some questions and their worked examples; their ids may be a data set's own."""
    digest = hashlib.sha256()
    shown = {id(question.examples): question.examples for question in questions}
    for question in [*questions, *(example for examples in shown.values() for example in examples)]:
        said = (
            question.id,
            question.text,
            question.kind,
            question.golds,
            question.choices,
            dict(question.metadata),
        )
        digest.update(repr(said).encode())
    return digest.hexdigest()


def key_of(**follows_from: Any) -> str:
    """A name for all that a piece follows from; this package's code is part of it, and what it grades with."""
    text = json.dumps({**follows_from, "source": _source(), "with": _versions()}, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _versions() -> dict[str, str | None]:
    return {
        name: _version(name) for name in ("numpy", "scipy", "sympy", "math-verify", "scikit-learn", "sacrebleu")
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@cache
def _source() -> str:
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def save(path: Path, piece: Piece, key: str) -> None:
    """Keep a piece.

    Raises:
        StoreError: the folder cannot be written to.
    """
    curves, tally = piece.curves, piece.tally
    table: dict[str, Any] = {"key": key, "ks": curves.ks, "estimator": curves.estimator}
    table |= {name: getattr(curves, name) for name in _ARRAYS}
    table |= {f"cost_{part}": getattr(curves.cost, part) for part in PARTS}
    if curves.greedy is not None and curves.greedy_cost is not None:
        table["greedy"] = curves.greedy
        table |= {f"greedy_{part}": getattr(curves.greedy_cost, part) for part in PARTS}
    table |= {name: getattr(tally, name) for name in _COUNTED}
    table |= {"counts": [tally.answers, tally.unparsed, tally.mixed], "versions": list(tally.fingerprints)}
    with writing(path) as beside, beside.open("wb") as file:
        np.savez(file, **table)


def load(path: Path, key: str, arm: Arm, questions: Sequence[Question]) -> Piece | None:
    """A piece that was kept; None if there is none, it cannot be read, or something has changed since."""
    try:
        with np.load(path, allow_pickle=False) as table:
            return _read(table, arm, questions) if str(table["key"]) == key else None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None  # it is only a shortcut: the samples say it all again


def _read(table: Any, arm: Arm, questions: Sequence[Question]) -> Piece:
    greedy = table.get("greedy")
    curves = ArmCurves(
        arm=arm,
        questions=tuple(questions),
        ks=tuple(int(k) for k in table["ks"]),
        cost=Cost(*(table[f"cost_{part}"] for part in PARTS)),
        greedy=greedy,
        greedy_cost=None if greedy is None else Cost(*(table[f"greedy_{part}"] for part in PARTS)),
        estimator=str(table["estimator"]),
        **{name: table[name] for name in _ARRAYS},
    )
    answers, unparsed, mixed = (int(x) for x in table["counts"])
    versions = tuple(str(version) for version in table["versions"])
    kept = {name: table[name] for name in _COUNTED}
    return Piece(curves, Tally(answers, unparsed, mixed, Counter(), fingerprints=versions, **kept))
