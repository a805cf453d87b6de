"""Prompts: a chat, or a plain text to be continued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat. A final assistant message is continued where the model allows it."""

    messages: tuple[Message, ...]

    @classmethod
    def user(cls, content: str, *, system: str | None = None) -> Self:
        """A single user turn, after an optional system message."""
        head = (Message("system", system),) if system else ()
        return cls((*head, Message("user", content)))

    def payload(self) -> list[dict[str, str]]:
        """The messages as OpenAI-style dictionaries."""
        return [{"role": m.role, "content": m.content} for m in self.messages]

    @property
    def size(self) -> int:
        """Length in UTF-8 bytes: an upper bound of the number of tokens, template included."""
        return sum(len(m.content.encode("utf-8", "surrogatepass")) + 16 for m in self.messages)


@dataclass(frozen=True, slots=True)
class Text:
    """A plain text that the model continues: what small base-like models need."""

    text: str

    def payload(self) -> str:
        """The text itself."""
        return self.text

    @property
    def size(self) -> int:
        """Length in UTF-8 bytes: an upper bound of the number of tokens."""
        return len(self.text.encode("utf-8", "surrogatepass")) + 1


Prompt = Chat | Text
