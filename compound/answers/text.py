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


def normalised(text: str) -> str:
    """Lower case, composed, single spaces, without punctuation at either end."""
    text = unicodedata.normalize("NFC", _MACRO.sub(r"\1", text)).casefold()
    return " ".join(undecorated(text).split()).strip(".,;:!?()[]{}\"'` *_")


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
        return normalised(said) or None

    def guess(self, text: str, question: Question) -> str | None:
        """A reply of one short line is the answer; of a longer one nothing was stated."""
        lines = [line for line in text.splitlines() if line.strip()]
        short = len(lines) == 1 and len(lines[0]) <= _LONGEST and not lines[0].rstrip().endswith(":")
        return self.read(lines[0], question) if short else None
