"""Cascades: Chen, Zaharia and Zou 2023 (2305.05176); by votes: Yue et al. 2023 (2310.03094)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from compound.answers import grades
from compound.core import (
    Answer,
    ExpressionError,
    ModelFailure,
    Question,
    Step,
    TaskError,
    Usage,
    in_parallel,
    in_series,
)
from compound.strategies.base import Strategy
from compound.strategies.bound import Bound
from compound.strategies.fitted import Fitted, check_fitted, each, split_hash
from compound.strategies.part import strategy
from compound.strategies.pooled import Pooled, attempt
from compound.strategies.routed import top_share
from compound.strategies.scorer import Score, Scorer

if TYPE_CHECKING:
    from compound.models.lm import LM
    from compound.stats.cascades import CascadeSweep

_SHOWN = 100  # settings of a sweep that are kept


@strategy("cascade")
class Cascade(Strategy):
    """Asks cheap stages first, and goes on while their answer is not trusted.

    An answer is accepted if its score is at least the threshold; one that abstained, or without a score, never is,
    and the last stage always answers. The score of a vote is the share of its most frequent answer, abstentions
    counted in. What every stage took, and its scoring, counts. Stages ask in the cascade's own lane, one after the
    other, so they share their draws with the same strategies asked alone.

    Args:
        stages: strategies, the cheapest first.
        threshold: one for all stages but the last, or a list of one for each; None: to be fitted, for the highest
            accuracy on the training questions, of equals the cheapest.
        by: who scores the answers; None: the votes of each stage, which must then be a vote.
        budget: mean dollars a question, all stages and scoring, that fitted thresholds may cost on the training
            questions; None: no limit. Needs models with known prices.
        fitted: hash of the questions that the thresholds were fitted on.
    """

    paper: ClassVar[str] = "Chen, Zaharia and Zou 2023, 2305.05176; Yue et al. 2023, 2310.03094"
    cost: ClassVar[str] = "<= c of every stage + s for each but the last"

    stages: tuple[Strategy, ...]
    threshold: float | tuple[float, ...] | None = None
    by: Scorer | None = None
    budget: float | None = None
    fitted: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.stages) < 2:
            raise ExpressionError('cascade needs two stages or more: cascade([vote(cot) @ "small", cot @ "large"])')
        if isinstance(self.threshold, tuple) and len(self.threshold) != len(self.stages) - 1:
            raise ExpressionError(
                f"cascade: {len(self.threshold)} thresholds for {len(self.stages)} stages: give one for each but "
                "the last, or one number for all"
            )
        for stage in self.stages[:-1]:
            if self.by is None and not isinstance(stage.part if isinstance(stage, Bound) else stage, Pooled):
                raise ExpressionError(
                    f"cascade: {stage!r} casts no votes to be sure by: use vote({stage!r}, n=5), or by=judge"
                )
        if self.budget is not None and (self.budget <= 0 or (self.threshold is not None and not self.fitted)):
            raise ExpressionError(
                "cascade: budget is a number of dollars above 0, for thresholds that are fitted: leave one of "
                "threshold and budget out"
            )

    @property
    def unfitted(self) -> str:
        """See `Strategy.unfitted`."""
        return "its thresholds (or give threshold=0.8)" if self.threshold is None else ""

    def _accepts(self, place: int, tried: Answer) -> bool:
        assert self.threshold is not None
        threshold = self.threshold[place] if isinstance(self.threshold, tuple) else self.threshold
        return tried.value is not None and tried.score is not None and tried.score >= threshold

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`. A stage whose call failed is passed over; if the last one's does, so does this."""
        check_fitted(self)
        tried: list[Answer] = []
        for place in range(len(self.stages)):
            tried.append(await self._stage(place, question, lm))
            if place + 1 < len(self.stages) and self._accepts(place, tried[-1]):
                break
        usage = in_series(one.usage for one in tried)
        last = tried[-1]
        step = Step(self.name, last.value, (), tuple(one.step for one in tried), last.failure)
        return replace(last, usage=usage, step=step, score=None)

    async def _stage(self, place: int, question: Question, lm: LM) -> Answer:
        """What a stage answers, with its score if it may be passed over."""
        last = place + 1 == len(self.stages)
        asked = lm if last or self.by is None else lm.bind(**self.by.asks)
        answer = await attempt(self.stages[place], question, asked)
        if last or answer.value is None:
            return answer
        if self.by is None:
            return replace(answer, score=top_share(answer.ballots, answer.abstained))
        score = await _scored(self.by, question, answer, lm)
        children = (*answer.step.children, *((score.step,) if score.step else ()))
        step = replace(answer.step, children=children)
        return replace(answer, score=score.value, usage=answer.usage + score.usage, step=step)

    async def learn(self, train: Sequence[Question], ask: Callable[[Question], LM]) -> Fitted:
        """Ask every stage about every question, and choose. A question with a failed call is left out.

        Raises:
            TaskError: the price of a model is unknown and there is a budget; or not even the first stage fits it.
        """

        async def tried(question: Question, lm: LM) -> tuple[_Row | None, Usage]:
            answers = [await self._stage(place, question, lm) for place in range(len(self.stages))]
            usage = in_series(answer.usage for answer in answers)
            if any(step.failure for answer in answers for step in answer.step.walk()):
                return None, usage
            right = await grades((a.value for a in answers if a.value is not None), question)
            return _Row(answers, [a.value is not None and right[a.value] for a in answers]), usage

        found = await each(train, ask, tried)
        rows = [row for row, _ in found if row is not None]
        if not rows:
            raise TaskError(f"cascade: a call failed on each of the {len(train)} training questions; run again")
        sweep, unit = self._swept(rows)
        best = sweep.best(self.budget)
        if best is None:
            raise TaskError(
                f"cascade: its first stage alone takes ${sweep.cost.min():.3g} a question, and budget is "
                f"{self.budget:g}: raise it, or begin with a cheaper stage"
            )
        chosen = tuple(float(value) for value in sweep.thresholds[best])
        whole = replace(self, threshold=chosen[0] if len(chosen) == 1 else chosen, fitted=split_hash(train))
        said = {
            "strategy": repr(whole), "questions": len(rows), "left_out": len(train) - len(rows), "unit": unit,
            "sweep": _shown(sweep),
        }  # fmt: skip
        return Fitted(whole, in_parallel([usage for _, usage in found]), said=(said,))

    def _swept(self, rows: Sequence[_Row]) -> tuple[CascadeSweep, str]:
        """Every setting on these questions; costs in dollars, or calls where a price is unknown or all are 0."""
        import numpy as np

        from compound.stats.cascades import cascade_sweep

        usd = [[answer.usage.usd for answer in row.answers] for row in rows]
        known = all(value is not None and math.isfinite(value) for row in usd for value in row)
        if self.budget is not None and not known:
            raise TaskError("cascade: budget is in dollars, and the price of a model is unknown: leave budget out")
        dear = known and (self.budget is not None or np.array(usd, dtype=float).any())
        cost = np.array(
            usd if dear else [[answer.usage.calls for answer in row.answers] for row in rows], dtype=float
        )
        scores = [[-np.inf if a.score is None else a.score for a in row.answers[:-1]] for row in rows]
        return cascade_sweep(scores, [row.right for row in rows], cost), "usd" if dear else "calls"


@dataclass(frozen=True)
class _Row:
    """What every stage answered to one question, and whether that is right."""

    answers: list[Answer]
    right: list[bool]


async def _scored(by: Scorer, question: Question, answer: Answer, lm: LM) -> Score:
    try:
        return await by.score(question, answer, lm)
    except ModelFailure as failure:
        return Score(None, step=Step(by.name, failure=str(failure)))


def _shown(sweep: CascadeSweep) -> list[dict[str, Any]]:
    """The settings, or where there are many those that no other beats on both accuracy and cost."""
    kept, top = [], -1.0
    few = len(sweep.cost) <= _SHOWN
    for i in sorted(range(len(sweep.cost)), key=lambda i: (sweep.cost[i], -sweep.accuracy[i])):
        if few or sweep.accuracy[i] > top:
            kept.append({
                "threshold": sweep.thresholds[i].tolist(), "accuracy": float(sweep.accuracy[i]),
                "cost": float(sweep.cost[i]), "asked": sweep.asked[i].tolist(),
            })  # fmt: skip
            top = float(sweep.accuracy[i])
    return kept[:_SHOWN]
