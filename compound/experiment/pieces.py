"""Large tasks piece by piece: evaluated, written and let go, so that memory does not grow with the samples.

A piece is up to 1,000 questions of one strategy on one task. When its questions are complete, its part of
`answers/` is written, so answers can be read while a run goes on, and its numbers are kept in `.pieces`. A rerun
takes those up again, if nothing that they follow from has changed, without reading a sample.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from compound.core import Question, StoreError
from compound.experiment.analysis import ArmCurves
from compound.experiment.cost import PARTS, Cost
from compound.experiment.pools import Arm
from compound.experiment.tally import Tally

QUESTIONS = 1000
_ARRAYS = ("accuracy", "coverage", "first")
_COUNTED = ("names", "truncated", "estimated", "made_by")


@dataclass(frozen=True)
class Piece:
    """What is kept of some questions of an arm."""

    curves: ArmCurves
    tally: Tally


def in_pieces(arm: Arm) -> bool:
    """Whether an arm is evaluated piece by piece; agents that read each other are compared all at the end."""
    return len(arm.task.questions()) > QUESTIONS and arm.solver.selection != "interactive"


def key_of(**follows_from: Any) -> str:
    """A name for everything that a piece follows from; the code of this package is part of it."""
    text = json.dumps({**follows_from, "source": _source(), "numpy": np.__version__}, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


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
    beside = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(beside, **table)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error.strerror}; every completed call is in the store") from error


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
