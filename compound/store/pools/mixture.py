"""What is kept apart: filters on samples, and the refusal of pools that mix models, temperatures or prompts.

Samples of one pool are taken for draws from one distribution. A file that holds several is imported one at a time
(`where`), or as what it is (`mixed`), and is then called mixed wherever it shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from compound.store.pools.errors import SamplesError
from compound.store.pools.records import SAMPLE, SHARED

MOST = 10_000  # different origins in a file; more means that a field holds something else
_SHOWN = 12


class Origin(NamedTuple):
    """Where a sample comes from."""

    step: str
    model: str | None
    temperature: float | None
    prompt_style: str | None


class Filter:
    """Keeps the samples whose fields have the wanted values: `{"model": ["gpt-4"], "temperature": ["0.7"]}`.

    Values of one field are alternatives. A field of the question counts for all its samples.
    """

    def __init__(self, where: Mapping[str, Sequence[str]]) -> None:
        self.where = {name: tuple(values) for name, values in where.items()}
        self.kept = 0
        self._seen: dict[str, Counter[str]] = {name: Counter() for name in self.where}
        self._names: set[str] = set()

    @property
    def chooses_questions(self) -> bool:
        """Whether it goes by something else than how a sample was drawn, so that whole questions may drop out."""
        return any(name not in SAMPLE for name in self.where)

    def admits(self, question: Mapping[str, Any], sample: Mapping[str, Any], *, but: str = "") -> bool:
        """Whether a sample is wanted; `but` names a field that does not matter."""
        if not self.where:
            return True
        wanted = True
        for name, values in self.where.items():
            value = sample[name] if name in sample else question.get(name)
            if len(seen := self._seen[name]) < MOST:
                seen[_said(value)] += 1
            if name != but and not any(_same(value, one) for one in values):
                wanted = False
        if len(self._names) < 1000:
            self._names.update(question, sample)
        self.kept += wanted
        return wanted

    def check(self, source: str) -> None:
        """Refuse a filter that let nothing through.

        Raises:
            SamplesError: lists the values there are, or the fields.
        """
        if not self.where or self.kept:
            return
        for name, values in self.where.items():
            if name not in self._names:
                raise SamplesError(
                    f"{source}: no sample has a field '{name}' (--where {name}={values[0]}); there is: "
                    + ", ".join(sorted(map(str, self._names)))
                )
        found = "; ".join(f"{name}: {listed(seen)}" for name, seen in self._seen.items())
        raise SamplesError(f"{source}: no sample is wanted by --where; there is {found}")


def _said(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _same(value: Any, wanted: str) -> bool:
    if _said(value) == wanted:
        return True
    if isinstance(value, bool) or value is None:
        return False
    try:
        return float(value) == float(wanted)
    except (TypeError, ValueError):
        return False


def listed(counts: Mapping[str, int]) -> str:
    """`0.7 (1,000), 0.8 (1,000)`: the values and how many samples have each."""
    most = Counter(counts).most_common(_SHOWN)
    more = len(counts) - len(most)
    return ", ".join(f"{value} ({count:,})" for value, count in most) + (f" and {more} more" if more > 0 else "")


def mixtures(origins: Mapping[Origin, int]) -> dict[str, Counter[str]]:
    """Model, temperature or prompt style with the samples of each value, where a step has several of them."""
    found: dict[str, Counter[str]] = {}
    for step in {origin.step for origin in origins}:
        for name in SHARED:
            counts: Counter[str] = Counter()
            for origin, count in origins.items():
                if origin.step == step:
                    counts[_said(getattr(origin, name))] += count
            if len(counts) > 1:
                found.setdefault(name, Counter()).update(counts)
    return {name: found[name] for name in SHARED if name in found}


def refuse(source: str, mixed: Mapping[str, Counter[str]]) -> SamplesError:
    """What to say of a file that mixes."""
    parts = "; ".join(f"{name}: {listed(counts)}" for name, counts in mixed.items())
    wanted = " ".join(f"--where '{name}={counts.most_common(1)[0][0]}'" for name, counts in mixed.items())
    return SamplesError(
        f"{source} mixes samples that are no draws of one distribution. {parts}. Import one at a time: {wanted}; "
        "or all of them with --mixed, and the pool is called mixed everywhere"
    )


def pairs(assignments: Iterable[str], option: str) -> list[tuple[str, str]]:
    """`NAME=VALUE` each.

    Raises:
        SamplesError: names the one that is something else.
    """
    split = [one.partition("=") for one in assignments]
    for name, equals, value in split:
        if not (name and equals and value):
            raise SamplesError(f"{option} {name}{equals}{value}: say {option} NAME=VALUE")
    return [(name, value) for name, _, value in split]
