"""Multiple choice: `(B)`, `B.`, `Answer: B`, or the words of an option."""

from __future__ import annotations

import re

from compound.answers.kind import Kind, negated, undecorated
from compound.answers.text import normalised
from compound.core import Question

_ENCLOSED = re.compile(r"[(\[{]\s*([A-Za-z])\s*[)\]}]")
_BARE = re.compile(r"(?:(?i:option|choice)\s+)?([A-Z])(?=$|\s*[).:,;*\]}–-]|\s*\n)")
# "B because" names an option. "A train" does not: A and I are words too, unless a reason follows.
_BEFORE_WORDS = re.compile(
    r"(?:(?i:option|choice)\s+)?(?:([B-HJ-Z])|[AI](?=\s+(?:because|since|as|which|is|due)\b))(?=\s)"
)
# "(A) or (B)", "B and C": a hedge is no answer. "(A) is wrong" is none either.
_ALSO = re.compile(r"[\s)\]}*]*(?:[,/&]|\bor\b|\band\b)\s*(?:(?i:option|choice)\s+)?[(\[{*]*([A-Z])(?![\w'’])")
_DENIED = re.compile(r"[\s)\]}*]*(?:is|are)(?:n['’]t\b|\s+(?:not|wrong|incorrect|false)\b)")
_LONGEST = 2000  # the words of a longer line are not compared with the options


class Choice(Kind):
    """One of the lettered options; the value is the letter."""

    name = "choice"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        letters = ", ".join(question.letters)
        return f'Finish with one line of the form "Answer: X", where X is one letter of {letters}.'

    def read(self, said: str, question: Question) -> str | None:
        """The letter that a statement begins with, or whose option it repeats."""
        said = undecorated(said.replace("\\text{", "").replace("\\textbf{", ""))
        for pattern in (_ENCLOSED, _BARE, _BEFORE_WORDS):
            if (match := pattern.match(said)) and (
                letter := match[0].strip("()[]{} ")[-1].upper()
            ) in question.letters:
                also = _ALSO.match(said, match.end())
                hedged = also and also[1] in question.letters and also[1] != letter
                return None if hedged or _DENIED.match(said, match.end()) else letter
        if len(said) == 1 and said.upper() in question.letters:
            return said.upper()
        words = normalised(said) if len(said) <= _LONGEST else ""
        same = [
            letter
            for letter, choice in zip(question.letters, question.choices, strict=True)
            if words and normalised(choice) == words
        ]
        if len(same) == 1:
            return same[0]
        enclosed = {letter.upper() for letter in _ENCLOSED.findall(said)} & set(question.letters)
        return enclosed.pop() if len(enclosed) == 1 and not negated(said) else None

    def guess(self, text: str, question: Question) -> str | None:
        """A reply that is an option, or whose last line names exactly one."""
        lines = [line for line in text.splitlines() if line.strip()]
        named = {letter.upper() for letter in _ENCLOSED.findall(lines[-1])} if lines else set()
        return self.read(lines[-1], question) if lines and len(named & set(question.letters)) <= 1 else None
