"""Python in the sandbox."""

from __future__ import annotations

from typing import ClassVar

from compound.strategies.part import strategy
from compound.strategies.running import ran, trouble
from compound.strategies.tool import Tool


@strategy("python")
class Python(Tool):
    """Runs a Python program in the sandbox, for at most 10 seconds."""

    needs: ClassVar[frozenset[str]] = frozenset({"sandbox"})

    @property
    def purpose(self) -> str:
        """See `Tool.purpose`."""
        return "takes a Python program (standard library only); gives what it prints"

    async def use(self, given: str) -> str:
        """See `Tool.use`.

        Raises:
            SandboxError: there is no sandbox here, or it does not start.
        """
        outcome = await ran(given)
        printed = outcome.stdout.strip()
        if outcome.status == "ok":
            return printed or "(it printed nothing)"
        return f"{printed}\n{trouble(outcome)}".strip()
