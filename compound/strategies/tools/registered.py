"""A function of one's own as a tool."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from compound.core import ExpressionError, nearest
from compound.strategies.part import strategy
from compound.strategies.tool import Tool

Function = Callable[[str], str | Awaitable[str]]
TOOLS: dict[str, Function] = {}


def tool(name: str) -> Callable[[Function], Function]:
    """Register a function `(text) -> text` under a name, for `react([tool("name")])`.

    The model is told the first line of its docstring, and calls it by its name: one word. It may be async; one that
    is not runs in a thread. The text was written by a model: do not evaluate it. What it gives back becomes part
    of the next prompt, so a rerun repeats, and buys nothing, only if it gives the same again.

    Raises:
        ExpressionError: the name is no word.
    """
    if not name.isidentifier():
        raise ExpressionError(f"a tool's name is one word that a model can write, not {name!r}")

    def register(function: Function) -> Function:
        TOOLS[name] = function
        return function

    return register


@strategy("tool")
class Registered(Tool):
    """A registered function as a tool.

    Args:
        function: the name that it was registered under.
    """

    function: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.function not in TOOLS:
            known = nearest(self.function, TOOLS)
            raise ExpressionError(f"no tool '{self.function}': {known}; @tool('{self.function}') registers one")

    @property
    def called(self) -> str:
        """See `Tool.called`."""
        return self.function

    @property
    def purpose(self) -> str:
        """See `Tool.purpose`."""
        return (inspect.getdoc(TOOLS[self.function]) or "takes a text; gives a text").partition("\n")[0]

    async def use(self, given: str) -> str:
        """See `Tool.use`."""
        function = TOOLS[self.function]
        found: Any = function(given) if inspect.iscoroutinefunction(function) else await _threaded(function, given)
        return str(await found if inspect.isawaitable(found) else found)


async def _threaded(function: Function, given: str) -> Any:
    return await asyncio.to_thread(function, given)
