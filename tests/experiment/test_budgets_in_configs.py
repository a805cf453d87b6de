"""`budget:` and `models:` of a config: what is wrong is named with its line, what is set reaches the run."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

from compound.core import ConfigError, ModelFailure, Sample
from compound.experiment import Experiment, load, run
from compound.models.backend import Call
from compound.models.budget import Price
from compound.models.hosted import Hosted
from compound.models.settings import ModelSettings

CONFIG = """\
name: try
model: sim/beta(2,2)
strategies: ["vote(cot, n=4)"]
questions: 4
tasks: [add1]
"""


def loaded(folder: Path, *lines: str) -> Experiment:
    (folder / "try.yaml").write_text(CONFIG + "\n".join(lines) + "\n")
    return load(folder / "try.yaml")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["models:", "  a/b:", "    rpm: fast"], "line 8, column 5: models.a/b.rpm: .*valid number"),
        (["models:", "  a/b:", "    rpmm: 5"], "line 8, column 5: unknown key 'rpmm': did you mean 'rpm'"),
        (["models: {a/b: {max_in_flight: 0}}"], "line 6, column 16: models.a/b.max_in_flight: .* equal to 1"),
        (["models: {a/b: {usd_per_million_in: -1}}"], "line 6, column 16: .*greater than or equal to 0"),
        (["models: {a/b: {usd_per_million_in: .inf}}"], "line 6, column 16: .*finite"),
        (["models:", "  a/b: {usd_per_million_in: 1}"], "line 7, column 3: models.a/b: half a price is none"),
        (["models: [a/b]"], "line 6, column 1: models: input should be a valid dictionary"),
        (["budget: {calls: 0}"], "line 6, column 10: budget.calls: .*greater than 0"),
        (["budget: {calls: 1.5}"], "line 6, column 10: budget.calls: .*integer"),
        (["budget:", "  question: {call: 3}"], "line 7, column 14: unknown key 'call': did you mean 'calls'"),
        (["budget:", "  question: {minutes: 3}"], "line 7, column 14: unknown key 'minutes': .*seconds"),
        (["budget: {question: {seconds: -1}}"], "line 6, column 21: budget.question.seconds: .*greater than 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, *lines)
    assert re.search(said, str(raised.value)), raised.value


def test_dollars_are_given_by_the_million_tokens(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        "models:",
        "  a/b: {usd_per_million_in: 0.15, usd_per_million_out: 0.6, rpm: 60, tpm: 1e5,",
        "        max_in_flight: 8, timeout: 9}",
        "  c: {rpm: 0.5}",
    )
    assert config.settings == {
        "a/b": ModelSettings(Price(pytest.approx(1.5e-7), pytest.approx(6e-7)), 60, 1e5, 8, 9),
        "c": ModelSettings(rpm=0.5),
    }


def test_a_price_in_the_config_goes_before_the_model_s_own_and_into_the_curves(tmp_path: Path) -> None:
    def dollars(name: str, **changes: object) -> list[float]:
        model = "sim/beta(2,2)?price=1/10"
        config = {"name": name, "model": model, "strategies": ["vote(cot, n=3)"], "tasks": ["add1"], "questions": 3}
        experiment = Experiment.model_validate({**config, **changes})
        found = asyncio.run(run(experiment, results=tmp_path / name))
        again = load(found.folder / "experiment.yaml")
        assert again.settings == experiment.settings
        assert again.budget == experiment.budget
        return [found.facts["spent"]["usd"], *(row["usd"] for row in found.rows if row["line"] == "accuracy")]

    doubled = {"sim/beta(2,2)?price=1/10": {"usd_per_million_in": 2, "usd_per_million_out": 20}}
    own = dollars("own", budget={"usd": 1, "question": {"calls": 9}})
    assert dollars("set", models=doubled) == pytest.approx([2 * usd for usd in own])


def test_a_replay_without_a_key_shows_dollars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def complete(self: Hosted, call: Call) -> list[Sample]:
        return [Sample("Answer: 7", tokens_in=10, tokens_out=5) for _ in range(call.n)]

    async def ready(self: Hosted) -> None:
        pass

    async def refused(self: Hosted) -> None:
        raise AssertionError("a replay opens no model")

    monkeypatch.setattr(Hosted, "complete", complete)
    monkeypatch.setattr(Hosted, "open", ready)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    config = {"name": "try", "model": "openai/gpt-4o-mini", "strategies": ["vote(cot, n=3)"], "tasks": ["add1"]}
    experiment = Experiment.model_validate({**config, "questions": 3})
    first = asyncio.run(run(experiment, results=tmp_path))
    monkeypatch.setattr(Hosted, "open", refused)
    again = asyncio.run(run(experiment, results=tmp_path))
    assert again.rows == first.rows
    (last,) = [row["usd"] for row in again.rows if (row["line"], row["k"]) == ("accuracy", 3)]
    assert last == pytest.approx(10 * 0.15e-6 + 3 * 5 * 0.6e-6)


def test_a_run_that_a_budget_stopped_says_so_first_and_exits_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from compound.cli import main, running

    monkeypatch.setattr(running, "_draw", lambda *_: None)  # the figures take a second each
    (tmp_path / "try.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)

    def command(*more: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["compound", "run", "try.yaml", *more])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().out

    code, said = command("--set", "budget.calls=10")
    assert code == 3
    assert said.index("Stopped early: out of budget: 10 of 10 calls made") < said.index("gain (95% CI)")
    assert "To go on: compound run try.yaml" in said
    code, said = command()
    assert code in (0, None)
    assert "Stopped" not in said
    assert "Again, buying nothing: compound run try.yaml" in said
    code, said = command("--retry-failed")
    assert code in (0, None)
    assert "Bought 0 samples" in said


@pytest.mark.slow
def test_where_every_greedy_answer_failed_the_figures_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from compound.cli import main
    from compound.models import simulated

    complete = simulated.Simulated.complete

    async def warm_only(self: simulated.Simulated, call: Call) -> list[Sample]:
        if call.parameters.get("temperature") == 0:
            raise ModelFailure("bad request", "400: temperature", retryable=False)
        return await complete(self, call)

    monkeypatch.setattr(simulated.Simulated, "complete", warm_only)
    (tmp_path / "try.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["compound", "run", "try.yaml"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert "4 x bad request" in capsys.readouterr().out
    assert (tmp_path / "results" / "try" / "figures" / "samples.png").exists()
