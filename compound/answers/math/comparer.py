"""The worker's share: what it may be sent, its limits, and its results, which are kept and counted."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from compound.answers.math.tidy import FUNCTIONS
from compound.answers.math.values import KEPT
from compound.answers.math.worker import Overrun, Worker

SECONDS, MEGABYTES = 3.0, 1024
MOST_COMPARISONS, MOST_OVERRUNS = 200, 3  # of one question in the worker; then what differs as text is different


@dataclass
class Tally:
    """What comparisons took, since the process started.

    Attributes:
        asked: comparisons that the worker was needed for.
        kept: of these, those whose result was known already.
        overruns: of these, those that were ended for their time or memory, and count as different.
        capped: calls of `classes` that needed more symbolic comparisons, or ended more, than are allowed: the rest
            were compared as text. A question that is replayed counts each time.
    """

    asked: int = 0
    kept: int = 0
    overruns: int = 0
    capped: int = 0


_SENT = re.compile(r"[A-Za-z0-9+\-*/^_=<>()\[\]{}.,|!' \\]{1,300}")
_KNOWN = {
    *"frac sqrt pi cdot le ge ne infty theta alpha beta gamma delta phi omega lambda mu sigma binom".split(),
    *"lfloor rfloor lceil rceil".split(),
    *FUNCTIONS,
}
# Many digits, powers and factorials of large numbers or of brackets, powers of powers.
_HUGE = re.compile(
    r"\d{61}|[!^\[]\s*\{?\s*-?\s*\d{4}|(?:\d{4}|[)}\]])\s*!|!\s*!|\^\s*(?:\{[^{}]*\^|\w+\s*\^)|_\{?[^}]*\\"
)
_DECIMAL = re.compile(r"(\d*)\.(\d+)")


def _sendable(text: str) -> str | None:
    """The formula as the worker gets it: LaTeX of known commands and modest size, decimals as exact fractions."""
    names = set(re.findall(r"\\([A-Za-z]+|.)", text, re.DOTALL))
    if not _SENT.fullmatch(text) or not names <= _KNOWN or _HUGE.search(text) or "__" in text:
        return None
    return _DECIMAL.sub(lambda m: f"\\frac{{{int(m[1] + m[2])}}}{{{10 ** len(m[2])}}}", text)


class _Comparer:
    """Asks the worker and keeps its answers, by the unordered pair."""

    def __init__(self, worker: Worker) -> None:
        self.worker, self.tally = worker, Tally()
        self._known: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._lock = threading.Lock()  # the cache and the tally; never held while the worker thinks

    def __call__(self, one: str, other: str) -> tuple[bool, bool]:
        """Whether two formulas are equal, and whether that took too long to find out."""
        pair = (one, other)
        with self._lock:
            self.tally.asked += 1
            if pair in self._known:
                self.tally.kept += 1
                self._known.move_to_end(pair)
                return self._known[pair], False
        left, right = _sendable(one), _sendable(other)
        overran = False
        try:
            same = left is not None and right is not None and self.worker.equal(left, right)
        except Overrun:
            same, overran = False, True
        with self._lock:
            self.tally.overruns += overran
            self._known[pair] = same
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return same, overran

    def count_capped(self) -> None:
        """One more question was compared as text in part."""
        with self._lock:
            self.tally.capped += 1


COMPARER = _Comparer(Worker(SECONDS, MEGABYTES))


def tally() -> Tally:
    """What comparisons took so far in this process."""
    return replace(COMPARER.tally)
