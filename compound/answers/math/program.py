"""The program of the worker process: says whether two pieces of LaTeX are equal, by math-verify's parser and sympy.

Started by `compound.answers.math.worker` as a script, so it imports nothing of this package. A line of JSON in
(`[one, other]`), a line out (`true` or `false`). The caller kills it when an answer takes too long.

Covered: it reads LaTeX only, by the grammar of latex2sympy2-extended (no `eval`; math-verify's branch for plain
expressions, which has one, is never called). An alarm ends it when its parent was killed while it was busy; the
end of its input ends it otherwise. Memory is limited where the system can (Linux; macOS ignores the limit, Windows
has none).
Not covered: it is no sandbox. It runs with the rights of the user, and trusts the caller's check of what is sent.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from functools import lru_cache
from importlib import import_module
from typing import Any

DIGITS = 60  # what relations and functions are compared to, where no proof is found otherwise


def limit(megabytes: int) -> None:
    """Limit the address space, where the system knows such a limit."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@lru_cache(maxsize=512)
def read(latex: str) -> Any:
    """A sympy object; `i` is the imaginary unit."""
    sympy, parser = import_module("sympy"), import_module("latex2sympy2_extended.latex2sympy2")
    plain = parser.ConversionConfig(lowercase_symbols=False)
    found = parser.latex2sympy(latex, normalization_config=None, conversion_config=plain)
    return found.subs({sympy.Symbol("i"): sympy.I, sympy.Symbol("e"): sympy.E})


def equal(one: str, other: str) -> bool:
    """Whether two formulas are equal: exactly where both are expressions, else as math-verify compares them."""
    sympy = import_module("sympy")
    left, right = read(one), read(other)
    if isinstance(left, sympy.Expr) and isinstance(right, sympy.Expr):
        difference = left.doit() - right.doit()
        if difference.is_zero is not None:
            return bool(difference.is_zero)
        if (simple := sympy.simplify(difference)).is_zero is not None:
            return bool(simple.is_zero)
        return bool(simple.equals(0))
    verify = import_module("math_verify").verify
    # Which of the two is the gold changes how math-verify reads assignments: ask both ways.
    exactly: dict[str, Any] = {"float_rounding": DIGITS, "numeric_precision": DIGITS, "timeout_seconds": None}
    return bool(verify(left, right, **exactly) or verify(right, left, **exactly))


def main(seconds: float, megabytes: int) -> None:
    """Answer until the input ends."""
    limit(megabytes)
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints is no reply
    import_module("math_verify")
    alarm = None
    with contextlib.suppress(ImportError, AttributeError):
        import signal

        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
        alarm = signal.setitimer
    replies.write("ready\n")
    replies.flush()
    for line in sys.stdin:
        one, other = json.loads(line)
        if alarm:
            alarm(signal.ITIMER_REAL, seconds + 1)
        try:
            same = equal(one, other)
        except MemoryError:
            os._exit(1)  # what is left of the heap cannot be relied on
        except Exception:  # no proof: hostile or unreadable text may raise anything in the parser or in sympy
            same = False
        if alarm:
            alarm(signal.ITIMER_REAL, 0)
        replies.write(json.dumps(same) + "\n")
        replies.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
