"""The `math` kind: where in a statement its answer is, and how answers are grouped and graded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from compound.answers.equivalence import closure
from compound.answers.kind import Kind, negated
from compound.answers.math.comparer import COMPARER, MOST_COMPARISONS, MOST_OVERRUNS
from compound.answers.math.equality import equal
from compound.answers.math.formula import LONGEST
from compound.answers.math.values import value_of
from compound.core import Question

_SENTENCE = re.compile(r"[.;!?](?=\s|$)|\s(?:because|since|which|where|when|as|so|with|for|but)\b|,\s(?=[a-z]{4,})")


class Math(Kind):
    """A formula, compared symbolically."""

    name = "math"

    def ask(self, question: Question) -> str:
        """See `Kind.ask`."""
        return "Finish with the answer alone, in LaTeX, as \\boxed{…}."

    def read(self, said: str, question: Question) -> str | None:
        """The first formula of a statement, canonical, or a few words; None for prose and refusals."""
        if len(said) > 4 * LONGEST or negated(said):
            return None
        value = value_of(said.strip())
        if not value or value.shape in ("words", "opaque"):
            value = next((found for piece in _formulas(said) if (found := value_of(piece))), value)
        return value.text if value else None

    def guess(self, text: str, question: Question) -> str | None:
        """The last formula between dollar signs of the last line, what follows its last `=`, or the line itself."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines or len(lines[-1]) > 4 * LONGEST:
            return None
        line = _DISPLAYED.sub("$", lines[-1])
        formulas = re.findall(r"\$+([^$]+)\$+", line)
        for piece in [formulas[-1]] if formulas else [line, line.rpartition("=")[2]]:
            if (value := value_of(piece.strip())) and (value.shape != "words" or len(lines) == 1):
                return value.text
        return None

    def grade(self, value: str, question: Question) -> bool:
        """Whether the value equals a gold answer, by the equality that groups."""
        golds = [gold for text in question.golds if (gold := self.read(text, question)) is not None]
        return value in golds or any(equal(value, gold, lambda a, b: COMPARER(a, b)[0]) for gold in golds)

    def classes(self, values: Sequence[str]) -> list[str]:
        """The transitive closure of equality; see `MOST_COMPARISONS` and `tally().capped` for its cap."""
        asked = overruns = 0
        capped = False

        def ask(one: str, other: str) -> bool:
            nonlocal asked, overruns, capped
            if asked >= MOST_COMPARISONS or overruns >= MOST_OVERRUNS:
                capped = True
                return False
            asked += 1  # known results count too: the classes must not depend on what was asked before
            same, overran = COMPARER(one, other)
            overruns += overran
            return same

        found = closure(values, lambda one, other: equal(one, other, ask))
        if capped:
            COMPARER.count_capped()
        return found


_DISPLAYED = re.compile(r"\\[()\[\]]|\$\$")


def _formulas(said: str) -> Iterator[str]:
    """Where in a statement the answer may be: between dollar signs, else before the explanation begins."""
    marked = _DISPLAYED.sub("$", said.replace("\\$", ""))
    inside = re.findall(r"\$([^$]+)\$", marked if marked.count("$") % 2 == 0 else "$" + marked)
    if inside:
        around = re.sub(r"\$[^$]+\$", " ", marked).replace("$", " ")
        if re.fullmatch(r"(?:\s|,|and|or|\.|\*)*", around):
            yield ", ".join(inside)
        yield inside[0]
    plain = said.strip(" \t*_`\"'“”‘’")
    yield plain
    if end := _SENTENCE.search(plain):
        yield plain[: end.start()]
