"""Requests and tokens a minute: what the config allows, and what the server says is left."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

LONGEST_RESET = 60.0  # seconds; a server that counts by the day says more, and is asked again before
# Header names of OpenAI and whoever does as they do, and of Anthropic: what is left, and when all is back.
_HEADERS = {
    kind: (
        (f"x-ratelimit-remaining-{kind}", f"x-ratelimit-reset-{kind}"),
        (f"anthropic-ratelimit-{kind}-remaining", f"anthropic-ratelimit-{kind}-reset"),
    )
    for kind in ("requests", "tokens")
}
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3}


class Bucket:
    """So much a minute, spread evenly: it holds a second's worth, since providers enforce a rate by the second.

    Whoever wants more than it ever holds waits until it is full, and leaves it in debt. Times are seconds of any
    steady clock.
    """

    def __init__(self, per_minute: float) -> None:
        self.rate = per_minute / 60
        self.full = max(1.0, self.rate)
        self.level = self.full
        self._filled: float | None = None

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much may be taken, if nobody takes anything before."""
        if self._filled is not None and self.level < self.full:
            self.level = min(self.full, self.level + self.rate * (now - self._filled))
        self._filled = now
        return max(0.0, (min(amount, self.full) - self.level) / self.rate)

    def take(self, amount: float) -> None:
        """Take it out; a negative amount is what was reserved and not used, and what does not fit in is lost."""
        self.level = min(self.full, self.level - amount)


class Allowance:
    """What the server says is left until it counts anew. Without a word from it, all is allowed."""

    def __init__(self) -> None:
        self.taken = 0.0  # ever
        self._most = inf  # that may ever be taken
        self._until = -inf
        self._heard = -1.0

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much may be taken."""
        return max(0.0, self._until - now) if self.taken + amount > self._most else 0.0

    def take(self, amount: float) -> None:
        """Count it; a negative amount was never sent. What was sent and not used may count for the server."""
        self.taken += amount

    def told(self, mark: float, left: float, reset: float, now: float) -> None:
        """Hear what is left after a call up to which `mark` had been taken: later calls count against it."""
        if mark >= self._heard:  # replies overtake each other
            self._heard, self._most, self._until = mark, mark + left, now + min(reset, LONGEST_RESET)


@dataclass
class Taken:
    """One call's share: `sent` says that it counts, `used` how many of its tokens it took, where that is known."""

    tokens: int
    marks: dict[str, float]
    sent: bool = False
    used: float | None = None


class Rates:
    """Lets calls go no faster than requests and tokens a minute allow.

    Args:
        rpm: requests a minute; None: no limit of ours.
        tpm: tokens a minute, prompts and completions; None likewise.

    A call takes the most tokens that it can use, and gives back what it did not. Whoever has to wait sleeps;
    everybody goes in the order of coming. `waited` has the seconds that the queue was held back: those of every
    call at its head until it went, not those of the calls behind it.
    """

    def __init__(self, rpm: float | None = None, tpm: float | None = None) -> None:
        self._allowances = {kind: Allowance() for kind in _HEADERS}
        limits = (("requests", rpm), ("tokens", tpm))
        self._buckets = {kind: Bucket(limit) for kind, limit in limits if limit is not None}
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self.waited = 0.0

    @asynccontextmanager
    async def room(self, tokens: int, pause: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[Taken]:
        """Wait until a call of so many tokens may go; the block sends it, and says in `Taken` what became of it.

        Args:
            tokens: the most that it can use.
            pause: awaited in the queue first, so that a pause of all calls does not end with all of them at once.
        """
        amounts = {"requests": 1.0, "tokens": float(tokens)}
        async with self._turn:
            if pause is not None:
                await pause()
            began = _now()
            while (wait := self._wait(amounts)) > 1e-3:  # less is the rounding of a clock
                try:
                    async with asyncio.timeout(wait):
                        await self._changed.wait()
                except TimeoutError:
                    pass
            self.waited += _now() - began
            self._take(amounts)
        taken = Taken(tokens, {kind: allowance.taken for kind, allowance in self._allowances.items()})
        try:
            yield taken
        finally:
            # Nothing is awaited here: a cancelled call must not keep what it took.
            if not taken.sent:
                self._take({kind: -amount for kind, amount in amounts.items()})
            elif taken.used is not None and "tokens" in self._buckets:
                self._buckets["tokens"].take(taken.used - tokens)
            self._changed.set()
            self._changed = asyncio.Event()

    def told(self, taken: Taken, headers: Mapping[str, str]) -> None:
        """Hear the headers of the reply to a call."""
        for kind, names in _HEADERS.items():
            for left, reset in names:
                amount, seconds = _number(headers.get(left)), _seconds(headers.get(reset))
                if amount is not None and seconds is not None:
                    self._allowances[kind].told(taken.marks[kind], amount, seconds, _now())

    def _wait(self, amounts: Mapping[str, float]) -> float:
        now = _now()
        waits = [self._allowances[kind].wait(amount, now) for kind, amount in amounts.items()]
        return max([*waits, *(bucket.wait(amounts[kind], now) for kind, bucket in self._buckets.items())])

    def _take(self, amounts: Mapping[str, float]) -> None:
        for kind, amount in amounts.items():
            self._allowances[kind].take(amount)
            if kind in self._buckets:
                self._buckets[kind].take(amount)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _number(said: str | None) -> float | None:
    try:
        number = float(said) if said is not None else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < inf else None


def _seconds(said: str | None) -> float | None:
    """Seconds until a reset: `1.5`, `6m0s`, `20ms`, or a date of RFC 3339."""
    if said is None or (plain := _number(said)) is not None:
        return None if said is None else plain
    if re.fullmatch(r"(\d+(\.\d+)?(ms|[dhms]))+", said):
        return sum(float(n) * _UNITS[unit] for n, _, unit in re.findall(r"(\d+(\.\d+)?)(ms|[dhms])", said))
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds()) if when.tzinfo else None
