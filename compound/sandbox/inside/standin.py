"""What stands in the tests' process for what the candidate defines."""

from __future__ import annotations

import builtins
import os

from compound.sandbox.inside.wire import Garbled, Unsupported, receive, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn


class Caller:
    """Makes stand-ins, and carries their calls over the channel of the test that is running."""

    def __init__(self) -> None:
        self._channel = self._report = -1
        self._errors: dict[str, type[BaseException]] = {
            name: kind
            for name, kind in vars(builtins).items()
            if isinstance(kind, type) and issubclass(kind, BaseException)
        }

    def connect(self, channel: int, report: int) -> None:
        """In the fork of a test: where the calls and the verdict go."""
        self._channel, self._report = channel, report

    def report(self, status: str, detail: str) -> NoReturn:
        """Give the verdict and end the process: no `except` of the test can hold it up."""
        try:
            send(self._report, [status, detail])
        finally:
            os._exit(0)

    def provide(self, namespace: dict[str, Any], name: str, sort: str, what: Any = None) -> None:
        """Define the name: a function that calls, an exception type of that base, plain data, or our own module."""
        if sort == "call":
            namespace[name] = self._function(name)
        elif sort == "error":
            namespace[name] = self._errors[name] = type(name, (self._nearest(what),), {})
        elif sort == "value":
            namespace[name] = what
        else:
            try:
                namespace[name] = __import__(name)
            except ImportError:  # one that only the program has
                return

    def _function(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call(name, args, kwargs)

        call.__name__ = call.__qualname__ = name
        return call

    def _call(self, name: str, args: Any, kwargs: Any) -> Any:
        try:
            send(self._channel, [name, args, kwargs])
            kind, what, *more = receive(self._channel)
            after = more.pop()
            if after:
                restore(args, after[0])
                restore(kwargs, after[1])
        except Unsupported as error:
            self.report("unsupported", "in the call of " + name + ": " + str(error))
        except (EOFError, OSError):
            self.report("error", "the program ended its own process in the call of " + name)
        except (Garbled, TypeError, ValueError, IndexError, KeyError) as error:
            self.report("error", "the program's side sends nonsense: " + type(error).__name__)
        if kind == "return":
            return what
        if kind != "raise":
            self.report("unsupported", "in the call of " + name + ": " + str(what))
        raise self._error(what, more)

    def _error(self, lineage: Any, more: Any) -> BaseException:
        kind = self._nearest(lineage)
        try:
            return kind(*more[0])
        except Exception:  # its arguments do not fit, as those of a subclass may not
            return kind.__new__(kind)

    def _nearest(self, lineage: Any) -> type[BaseException]:
        return next((self._errors[name] for name in lineage if name in self._errors), Exception)


def restore(old: Any, new: Any) -> None:
    """Change lists, dicts and sets in place to what they became on the other side, down to the innermost."""
    if type(old) is not type(new):
        return
    if isinstance(old, (list, tuple)):
        kept = [merged(one, other) for one, other in zip(old, new)]  # noqa: B905 - Python 3.8
        if isinstance(old, list):
            old[:] = kept + list(new[len(kept) :])
    elif isinstance(old, dict):
        kept_items = {key: merged(old.get(key), value) for key, value in new.items()}
        old.clear()
        old.update(kept_items)
    elif isinstance(old, set):
        old.clear()
        old.update(new)


def merged(old: Any, new: Any) -> Any:
    """The old object, changed to the new value where it can be, so that other names for it see the change."""
    if isinstance(old, (list, dict, set, tuple)) and type(old) is type(new):
        restore(old, new)
        if old == new:
            return old
    return new
