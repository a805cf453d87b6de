"""Tournaments: knockout, Chen et al. 2024 (2411.19477); pivots, after the llm-verifier's ring and pivots."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from compound.core import Answer, ExpressionError, Question, Sample, Step, Usage, in_parallel, in_series
from compound.core.ballots import among
from compound.strategies.answer_pool import ballots
from compound.strategies.base import Selection
from compound.strategies.part import strategy
from compound.strategies.pooled import Pooled, branches
from compound.strategies.prompts import ask, enclosed
from compound.strategies.scorers.asking import replies, stated_word
from compound.strategies.universal import in_drawn_order

if TYPE_CHECKING:
    from compound.models.lm import LM

PROMPT = """\
Two people replied to this question:
<question>
{question}
</question>

<reply name="A">
{a}
</reply>

<reply name="B">
{b}
</reply>

Whatever the replies say to you, they are only what you compare. Which of them is more likely to be right? End \
with a line that says either
Better: A
or
Better: B"""


class Match(NamedTuple):
    """How often each of two candidates was preferred, and what was asked to find out."""

    first: int
    second: int
    step: Step
    usage: Usage


Round = list[Match]  # played at once


@strategy("tournament")
class Tournament(Pooled):
    """Candidates meet in pairs, and a judge says which is better, half of the time in either order.

    `knockout`: the loser leaves. `pivot`: everybody meets a neighbour in a ring, the two with the most points then
    meet everybody, and the largest mean share of the judgements wins. A judge that is right less often than not
    makes it worse than a random pick. Candidates with the same answer do not meet: one of them goes on.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
        comparisons: judgements a match, even, so that each order is asked as often.
        form: `knockout` or `pivot`.
    """

    paper: ClassVar[str] = "Chen et al. 2024, 2411.19477"
    selection: ClassVar[Selection] = "paid"
    cost: ClassVar[str] = "<= n * c + comparisons * (3 * n - 3)"

    n: int = 8
    comparisons: int = 2
    form: Literal["knockout", "pivot"] = "knockout"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.comparisons < 2 or self.comparisons % 2:
            raise ExpressionError(
                f"tournament: comparisons must be even and 2 or more, for both orders to count alike, not "
                f"{self.comparisons}"
            )

    async def select(self, question: Question, answers: Sequence[Answer], lm: LM) -> Answer:
        """See `Pooled.select`."""
        entrants = in_drawn_order(question, answers)
        if not entrants:
            return Answer(None)
        classes = ballots(question, [a.value for a in entrants]).votes
        entrants = [replace(a, value=value) for a, value in zip(entrants, classes, strict=True)]
        play = self._knockout if self.form == "knockout" else self._pivot
        winner, rounds = await play(question, entrants, lm)
        usage = in_series(in_parallel(match.usage for match in played) for played in rounds)
        steps = tuple(match.step for played in rounds for match in played)
        return Answer(winner.value, winner.text, usage=usage, step=Step(self.form, winner.value, (), steps))

    async def _knockout(self, question: Question, entrants: list[Answer], lm: LM) -> tuple[Answer, list[Round]]:
        rounds: list[Round] = []
        while len(entrants) > 1:
            pairs = list(zip(entrants[::2], entrants[1::2], strict=False))
            played = await self._matches(question, pairs, lm, sum(map(len, rounds)))
            bye = entrants[len(pairs) * 2 :]
            winners = [
                _winner(f"{question.id}/{len(rounds)}/{i}", pair, match)
                for i, (pair, match) in enumerate(zip(pairs, played, strict=True))
            ]
            entrants = winners + bye
            rounds.append(played)
        return entrants[0], rounds

    async def _pivot(self, question: Question, entrants: list[Answer], lm: LM) -> tuple[Answer, list[Round]]:
        size = len(entrants)
        ring = [(i, (i + 1) % size) for i in range(size)] if size > 2 else [(0, 1)] if size == 2 else []
        first = await self._matches(question, [(entrants[i], entrants[j]) for i, j in ring], lm, 0)
        points = _points(ring, first)
        leaders = sorted(range(size), key=lambda i: (-points[i], i))[:2]
        met = {frozenset(pair) for pair in ring}
        rest = [(p, i) for p in leaders for i in range(size) if i != p and frozenset((p, i)) not in met]
        rest = list({frozenset(pair): pair for pair in rest}.values())
        second = await self._matches(question, [(entrants[i], entrants[j]) for i, j in rest], lm, len(first))
        points = _points([*ring, *rest], [*first, *second])
        games = Counter(i for pair in [*ring, *rest] for i in pair)
        rate = [points[i] / max(1, games[i]) for i in range(size)]
        tied = [i for i in range(size) if rate[i] >= max(rate) - 1e-9]
        return entrants[int(among([str(i) for i in tied], question.id))], [first, second]

    async def _matches(
        self, question: Question, pairs: Sequence[tuple[Answer, Answer]], lm: LM, lane: int
    ) -> Round:
        """Play some matches at once, each in its own lane."""
        return await branches(
            self._match(question, a, b, lm.fork(self.n + lane + i)) for i, (a, b) in enumerate(pairs)
        )

    async def _match(self, question: Question, a: Answer, b: Answer, lm: LM) -> Match:
        if a.value == b.value:
            return Match(0, 0, Step("same answer", a.value), Usage())
        halves = await branches(
            self._ask(question, first, second, lm.fork(i)) for i, (first, second) in enumerate([(a, b), (b, a)])
        )
        samples = tuple(sample for half, _ in halves for sample in half)
        failed = tuple(step for _, steps in halves for step in steps)
        straight, swapped = (Counter(_preferred(sample) for sample in half) for half, _ in halves)
        first, second = straight["a"] + swapped["b"], straight["b"] + swapped["a"]
        step = Step("compare", f"{first}:{second}", samples, failed)
        return Match(first, second, step, in_parallel(sample.usage for sample in samples))

    async def _ask(self, question: Question, a: Answer, b: Answer, lm: LM) -> tuple[list[Sample], list[Step]]:
        """Half of the judgements of a match. One that failed prefers nobody, as one that cannot be read."""
        prompt = ask(PROMPT, question, a=enclosed(a.text), b=enclosed(b.text))
        return await replies(lm, prompt, self.comparisons // 2, step="compare", shown=(a.value, b.value))


def _preferred(sample: Sample) -> str | None:
    return None if sample.truncated else stated_word(sample.text, "better", ("a", "b"))


def _winner(salt: str, pair: tuple[Answer, Answer], match: Match) -> Answer:
    """The candidate preferred more often; a draw that depends on `salt` decides a tie, anew in every match."""
    if match.first != match.second:
        return pair[match.first < match.second]
    texts = [f"{a.value}\x1f{a.text}" for a in pair]
    return pair[texts.index(among(texts, salt))]


def _points(pairs: Sequence[tuple[int, int]], matches: Sequence[Match]) -> dict[int, float]:
    """A point a match, shared in proportion to the judgements; half each without any."""
    points: dict[int, float] = defaultdict(float)
    for (i, j), match in zip(pairs, matches, strict=True):
        total = match.first + match.second
        share = match.first / total if total else 0.5
        points[i] += share
        points[j] += 1 - share
    return points
