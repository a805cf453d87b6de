"""`compound run` and `compound compare` with several strategies: what the user reads."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from compound.cli.comparing import compare_runs
from compound.cli.running import run_config
from compound.core import TaskError

STRATEGIES = ["single", "vote(cot, n=6)", "tournament(cot, n=4)", "cot"]
CONFIG = """\
name: trial
model: sim/0.6*beta(6,2)+0.4*beta(2,6)?price=1/2
strategies: ["single", "vote(cot, n=6)", "tournament(cot, n=4)", "cot"]
questions: 20
tasks: [add1]
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trial")
    (folder / "trial.yaml").write_text(CONFIG)
    argv, sys.argv = sys.argv, ["compound", "run", "trial.yaml"]
    try:
        run_config(
            folder / "trial.yaml", model=None, limit=None, sets=[], results=folder, store=None, retry_failed=False
        )
    finally:
        sys.argv = argv
    return folder / "trial"


def compared(trial: Path, capsys: pytest.CaptureFixture[str], **named: str) -> str:
    options = {"a": None, "b": None, "by": None, **named}
    compare_runs(trial, None, **options)  # type: ignore[arg-type]
    return capsys.readouterr().out


def test_a_run_draws_its_strategies_against_cost(trial: Path) -> None:
    assert all((trial / "figures" / f"cost.{ending}").stat().st_size > 10_000 for ending in ("png", "svg", "html"))
    written = list(ElementTree.parse(trial / "figures" / "cost.svg").getroot().itertext())
    for strategy in STRATEGIES:  # at its line, and over its panel
        assert sum(text.endswith(f"\u2002{strategy}") or text == strategy for text in written) == 2
    assert any("cost if deployed in batches" in text for text in written)
    assert "![accuracy against cost](figures/cost.png)" in (trial / "summary.md").read_text()


def test_two_strategies_are_compared_in_full_and_at_equal_cost(
    trial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full, equal, evidence = compared(trial, capsys, a=STRATEGIES[1], b=STRATEGIES[2], by="calls").split("\n\n")
    assert "20 questions, paired; t interval over questions." in full
    assert equal.startswith("At equal calls a question:\n")
    assert "calls a question, 20 questions, paired; 95% at all costs at once" in equal
    assert evidence.startswith("Evidence: simulation.\nSIMULATION: ")


def test_all_strategies_of_a_run_are_compared_with_one(trial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = compared(trial, capsys)
    # Not `single`, which stands first: at its one cost there is next to nothing to compare.
    assert said.startswith("Against vote(cot, n=6) (trial) at equal dollars a question\n")
    assert "points (98.3% CI)" in said
    assert "All 3 comparisons together are held to 95% (Bonferroni)." in said
    assert "SIMULATION" in said
    assert compared(trial, capsys, a="single").startswith("Against single (trial)")


def test_the_second_strategy_needs_the_first(trial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TaskError, match=r"several strategies; name one with --a and one with --b: single, vote"):
        compared(trial, capsys, b="single")
