"""Two strategies at equal cost, or all of a run against one: the statistics on what a run left, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from compound.experiment.analysis import generator
from compound.experiment.compare import paired
from compound.experiment.sides import Side
from compound.experiment.tables import signed
from compound.experiment.units import WORDS, unit_for
from compound.stats import CostCurve, EqualCost, Interval, equal_cost, matching_cost

_VERDICTS = {
    "a beats b": "better",
    "b beats a": "worse",
    "crosses": "both",
    "no difference found": "neither",
    "no common range": "no cost in common",
}


@dataclass(frozen=True, eq=False)
class AtEqualCost:
    """Two strategies over all costs that both can be had at.

    Attributes:
        a: one side, on the questions that both have.
        b: the other, on the same.
        unit: of the cost, one of `UNITS`.
        remark: why it is this unit, if that needs to be said.
        found: what the statistics say.
    """

    a: Side
    b: Side
    unit: str
    remark: str
    found: EqualCost

    @property
    def curves(self) -> tuple[CostCurve, CostCurve]:
        """Accuracies and costs of both."""
        return _curve(self.a, self.unit), _curve(self.b, self.unit)

    def sentences(self) -> list[str]:
        """The verdict at equal cost, and how much less the same accuracy can be had for."""
        unit = f"{WORDS[self.unit]} a question"
        a, b = (side.strategy if self.a.run == self.b.run else side.label for side in (self.a, self.b))
        said = [f"At equal {unit}:", *([self.remark] if self.remark else []), self.found.sentence(a, b, unit)]
        # Either could turn out the cheaper one: two questions are asked of the same answers.
        level = 1 - (1 - self.found.level) / 2
        for (cheap, curve), (dear, other) in permutations(zip((a, b), self.curves, strict=True)):
            share = matching_cost(curve, other, level=level, **self.a.labels)
            if float(share.high) < 1:
                said.append(
                    f"{cheap} is as accurate as {dear} at its most expensive for {_share(share)} of what that "
                    f"costs ({100 * level:g}% interval; an end at its own cheapest setting means that or less)."
                )
        return said


@dataclass(frozen=True, eq=False)
class Family:
    """Every other strategy of a run against one, at equal cost; the intervals hold for all of them together.

    Attributes:
        baseline: what the others are compared with.
        unit: of the cost, one of `UNITS`.
        remark: why it is this unit, if that needs to be said.
        members: the others less the baseline, the best first, those without a cost in common last.
    """

    baseline: Side
    unit: str
    remark: str
    members: list[AtEqualCost]

    @property
    def title(self) -> str:
        """What is compared with what."""
        return f"Against {self.baseline.label} at equal {WORDS[self.unit]} a question"

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows: the strategy, the costs, the mean difference over them, what it is shown to be."""
        level = self.members[0].found.level
        header = ["strategy", WORDS[self.unit], f"points ({100 * level:.3g}% CI)", "shown to be"]
        return header, [[m.a.strategy, *_cells(m.found)] for m in self.members]

    def sentences(self) -> list[str]:
        """What the table says, and what its intervals hold for."""
        return [
            *([self.remark] if self.remark else []),
            f"Points: accuracy of the strategy less that of {self.baseline.strategy} on the same questions, mean "
            "over the costs that both can be had at (log scale). Better or worse: at some of these costs at least; "
            "--a and --b say at which.",
            f"All {len(self.members)} comparisons together are held to 95% (Bonferroni).",
        ]


def at_equal_cost(a: Side, b: Side, *, by: str | None = None, level: float = 0.95, seed: int = 0) -> AtEqualCost:
    """Compare two strategies at equal mean cost a question, on the questions that both have.

    Args:
        a: one side.
        b: the other.
        by: the unit, one of `UNITS`; None: dollars if they are known and there are any, else tokens, else calls.
        level: confidence, two-sided.
        seed: of the simultaneous band.

    Raises:
        UserError: there is no such unit.
        TaskError: no question in common, or a cost is unknown in that unit, or 0.
    """
    a, b = paired(a, b)
    unit, remark = unit_for((a, b), by)
    rng = generator(seed, "equal cost", a.label, b.label)
    found = equal_cost(_curve(a, unit), _curve(b, unit), level=level, rng=rng, **a.labels)
    return AtEqualCost(a, b, unit, remark, found)


def against(sides: Sequence[Side], baseline: Side, *, by: str | None = None, seed: int = 0) -> Family:
    """Compare every other strategy with one at equal cost, at a level that holds for all of them (Bonferroni).

    Args:
        sides: the strategies of a run, two or more.
        baseline: one of them.
        by: the unit, as in `at_equal_cost`; the same for all.
        seed: of the simultaneous bands.

    Raises:
        UserError: there is no such unit.
        TaskError: no question in common, or a cost is unknown in that unit, or 0.
    """
    unit, remark = unit_for(sides, by)
    others = [side for side in sides if side is not baseline]
    level = 1 - 0.05 / len(others)
    members = [at_equal_cost(side, baseline, by=unit, level=level, seed=seed) for side in others]
    members.sort(key=lambda member: -np.nan_to_num(float(member.found.area.mean), nan=-np.inf))
    return Family(baseline, unit, remark, members)


def _curve(side: Side, unit: str) -> CostCurve:
    return CostCurve(side.accuracy, side.cost[unit])


def _cells(found: EqualCost) -> list[str]:
    if not len(found.cost):
        return ["", "", _VERDICTS[found.verdict]]
    ends = dict.fromkeys(_cost(float(cost)) for cost in found.cost[[0, -1]])
    throughout = " throughout" * (found.advantages[:1] != () and found.advantages[0].where == "throughout")
    return ["–".join(ends), signed(found.area), _VERDICTS[found.verdict] + throughout]


def _cost(cost: float) -> str:
    return f"{cost:,.0f}" if cost >= 100 else np.format_float_positional(cost, 2, fractional=False, trim="-")


def _share(share: Interval) -> str:
    mean, low, high = (f"{100 * float(x):.2g}%" for x in (share.mean, share.low, share.high))
    return f"{mean} [{low}, {high}]"
