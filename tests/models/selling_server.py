"""A model server that keeps accounts: whose answers repeat, and whose every sale has a number."""

from __future__ import annotations

import hashlib
import json
import re
import time
from itertools import count
from typing import Any, NamedTuple

from model_server import Call, ModelServer

_SUM = re.compile(r"(\d+) \+ (\d+)")


class Sale(NamedTuple):
    """A complete reply: what was asked, how many completions it had, and when it was given (monotonic seconds)."""

    asked: str
    n: int
    at: float


class SellingServer(ModelServer):
    """Answers sums, and is right in about 60% of the places of a call.

    An answer follows from the prompt, the temperature and its place in the call, so that a run repeats. The number
    of the sale goes out as the fingerprint, by which a filed sample is known as part of it.

    Attributes:
        sales: every complete reply by its number. A reply to a process that is dead by then counts: a provider
            charges for it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sales: dict[str, Sale] = {}
        self._number = count(1)

    def reply(self, call: Call, n: int | None = None) -> dict[str, Any]:
        """A right answer, as the protocol has it."""
        asked, number = asked_in(call), f"sale-{next(self._number)}"
        said = super().reply(call, n)
        for place, choice in enumerate(said["choices"]):
            choice["message"]["content"] = _answer(asked, place)
        self.sales[number] = Sale(asked, len(said["choices"]), time.monotonic())
        return {**said, "system_fingerprint": number}


def asked_in(call: Call) -> str:
    """What a call asks, whatever the number of completions: the chat and the temperature."""
    return what(call.body["messages"], call.body.get("temperature"))


def what(chat: list[dict[str, str]], temperature: float | None) -> str:
    """A chat and a temperature as one text."""
    return json.dumps([temperature, chat], sort_keys=True)


def _answer(asked: str, place: int) -> str:
    dice = hashlib.sha256(f"{place} {asked}".encode()).digest()
    found = _SUM.search(asked)
    right = sum(map(int, found.groups())) if found else 0
    wrong = dice[1] % 3 + 1 if dice[0] > 153 else 0
    return f"{'So. ' * (dice[2] % 5)}Answer: {right + wrong}"
