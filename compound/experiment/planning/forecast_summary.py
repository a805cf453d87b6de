"""What a forecast says, in tables and a few sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from compound.experiment.planning.bounds import NOTHING, SHORT, SPEEDS, Takes
from compound.experiment.planning.forecast import Forecast
from compound.experiment.planning.pilot import Pilot
from compound.experiment.planning.prediction import Range, total
from compound.experiment.planning.rehearsal import Part
from compound.experiment.pools import Arm
from compound.experiment.tables import Table

_HEADER = ["shared", "stored", "to buy", "tokens in", "out", "dollars"]


def forecast_tables(found: Forecast) -> list[Table]:
    """What each strategy takes over all tasks, and each task over all strategies where there are several."""
    by_strategy = _rows(found, lambda part: _name(part))
    by_task = _rows(found, lambda part: part.task)
    sum_ = _row("all", found.parts, found.takes)
    tables = [
        Table("by strategy", ["strategy", *_HEADER], [*by_strategy, sum_] if by_strategy[1:] else by_strategy)
    ]
    if by_task[1:]:
        tables.append(Table("by task", ["task", *_HEADER], by_task))
    return [*tables, _comparisons(found)] if found.pilot else tables


def _comparisons(found: Forecast) -> Table:
    """What the run can show of each comparison, from the spread that the pilot saw."""
    rows = []
    for one in found.shows:
        spread, saw, needed = "assumed .50", "", ""
        if one.between is not None:
            spread = f"{one.sd:.2f} [{one.between[0]:.2f}, {one.between[1]:.2f}]"
        if one.difference is not None:
            mean, low, high = (
                100 * float(x) for x in (one.difference.mean, one.difference.low, one.difference.high)
            )
            saw, needed = f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]", "" if one.needed is None else count(one.needed)
        rows.append([one.name, spread, points(one.effect), saw, needed])
    title = f"against {found.shows[0].other}"
    return Table(title, ["strategy", "spread", "shows", "pilot saw", "needs"], rows)


def _name(part: Part) -> str:
    if part.stage == "screening":
        return "screening"
    return f"fitting {part.arm.strategy!r}" if part.stage == "fitting" else repr(part.arm.strategy)


def _rows(found: Forecast, key: Callable[[Part], str]) -> list[list[str]]:
    names = list(dict.fromkeys(map(key, found.parts)))
    pairs = list(zip(found.parts, found.takes, strict=True))
    chosen = {name: [(part, takes) for part, takes in pairs if key(part) == name] for name in names}
    return [_row(name, [p for p, _ in rows], [t for _, t in rows]) for name, rows in chosen.items()]


def _row(name: str, parts: Sequence[Part], takes: Sequence[Takes]) -> list[str]:
    all_ = total(takes, NOTHING)
    shared, stored = sum(part.shared for part in parts), sum(part.stored for part in parts)
    return [
        name, count(shared), count(stored), span(all_.calls, count), span(all_.tokens_in), span(all_.tokens_out),
        span(all_.usd, dollars),
    ]  # fmt: skip


def forecast_sentences(found: Forecast) -> list[str]:
    """What is to be bought, on what the ranges rest, what it can show, and what was bought already."""
    basis: list[str] = []
    if found.expected.calls.high:
        basis = [_basis(found), *_screened(found), *_unpriced(found), *_budget(found)]
    return [_bought(found), *basis, _shown(found), found.split, _paid(found)]


def _bought(found: Forecast) -> str:
    needs, asked = found.expected, sum(part.asked for part in found.parts)
    if not needs.calls.high:
        return f"All that it asks for is there already ({count(asked)} calls): it buys nothing."
    time = "" if found.minutes is None else f", in {span(found.minutes, minutes)} min"
    return (
        f"It buys {span(needs.calls, count)} calls, {span(needs.tokens_in)} tokens in and {span(needs.tokens_out)} "
        f"out, for {span(needs.usd, dollars)}{time}."
    )


def _basis(found: Forecast) -> str:
    if found.pilot is not None and found.pilot.new:
        number = sum(len(arm.pools) for arm in _heads(found.pilot))
        seen = f"The ranges are 95% prediction intervals from {number} pilot questions"
        unseen = [part for part in found.parts if part.most + part.named > 0 and not _piloted(part, found.pilot)]
        rest = ", and bounds for what the pilot did not see" if unseen else ""
        time = (
            "" if found.minutes is None else " Minutes: its seconds a call, with as many calls in flight as may be."
        )
        return f"{seen}{rest}; the tables give bounds.{time}"
    return (
        "The ranges are bounds: a token for 4 bytes of a prompt to one for each byte, replies of "
        f"{SHORT:.0%} of max_tokens to all of it; {SPEEDS[0]:.0f} to {SPEEDS[1]:.0f} tokens a second are assumed. "
        "--pilot 5 measures."
    )


def _screened(found: Forecast) -> list[str]:
    if not any(part.stage == "screening" for part in found.parts):
        return []
    return ["A task that does not pass the screening takes nothing more: what is said here is for all of them."]


def _heads(pilot: Pilot) -> list[Arm]:
    """The first arm of each task."""
    return list({arm.task.name: arm for arm in reversed(pilot.arms)}.values())


def _piloted(part: Part, pilot: Pilot) -> bool:
    return part.stage != "fitting" and (part.task, repr(part.arm.strategy)) in pilot.new


def _unpriced(found: Forecast) -> list[str]:
    if not found.unpriced:
        return []
    return [
        f"Unknown price: {', '.join(found.unpriced)}. Unknown is not nothing: a cap in dollars would be refused."
    ]


def _budget(found: Forecast) -> list[str]:
    caps, needs = found.experiment.budget, found.expected
    tokens = needs.tokens_in + needs.tokens_out
    pairs = [
        (caps.usd, needs.usd, "usd"),
        (caps.tokens, tokens, "tokens"),
        (caps.calls, needs.calls, "calls"),
        (caps.minutes, found.minutes, "minutes"),
    ]
    said = []
    for cap, need, name in pairs:
        if cap is None or need is None or need.high <= cap:
            continue
        how = "stops" if need.low > cap else "may stop"
        said.append(f"budget.{name} is {cap:g}: that {how} the run before its end (what was bought is kept).")
    return said


def _shown(found: Forecast) -> str:
    """What the questions can show of the comparisons."""
    number = sum(found.questions.values())
    more = f"half of it takes {3 * number:,} questions more"
    if found.pilot is not None:
        return (
            f"{number:,} questions show a true difference as large as in `shows` (points) with 80% power, at the "
            f"pilot's spread; {more}. `needs`: questions that show what the pilot saw, were it true."
        )
    one, *others = found.shows
    rest = f", and so for {len(others)} more comparisons" if others else ""
    return (
        f"{one.name} against {one.other}: {number:,} questions show a true difference of {points(one.effect)} "
        f"points with 80% power, were one question in four right by one of the two alone (assumed){rest}; {more}."
    )


def _paid(found: Forecast) -> str:
    pilot = found.pilot
    if pilot is None:
        return "Nothing was bought."
    spent = pilot.spent
    lost = f", perhaps {dollars(pilot.lost.usd)} more for calls without a reply" if pilot.lost.tokens else ""
    said = (
        f"The pilot bought {spent.calls:,} calls, {rough(spent.tokens)} tokens, for {dollars(spent.usd)}{lost}; "
        "they are in the store."
    )
    where = " and ".join(sorted(set(pilot.splits.values())))
    if pilot.blind:
        said += (
            " There are too few other questions, so some of those that the run is judged on were used: only "
            "tokens, seconds and spread were looked at, no accuracy."
        )
    elif where:
        said += f" Its questions are from the {where} split: the run is not judged on them."
    left = sorted({repr(part.arm.strategy) for part in found.parts if part.stage == "fitting"})
    said += f" Left out, since they have to be fitted first: {', '.join(left)}." if left else ""
    return said + (f" It was stopped: {pilot.stopped}." if pilot.stopped else "")


def count(value: float) -> str:
    """A whole number; infinity is unknown."""
    return "unknown" if math.isinf(value) else f"{value:,.0f}"


def rough(value: float) -> str:
    """A count to two digits or three: 812, 4.7k, 120k, 3.1M."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size <= value < math.inf:
            return f"{value / size:.2g}{unit}" if value < 100 * size else f"{value / size:,.0f}{unit}"
    return count(value)


def dollars(value: float | None) -> str:
    """Dollars to the cent, or to two digits where they are less than one; None is unknown."""
    if value is None or not math.isfinite(value):
        return "unknown"
    return f"${value:,.2f}" if value >= 1 else f"${value:.2g}"


def minutes(value: float) -> str:
    """Minutes, to a tenth where they are few."""
    return "unknown" if math.isinf(value) else f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def points(value: float) -> str:
    """A share in percentage points."""
    return f"{100 * value:.1f}"


def span(value: Range | None, say: Callable[[float], str] = rough) -> str:
    """A range: one number where both ends are said alike."""
    if value is None:
        return "unknown"
    low, high = say(value.low), say(value.high)
    if low == high:
        return low
    return f"{low}-{high}" if value.likely is None else f"{say(value.likely)} [{low}, {high}]"
