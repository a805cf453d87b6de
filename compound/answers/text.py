"""Short free text: a word, a name, a phrase. A number written in digits is read as a number."""

from __future__ import annotations

import re
import unicodedata

from compound.answers.kind import Kind, undecorated
from compound.answers.number import numbers
from compound.core import Question

_MACRO = re.compile(r"\\(?:text|textbf|mathrm|boxed)\s*\{([^{}]*)\}")
_NUMERIC = re.compile(r"[-+−]?\s?[$€£]?[\d.,]+(?:\s?/\s?\d+)?")
_LONGEST = 80  # a longer line is an explanation, not an answer
_REFUSED = re.compile(
    r"(?:i['’]?m sorry|sorry\b|i can(?:not|['’]t| not)\b|i am unable|i do(?:n['’]t| not) know|as an ai\b)"
)


def normalised(text: str) -> str:
    """Lower case, composed, single spaces, nothing invisible, without punctuation at either end."""
    text = "".join(char for char in _MACRO.sub(r"\1", text) if char.isprintable() or char.isspace())
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(text.split()).strip(".,;:!?()[]{}\"'“”‘’`$ *_")


class FreeText(Kind):
    """A short answer in words, compared without case and outer punctuation."""

    name = "text"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        return 'Finish with one line of the form "Answer: …", as short as possible and with nothing after it.'

    def read(self, said: str, question: Question) -> str | None:
        """The normalised words; digits in their canonical form; None where nothing is left."""
        if _NUMERIC.fullmatch(bare := undecorated(_MACRO.sub(r"\1", said)).rstrip(".")) and (
            found := numbers(bare)
        ):
            return found[0]
        words = normalised(said)
        return words if any(char.isalnum() for char in words) else None

    def guess(self, text: str, question: Question) -> str | None:
        """A reply of one short line is the answer, if it is no refusal; of a longer one nothing was stated."""
        lines = [line for line in text.splitlines() if line.strip()]
        if lines and _REFUSED.match(lines[0].strip().lower()):
            return None
        short = len(lines) == 1 and len(lines[0]) <= _LONGEST and not lines[0].rstrip().endswith(":")
        return self.read(lines[0], question) if short else None
