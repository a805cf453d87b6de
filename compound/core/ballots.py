"""Ballots: what the candidates of a pool said, in submission order."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Ballots:
    """One entry per candidate in the order they were submitted; None abstained and casts no vote."""

    votes: tuple[str | None, ...]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Votes by answer, most first; equal counts in the order of the answers themselves."""
        counted = Counter(vote for vote in self.votes if vote is not None)
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))

    @property
    def abstained(self) -> int:
        """Candidates that cast no vote."""
        return sum(vote is None for vote in self.votes)

    @property
    def modes(self) -> tuple[str, ...]:
        """The answers with the most votes, sorted; empty if nobody voted."""
        top = max(self.counts.values(), default=0)
        return tuple(sorted(answer for answer, count in self.counts.items() if count == top))

    def winner(self, salt: str = "") -> str | None:
        """The plurality answer; a tie is broken by a draw that depends on `salt` and on the tied answers.

        Nothing depends on the order of the candidates, and over questions no tied answer is favoured.
        """
        return among(self.modes, salt) if self.modes else None


def among(tied: Sequence[str], salt: str) -> str:
    """One of several that are equally good: a draw that depends on `salt` and on them, never on their order."""
    ordered = sorted(tied)
    if len(ordered) == 1:
        return ordered[0]
    digest = hashlib.sha256("\x1f".join((salt, *ordered)).encode("utf-8", "surrogatepass")).digest()
    return ordered[int.from_bytes(digest[:8], "big") % len(ordered)]
