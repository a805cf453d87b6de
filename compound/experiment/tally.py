"""What was drawn, counted: it stays when the samples themselves are let go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from compound.answers import kind_named
from compound.answers.equivalence import mixed_groups
from compound.core import Sample
from compound.experiment.pools import Pool


@dataclass(frozen=True)
class Tally:
    """Counts over some pools. Strategies share draws: the S samples are kept by name, and counted once at the end.

    Attributes:
        answers: how many, greedy ones included.
        unparsed: those without a value, though nothing failed.
        mixed: groups of equivalent answers of which some were graded right and some wrong.
        failures: how often each reason was given.
        names: of the samples, shape (S,), 64-bit hashes.
        truncated: whether each was cut off, shape (S,).
        estimated: whether its usage had to be estimated, shape (S,).
        made_by: what made each, shape (S,): its place in `fingerprints`.
        fingerprints: of the backend's versions.
    """

    answers: int
    unparsed: int
    mixed: int
    failures: Counter[str] = field(default_factory=Counter)
    names: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    truncated: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    estimated: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    made_by: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))
    fingerprints: tuple[str, ...] = ()


def tally_of(pools: Sequence[Pool]) -> Tally:
    """Count what some pools hold."""
    answers = [answer for pool in pools for answer in (*pool.answers, pool.greedy) if answer]
    samples = list({s.draw: s for a in answers for s in a.samples if s.draw and s.vector is None}.values())
    versions = sorted({s.fingerprint or "unknown" for s in samples})
    place = {version: number for number, version in enumerate(versions)}
    return Tally(
        len(answers),
        sum(a.value is None and not a.failure for a in answers),
        sum(mixed_groups(kind_named(pool.question.kind), pool.values, pool.right) for pool in pools),
        Counter(a.failure for a in answers if a.failure),
        np.array([_name(s) for s in samples], np.uint64),
        np.array([s.truncated for s in samples], bool),
        np.array([s.estimated for s in samples], bool),
        np.array([place[s.fingerprint or "unknown"] for s in samples], np.uint32),
        tuple(versions),
    )


def _name(sample: Sample) -> int:
    assert sample.draw is not None
    return int.from_bytes(blake2b(repr(sample.draw.key).encode(), digest_size=8).digest(), "big")


def counted(tallies: Iterable[Tally]) -> dict[str, Any]:
    """What run.json says of all of them together, every sample counted once."""
    every = list(tallies)
    names = np.concatenate([np.zeros(0, np.uint64), *(t.names for t in every)])
    _, first = np.unique(names, return_index=True)
    versions: Counter[str] = Counter()
    begin = 0
    for tally in every:
        own = first[(first >= begin) & (first < begin + len(tally.names))] - begin
        for number, count in zip(*np.unique(tally.made_by[own], return_counts=True), strict=True):
            versions[tally.fingerprints[number]] += int(count)
        begin += len(tally.names)
    truncated = np.concatenate([np.zeros(0, bool), *(t.truncated for t in every)])[first]
    estimated = np.concatenate([np.zeros(0, bool), *(t.estimated for t in every)])[first]
    failures = sum((t.failures for t in every), Counter[str]())
    return {
        "draws": len(first),
        "unparsed": sum(t.unparsed for t in every) / max(1, sum(t.answers for t in every)),
        "truncated": float(truncated.mean()) if len(first) else 0.0,
        "estimated_usage": int(estimated.sum()),
        "failed": sum(failures.values()),
        "failures": [f"{count} x {reason}" for reason, count in failures.most_common(20)],
        "mixed_groups": sum(t.mixed for t in every),
        "fingerprints": dict(versions.most_common(20)),
    }
