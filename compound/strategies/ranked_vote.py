"""Ranked-voting self-consistency: Wang, Wang and Huang 2025 (2505.10772)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from compound.answers import kind_named
from compound.core import Answer, Question, Step
from compound.core.ballots import among
from compound.strategies.base import Strategy
from compound.strategies.part import strategy
from compound.strategies.pooled import Pooled
from compound.strategies.prompts import ask

if TYPE_CHECKING:
    from compound.models.lm import LM

PROMPT = """\
{question}

Work it out in steps. Then list the answers that you think possible, the most likely one first, at most {most} of \
them, in a last line of the form
Ranking: first; second; third

Each of them must have the form that follows, but without any words before it. {format}"""

Ranking = tuple[str, ...]


@strategy("ranking")
class Ranked(Strategy):
    """One call that asks for a ranked list of answers; its answer is the first. The candidate of `ranked_vote`.

    Args:
        most: answers in the list at most.
    """

    paper: ClassVar[str] = "Wang, Wang and Huang 2025, 2505.10772"

    most: int = 3

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        sample = await lm.sample(ask(PROMPT, question, most=str(self.most)), step="rank")
        ranked = (
            () if sample.truncated or sample.finish == "refusal" else ranking(sample.text, question)[: self.most]
        )
        value = ranked[0] if ranked else None
        return Answer(
            value,
            sample.text,
            {} if value is None else {value: 1},
            abstained=int(value is None),
            usage=sample.usage,
            step=Step(self.name, value, (sample,)),
        )


def ranking(text: str, question: Question) -> Ranking:
    """The canonical answers of the last `Ranking:` line, best first; what cannot be read is left out.

    Of equivalent answers the best rank counts.
    """
    lines = re.findall(r"^[^\w\n]{0,9}ranking[^\w\n]{0,9}[:=](.{1,2000})$", text, re.IGNORECASE | re.MULTILINE)
    kind = kind_named(question.kind)
    read = [kind.read(part.strip(), question) for part in lines[-1].split(";")] if lines else []
    known = [value for value in read if value is not None]
    return tuple(dict.fromkeys(kind.classes(known)))


def borda(rankings: Sequence[Ranking]) -> list[str]:
    """The answers with the most points: with m answers in all, the r-th of a list gets m - r."""
    options = sorted({option for ranked in rankings for option in ranked})
    return _best(options, _points(options, rankings).__getitem__)


def mrr(rankings: Sequence[Ranking]) -> list[str]:
    """The answers with the largest sum of 1 / rank."""
    options = sorted({option for ranked in rankings for option in ranked})
    return _best(options, lambda o: sum(sorted(1 / (r.index(o) + 1) for r in rankings if o in r)))


def irv(rankings: Sequence[Ranking], salt: str = "") -> list[str]:
    """Instant runoff: drop the answer with the fewest first places until one has more than half of them.

    Of several the one with the fewest Borda points is dropped, of these one by a draw that depends on `salt`; if
    they are all that is left, they are tied. A ballot whose answers are all dropped abstains.
    """
    left = {option for ranked in rankings for option in ranked}
    while True:
        tops = [next((o for o in ranked if o in left), None) for ranked in rankings]
        first = {option: tops.count(option) for option in sorted(left)}
        if len(left) < 2 or 2 * max(first.values()) > sum(first.values()):
            return _best(sorted(left), first.__getitem__)
        points = _points(first, [tuple(o for o in ranked if o in first) for ranked in rankings])
        least = min((first[o], points[o]) for o in first)
        last = [o for o in first if (first[o], points[o]) == least]
        if len(last) == len(left):
            return last
        left.remove(among(last, f"{salt} dropped"))


def _points(options: Collection[str], rankings: Sequence[Ranking]) -> dict[str, int]:
    """Borda points: with m options in all, the r-th of a list gets m - r, one that is left out nothing."""
    return {o: sum(len(options) - r.index(o) - 1 for r in rankings if o in r) for o in options}


def _best(options: Sequence[str], points: Callable[[str], float]) -> list[str]:
    """The options with the most points; sums that differ by rounding are equal."""
    found = {option: points(option) for option in options}
    top = max(found.values(), default=0)
    return [option for option, total in found.items() if total >= top - 1e-9]


RULES: dict[str, Callable[[Sequence[Ranking], str], list[str]]] = {
    "borda": lambda rankings, _: borda(rankings),
    "irv": irv,
    "mrr": lambda rankings, _: mrr(rankings),
}


@strategy("ranked_vote")
class RankedVote(Pooled):
    """A vote of ranked lists, by Borda count, instant runoff or mean reciprocal rank.

    Lists may be partial; an answer that a list leaves out gets nothing from it. A candidate that states no
    ranking but an answer is a list of one.

    Args:
        candidate: what makes one list.
        n: lists.
        rule: how they are counted.
    """

    paper: ClassVar[str] = "Wang, Wang and Huang 2025, 2505.10772"

    candidate: Strategy = Ranked()
    rule: Literal["borda", "irv", "mrr"] = "borda"

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`. Asks nothing."""
        given = [a for a in answers if a.value is not None]
        lists = [ranking(a.text, question) or (str(a.value),) for a in given]
        kind = kind_named(question.kind)
        said = sorted({option for ranked in lists for option in ranked})
        classes = dict(zip(said, kind.classes(said), strict=True))
        merged = [tuple(dict.fromkeys(classes[o] for o in ranked)) for ranked in lists]
        best = RULES[self.rule](merged, question.id)
        winner = among(best, question.id) if best else None
        texts = [a.text for a, ranked in zip(given, merged, strict=True) if ranked[0] == winner]
        return Answer(winner, min(texts, key=lambda text: (len(text), text), default=""))
