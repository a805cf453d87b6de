"""A pilot: what it measures, what it may look at, and how often its intervals hold."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path

import numpy as np
import pytest

from compound.core import BudgetExhaustedError
from compound.experiment import Experiment, Run, run
from compound.experiment.planning.bounds import NOTHING
from compound.experiment.planning.forecast import Forecast, forecast
from compound.experiment.planning.forecast_summary import forecast_sentences, forecast_tables
from compound.experiment.planning.prediction import predicted, total
from compound.stats import minimum_detectable_effect, questions_needed

MODEL = "sim/beta(4,3)?wrong=3&price=2/5"


def experiment(**changes: object) -> Experiment:
    settings: dict[str, object] = {
        "name": "try",
        "model": MODEL,
        "strategies": ["vote(cot, n=4)", "vote(single, n=4)", "reflect(cot, n=2)"],
        "tasks": ["add2", "opposites"],
        "questions": 20,
        "parameters": {"max_tokens": 200},
        "greedy": False,
    }
    return Experiment.model_validate({**settings, **changes})


def piloted(folder: Path, config: Experiment, pilot: int) -> Forecast:
    return asyncio.run(forecast(config, store=folder / "samples.db", pilot=pilot))


def go(folder: Path, config: Experiment) -> Run:
    return asyncio.run(run(config, results=folder))


def said(found: Forecast) -> str:
    return " ".join(forecast_sentences(found))


def test_the_intervals_of_a_pilot_hold_what_the_rest_takes(tmp_path: Path) -> None:
    config = experiment()
    found = piloted(tmp_path, config, 6)
    spent = go(tmp_path, config).facts["spent"]
    expected = found.expected
    assert expected.usd is not None
    bounds = total(found.takes, NOTHING)
    assert bounds.usd is not None
    for range_, bound, actual in (
        (expected.calls, bounds.calls, spent["completions"]),
        (expected.tokens_in, bounds.tokens_in, spent["tokens_in"]),
        (expected.tokens_out, bounds.tokens_out, spent["tokens_out"]),
        (expected.usd, bounds.usd, spent["usd"]),
    ):
        assert range_.low <= actual <= range_.high
        assert range_.high - range_.low < bound.high - bound.low


@pytest.mark.slow
def test_in_many_simulated_worlds_the_dollars_are_within_the_interval(tmp_path: Path) -> None:
    held = 0
    for seed in range(30):
        folder = tmp_path / str(seed)
        config = experiment(model=f"{MODEL}&seed={seed}")
        found = piloted(folder, config, 5)
        assert found.expected.usd is not None
        held += found.expected.usd.low <= go(folder, config).facts["spent"]["usd"] <= found.expected.usd.high
    assert held >= 25  # at 95% fewer come three times in 1,000


def test_a_pilot_draws_other_questions_keeps_its_samples_and_shows_what_it_spent(tmp_path: Path) -> None:
    config = experiment()
    found = piloted(tmp_path, config, 3)
    pilot = found.pilot
    assert pilot is not None
    assert set(pilot.splits.values()) == {"screen"}
    for arm in pilot.arms:
        judged = {question.id for question in arm.task.questions()}
        assert judged.isdisjoint(pool.question.id for pool in arm.pools)
    assert pilot.spent.calls == round(sum(table[:, 0].sum() for table in pilot.new.values()))
    assert pilot.spent.usd == pytest.approx(sum(table[:, 3].sum() for table in pilot.new.values()))
    assert f"The pilot bought {pilot.spent.calls:,} calls" in said(found)
    again = piloted(tmp_path, config, 3)
    assert again.pilot is not None
    assert again.pilot.spent.calls == 0
    assert again.expected.usd == found.expected.usd


def test_the_budget_holds_for_the_pilot(tmp_path: Path) -> None:
    with pytest.raises(BudgetExhaustedError, match="no complete question"):
        piloted(tmp_path, experiment(budget={"tokens": 50}), 3)
    found = piloted(tmp_path, experiment(budget={"tokens": 6_000}), 6)
    assert found.pilot is not None
    assert found.pilot.spent.tokens <= 6_000
    assert "It was stopped: out of budget" in said(found)
    assert "budget.tokens is 6000" in said(found)


def test_a_pilot_on_the_questions_of_the_run_looks_at_no_accuracy(tmp_path: Path) -> None:
    lines = [json.dumps({"q": f"What is {i} + {i}?", "a": str(2 * i)}) for i in range(12)]
    (tmp_path / "mine.jsonl").write_text("\n".join(lines))
    task = {
        "name": "mine",
        "file": str(tmp_path / "mine.jsonl"),
        "kind": "number",
        "fields": {"text": "q", "gold": "a"},
    }
    found = piloted(tmp_path, experiment(tasks=[task]), 4)
    assert found.pilot is not None
    assert found.pilot.blind
    assert all(one.difference is None and one.needed is None for one in found.shows)
    assert any(one.between for one in found.shows), "the spread is still measured"
    assert "no accuracy" in said(found)


def test_what_can_be_shown_follows_from_the_pilots_spread(tmp_path: Path) -> None:
    found = piloted(tmp_path, experiment(), 8)
    other, reflect = found.shows
    assert (other.name, other.other) == ("vote(single, n=4)", "vote(cot, n=4)")
    for one in (other, reflect):
        assert one.between is not None
        assert one.between[0] < one.sd < one.between[1]
        assert one.effect == pytest.approx(minimum_detectable_effect(one.sd, 40))
        assert one.difference is not None
        if one.needed is not None:
            assert one.needed == questions_needed(one.sd, abs(float(one.difference.mean)))
    assert "take as many tokens" in found.split
    assert forecast_tables(found)[-1].header == ["strategy", "spread", "shows", "pilot saw", "needs"]


def test_without_a_pilot_the_spread_is_assumed_and_tasks_of_unequal_size_count_for_less() -> None:
    from compound.experiment.plan import plan
    from compound.experiment.planning.detectable import ASSUMED, detectable

    config = experiment(strategies=["vote(cot, n=4)"])
    (one,) = detectable(config, plan(config).arms, {"add2": 10, "opposites": 40}, None)
    # The macro average has the variance (sd^2 / 10 + sd^2 / 40) / 4 = sd^2 / 32.
    assert one.questions == pytest.approx(32)
    assert one.other == "one candidate"
    assert one.between is None
    assert one.effect == pytest.approx(minimum_detectable_effect(ASSUMED, 32))


def test_prediction_intervals_hold_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(1000):
        strata, truth = [], 0.0
        for mean, sd, pilot, number in ((50, 10, 5, 30), (80, 30, 7, 60)):
            strata.append((number * rng.normal(mean, sd, pilot), number))
            truth += rng.normal(mean, sd, number).sum()
        found = predicted(strata)
        held += found.low <= truth <= found.high
    assert 0.93 < held / 1000 < 0.975


def test_a_prediction_from_one_question_has_no_upper_end() -> None:
    assert predicted([(np.array([30.0]), 10)]).high == math.inf
    assert predicted([(np.array([0.0]), 10)]).high == 0.0
    assert math.isnan(predicted([(np.array([math.nan, 1.0]), 10)]).high)
    same = predicted([(np.full(5, 30.0), 10)])
    assert (same.low, same.likely, same.high) == (30, 30, 30)
