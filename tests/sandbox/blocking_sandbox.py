"""A sandbox that is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from compound.sandbox import Outcome, Sandbox, Verdict


class Blocking:
    """Both ways to use a sandbox, each call in a loop of its own."""

    def __init__(self, **options: Any) -> None:
        self.sandbox = Sandbox(**options)

    def run(self, source: str, **options: Any) -> Outcome:
        return asyncio.run(self.sandbox.run(source, **options))

    def test(self, program: str, tests: Sequence[str], **options: Any) -> list[Verdict]:
        return asyncio.run(self.sandbox.test(program, tests, **options))

    def marks(self, program: str, *tests: str, **options: Any) -> list[str]:
        return [verdict.status for verdict in self.test(program, tests, **options)]
