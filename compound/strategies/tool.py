"""What a tool is: it takes a text that a model wrote, and gives one back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from compound.strategies.part import Part


@dataclass(frozen=True, repr=False)
class Tool(Part):
    """Something that a model may use while it works on a question; register it with `@strategy("name")`.

    What it is given was written by a model: it must never evaluate it in this process.
    """

    cost: ClassVar[str] = "0"

    @property
    def called(self) -> str:
        """The name that the model uses."""
        return self.name

    @property
    @abstractmethod
    def purpose(self) -> str:
        """One line for the model: what it takes, and what it gives."""

    @abstractmethod
    async def use(self, given: str) -> str:
        """What it gives back. An error is shown to the model; a `UserError` ends the run."""
