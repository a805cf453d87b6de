"""The error taxonomy: who has to do something about it.

* `UserError`: the user must fix it. One message that names the thing and the way out; exit code 2.
* `ModelFailure`: the world did it (a 429, a timeout, a broken reply). Retried, then recorded as data.
* `BudgetExhaustedError`: nobody's fault. The run stops cleanly and keeps everything.
* `LaneError`, `MissingSampleError`: a strategy or a replay broke a rule; never hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CompoundError(Exception):
    """Base of every error raised on purpose."""


class UserError(CompoundError):
    """Something the user must fix; the message names it and the way out."""


class ConfigError(UserError):
    """An experiment config that cannot be read."""


class ExpressionError(UserError):
    """A strategy expression that cannot be read."""


class TaskError(UserError):
    """A task that is unknown, empty, or whose data cannot be read."""


class ModelError(UserError):
    """A model that cannot be used: unknown id, missing key, dead endpoint, refused credentials."""


class MissingAbilityError(ModelError):
    """The model or its server cannot do what the strategy needs."""


class StoreError(UserError):
    """The sample store cannot be read or written."""


class SandboxError(UserError):
    """Code cannot be run here: there is no sandbox, it does not work, or its limits are impossible."""


class BudgetExhaustedError(CompoundError):
    """A cap on money, tokens or time would be exceeded by the next call."""


class LaneError(CompoundError):
    """One lane was used by two branches at once: fork the model for each branch."""


class MissingSampleError(CompoundError):
    """A replay asked for a draw that was never recorded."""


class ModelFailure(CompoundError):  # noqa: N818 - a failure is data, recorded with its reason
    """A call that failed for a reason outside this program.

    Attributes:
        reason: a short class of failure (`rate limit`, `timeout`, `server error`, `bad reply`, …).
        retryable: whether asking again may help.
        retry_after: seconds that the server asked us to wait, if it said so.
        attempts: how often the call was tried, known once the retries are over.
    """

    def __init__(
        self, reason: str, detail: str = "", *, retryable: bool = True, retry_after: float | None = None
    ) -> None:
        self.reason, self.detail, self.retryable, self.retry_after = reason, detail, retryable, retry_after
        self.attempts = 1
        super().__init__(f"{reason}: {detail}" if detail else reason)


def nearest(name: str, known: Iterable[str]) -> str:
    """What to say after an unknown name: the nearest known one, and the list."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}there is: {', '.join(names)}"
