"""Strategies at equal cost, from what runs left on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compound.core import TaskError, UserError
from compound.experiment import Experiment, Run, run
from compound.experiment.at_equal_cost import against, at_equal_cost
from compound.experiment.sides import UNITS, Side, chosen, sides_of
from compound.stats import CostCurve, equal_cost, matching_cost

STRATEGIES = ["single", "vote(cot, n=8)", "tournament(cot, n=4)", "best_of(cot, n=6)"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = {
        "name": "many",
        "model": "sim/0.6*beta(6,2)+0.4*beta(2,6)?price=1/2",
        "strategies": STRATEGIES,
        "tasks": ["add2", {"name": "opposites", "questions": 15}],
        "questions": 25,
    }
    return asyncio.run(run(Experiment.model_validate(config), results=tmp_path_factory.mktemp("results")))


def made(
    accuracy: Sequence[float], cost: Sequence[float], *, name: str, seed: int = 0, questions: int = 400
) -> Side:
    """A side of known means: outcomes near `accuracy`, the same cost on every question."""
    rng = np.random.default_rng(seed)
    table = np.clip(np.array(accuracy) + rng.normal(0, 0.1, (questions, 1)), 0, 1)
    keys = tuple(("task", f"{i:03}") for i in range(questions))
    costs = np.tile(np.array(cost, dtype=float), (questions, 1))
    return Side(
        "made", name, "sim/a", "simulation", keys, (None,) * questions, tuple(range(1, len(cost) + 1)), table,
        dict.fromkeys(UNITS, costs),
    )  # fmt: skip


def test_what_is_read_back_are_the_curves_of_the_run(found: Run) -> None:
    sides = sides_of(found.folder)
    assert list(sides) == [repr(s) for s in found.experiment.parsed()]
    for name, side in sides.items():
        row = {key: place for place, key in enumerate(side.questions)}
        arms = [c for c in found.curves if repr(c.arm.strategy) == name]
        assert sum(len(c.arm.pools) for c in arms) == len(side.questions) == 40
        for curves in arms:
            assert side.ks == curves.ks
            for place, pool in enumerate(curves.arm.pools):
                at = row[curves.task, pool.question.id]
                np.testing.assert_array_equal(side.accuracy[at], curves.accuracy[place])
                for unit in UNITS:
                    np.testing.assert_array_equal(side.cost[unit][at], getattr(curves.cost, unit)[place])


@pytest.mark.parametrize("unit", UNITS)
def test_it_says_what_the_statistics_say_of_the_curves(found: Run, unit: str) -> None:
    names = ["vote(cot, n=8)", "tournament(cot, n=4)"]
    tables = []
    for name in names:
        arms = [c for c in found.curves if repr(c.arm.strategy) == name]
        accuracy = np.concatenate([c.accuracy for c in arms])
        tables.append(CostCurve(accuracy, np.concatenate([getattr(c.cost, unit) for c in arms])))
    tasks = [c.task for c in found.curves if repr(c.arm.strategy) == names[0] for _ in c.arm.pools]
    by_hand = equal_cost(*tables, strata=tasks, rng=np.random.default_rng(1))

    sides = sides_of(found.folder)
    result = at_equal_cost(sides[names[0]], sides[names[1]], by=unit)
    np.testing.assert_allclose(result.found.cost, by_hand.cost)
    for part in ("mean", "low", "high"):
        assert getattr(result.found.area, part) == pytest.approx(float(getattr(by_hand.area, part)))
        np.testing.assert_allclose(
            getattr(result.found.band, part), getattr(by_hand.band, part), atol=0.01
        )  # the band is drawn, 10,000 times
    assert result.found.questions == 40


def test_the_default_unit_is_dollars_and_tokens_where_nothing_is_paid(found: Run) -> None:
    one, other = list(sides_of(found.folder).values())[1:3]
    paid = at_equal_cost(one, other)
    assert paid.sentences()[0] == "At equal dollars a question:"
    free = replace(one, cost={**one.cost, "usd": 0 * one.cost["usd"]})
    said = at_equal_cost(free, other).sentences()
    assert said[:2] == ["At equal tokens a question:", "Not by usd: the dollars of vote(cot, n=8) (many) are 0."]
    unknown = replace(one, cost={**one.cost, "usd": np.nan * one.cost["usd"], "tokens": np.nan * one.cost["usd"]})
    said = at_equal_cost(other, unknown).sentences()
    assert said[0] == "At equal calls a question:"
    assert "the tokens of vote(cot, n=8) (many) are unknown" in said[1]


def test_tokens_of_two_models_are_not_called_equal_in_price(found: Run) -> None:
    one, other = list(sides_of(found.folder).values())[1:3]
    free = {**one.cost, "usd": np.nan * one.cost["usd"]}
    remark = at_equal_cost(replace(one, cost=free, model="sim/b"), other).remark
    assert "A token of one model is not the price of a token of the other: sim/0.6" in remark


def test_a_unit_that_is_unknown_or_not_there_names_the_way_out(found: Run) -> None:
    one, other = list(sides_of(found.folder).values())[1:3]
    unknown = replace(one, cost={**one.cost, "usd": np.nan * one.cost["usd"]})
    with pytest.raises(TaskError, match=r"dollars of vote.* are unknown; compare with --by tokens or --by calls"):
        at_equal_cost(unknown, other, by="usd")
    with pytest.raises(UserError, match="did you mean 'tokens'"):
        at_equal_cost(one, other, by="token")


def test_the_same_accuracy_for_less_is_said_with_its_share() -> None:
    cheap = made([0.3, 0.6, 0.8], [1, 2, 4], name="cheap")
    dear = made([0.3, 0.4, 0.6], [1, 4, 16], name="dear", seed=1)
    said = at_equal_cost(cheap, dear, by="calls").sentences()
    share = matching_cost(*at_equal_cost(cheap, dear, by="calls").curves, level=0.975)
    assert 0.1 < float(share.mean) < float(share.high) < 0.25
    assert f"cheap is as accurate as dear at its most expensive for {100 * float(share.mean):.2g}%" in said[2]
    assert said[1].startswith("cheap beats dear from")
    # The other way round it is the same sentence: who is named first does not matter.
    assert at_equal_cost(dear, cheap, by="calls").sentences()[2] == said[2]


def test_nothing_is_said_of_savings_that_are_not_shown() -> None:
    same = made([0.4, 0.5], [1, 4], name="one")
    assert len(at_equal_cost(same, made([0.4, 0.5], [1, 4], name="two", seed=1), by="calls").sentences()) == 2


def test_strategies_without_a_cost_in_common_say_what_each_costs() -> None:
    result = at_equal_cost(made([0.4, 0.5], [1, 4], name="one"), made([0.4, 0.5], [5, 9], name="two"), by="calls")
    said = "one and two have no cost in common: one costs 1 to 4 and two costs 5 to 9 calls a question."
    assert result.sentences()[1] == said


def test_a_family_is_held_to_the_level_of_all_its_members(found: Run) -> None:
    sides = sides_of(found.folder)
    baseline = sides["vote(cot, n=8)"]
    family = against(list(sides.values()), baseline, by="tokens")
    assert {m.a.strategy for m in family.members} == set(sides) - {baseline.strategy}
    for member in family.members:
        alone = at_equal_cost(member.a, baseline, by="tokens", level=1 - 0.05 / 3)
        assert float(member.found.area.low) == pytest.approx(float(alone.found.area.low), nan_ok=True)
    means = [float(m.found.area.mean) for m in family.members]
    known = [mean for mean in means if not np.isnan(mean)]
    assert known == sorted(known, reverse=True)
    assert means[: len(known)] == known  # those without a cost in common come last
    header, rows = family.table()
    assert header == ["strategy", "tokens", "points (98.3% CI)", "shown to be"]
    assert [row[0] for row in rows] == [m.a.strategy for m in family.members]
    assert "All 3 comparisons together are held to 95% (Bonferroni)." in family.sentences()


def test_a_strategy_is_found_with_its_defaults_written_out(found: Run) -> None:
    sides = {"vote(cot)": made([0.5], [1], name="vote(cot)")}
    assert chosen(found.folder, sides, "vote(cot, n=16)") is sides["vote(cot)"]


def test_answers_of_an_earlier_version_are_to_be_written_again(found: Run, tmp_path: Path) -> None:
    (tmp_path / "old" / "answers").mkdir(parents=True)
    (tmp_path / "old" / "curves.csv").write_text((found.folder / "curves.csv").read_text())
    (part, *_) = (found.folder / "answers").glob("*.parquet")
    rows = [{k: v for k, v in row.items() if k != "calls"} for row in pq.read_table(part).to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "old" / "answers" / "part.parquet")
    with pytest.raises(TaskError, match="do not tell calls; run it again"):
        sides_of(tmp_path / "old")


@pytest.mark.slow
def test_a_family_of_equals_has_a_false_winner_in_few_worlds() -> None:
    false = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        sides = []
        for name in "abcde":
            side = made([0.5, 0.5, 0.5], [1, 3, 9], name=name, questions=60)
            sides.append(replace(side, accuracy=rng.binomial(4, 0.5, (60, 3)) / 4))
        family = against(sides, sides[0], by="calls")
        false += any(m.found.verdict != "no difference found" for m in family.members)
    assert false <= 6  # 5% of 40 is 2; more than 6 has probability 0.003
