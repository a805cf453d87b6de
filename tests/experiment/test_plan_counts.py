"""What a plan says that a run will take is what it takes, on simulated models whose purchases can be counted."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from compound.core import ExpressionError
from compound.experiment import Experiment, Run, run
from compound.experiment.planning.calls import arm_calls, fixed, most_calls
from compound.experiment.planning.forecast import Forecast, forecast
from compound.experiment.planning.forecast_summary import forecast_sentences
from compound.experiment.pools import Arm
from compound.strategies import parse
from compound.strategies.part import Part
from compound.strategies.registry import known

MODEL = "sim/beta(4,3)?wrong=3&price=2/5"


def experiment(*strategies: str, **changes: object) -> Experiment:
    settings: dict[str, object] = {
        "name": "try",
        "model": MODEL,
        "strategies": list(strategies),
        "tasks": ["add2"],
        "questions": 6,
        "parameters": {"max_tokens": 80},
    }
    return Experiment.model_validate({**settings, **changes})


def planned(folder: Path, config: Experiment) -> Forecast:
    return asyncio.run(forecast(config, store=folder / "samples.db"))


def go(folder: Path, config: Experiment) -> Run:
    return asyncio.run(run(config, results=folder))


def said(found: Forecast) -> str:
    return " ".join(forecast_sentences(found))


@pytest.mark.parametrize(
    ("strategies", "changes"),
    [
        (["vote(cot, n=5)"], {"tasks": ["add2", "opposites"]}),
        (["cot", "vote(cot, n=5)", "vote(single, n=3)", "adaptive_vote(cot, n=7)"], {"greedy": False}),
        (["vote(cot, n=4)", "debate(cot, agents=3)"], {"replicates": 2}),
        (["vote(debate(cot, agents=2), n=3)", "cot"], {}),
        (["moa(cot, n=3)", "aggregate(cot, n=3, loops=2)", "cot"], {"replicates": 2}),
        (["vote(few_shot, n=4)"], {"screen": {"questions": 5, "samples": 3, "low": 0, "high": 1}}),
        (["vote(mix([cot, single]), n=5)", "vote(cot @ 'sim/beta(1,1)?price=1/1', n=2)"], {}),
    ],
)
def test_calls_are_those_that_are_bought(tmp_path: Path, strategies: list[str], changes: dict[str, object]) -> None:
    config = experiment(*strategies, **changes)
    before = planned(tmp_path, config).expected
    assert not list(tmp_path.iterdir()), "a plan leaves nothing behind"
    spent = go(tmp_path, config).facts["spent"]
    assert before.calls.low == before.calls.high == spent["completions"]
    assert before.tokens_in.low <= spent["tokens_in"] <= before.tokens_in.high
    assert spent["tokens_out"] <= before.tokens_out.high
    assert before.usd is not None
    assert spent["usd"] <= before.usd.high


@pytest.mark.parametrize(
    "strategies",
    [
        ["debate(cot, rounds={2,3})", "reflect(cot, n=2)", "judge_debate(cot, rounds=2)"],
        ["universal(cot, n=4)", "tournament(cot, n=3)", "best_of(cot, n=3)", "cisc(single, n=2)"],
        ["cascade([vote(cot, n=2), vote(cot, n=5)], threshold=0.8)", "decompose", "verify(cot)"],
        ["routed(cot, n=4)"],
    ],
)
def test_calls_that_depend_on_replies_are_bounded(tmp_path: Path, strategies: list[str]) -> None:
    config = experiment(*strategies)
    before = planned(tmp_path, config).expected
    found = go(tmp_path, config)
    spent = found.facts["spent"]
    assert before.calls.low < before.calls.high
    assert before.calls.low <= spent["completions"] <= before.calls.high
    assert spent["tokens_in"] <= before.tokens_in.high
    assert spent["tokens_out"] <= before.tokens_out.high
    after = planned(tmp_path, config)
    assert after.expected.calls.high == 0
    assert "it buys nothing" in said(after)


def test_what_is_in_the_store_or_shared_is_not_bought_again(tmp_path: Path) -> None:
    go(tmp_path, experiment("vote(cot, n=4)", greedy=False))
    more = experiment("vote(cot, n=6)", "vote(cot, n=3)", "debate(cot)", greedy=False, questions=8)
    found = planned(tmp_path, more)
    vote, smaller, debate = found.parts
    assert (vote.shared, vote.stored, vote.named) == (0, 6 * 4, 6 * 2 + 2 * 6)
    assert (smaller.shared, smaller.stored, smaller.named, smaller.most) == (8 * 3, 0, 0, 0)
    # Where the first round is in the store, the second is known by name.
    assert (debate.shared, debate.stored, debate.named, debate.most) == (8 * 3, 0, 6 * 3, 2 * 3)
    assert go(tmp_path, more).facts["spent"]["completions"] == found.expected.calls.high


def test_fitting_is_counted_until_it_is_in_the_store(tmp_path: Path) -> None:
    config = experiment("routed(cot, n=2)", greedy=False)
    found = planned(tmp_path, config)
    fitting, answering = found.parts
    trained = fitting.questions
    assert (fitting.stage, fitting.named, fitting.most) == ("fitting", 2 * trained, trained)
    assert (answering.named, answering.most) == (0, 6 * (2 + 2)), "what is not fitted yet is bounded"
    assert found.expected.tokens_in.high == float("inf")
    assert 3 * trained + 12 <= go(tmp_path, config).facts["spent"]["completions"] <= found.expected.calls.high
    assert planned(tmp_path, config).expected.calls.high == 0


def test_an_unknown_price_is_unknown_and_a_listed_one_needs_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    listed = planned(tmp_path, experiment("vote(cot, n=3)", model="openai/gpt-4o-mini"))
    assert listed.expected.usd is not None
    assert 0 < listed.expected.usd.low < listed.expected.usd.high
    unheard = planned(tmp_path, experiment("cot", "cot @ 'openai/gpt-4o-mini'", model="openai/unheard-of"))
    assert unheard.expected.usd is None
    assert unheard.takes[1].usd is not None
    assert "for unknown" in said(unheard)
    assert "Unknown price: openai/unheard-of." in said(unheard)


def test_limits_that_are_set_slow_the_run_down(tmp_path: Path) -> None:
    limits = {"openai/gpt-4o-mini": {"rpm": 0.5, "tpm": 1_000_000}}
    found = planned(tmp_path, experiment("cot", greedy=False, model="openai/gpt-4o-mini", models=limits))
    assert found.minutes is not None
    assert found.minutes.high == pytest.approx(6 / 0.5)
    assert planned(tmp_path, experiment("cot")).minutes is None, "nobody waits for a simulation"


@pytest.mark.parametrize(
    ("text", "calls", "sure"),
    [
        ("cot", 1, True),
        ("vote(cot, n=5)", 5, True),
        ("adaptive_vote(cot, n=7)", 7, False),
        ("debate(vote(cot, n=2), agents=3, rounds=3)", 12, True),
        ("best_of(cot, n=4, by=judge(n=2) @ 'm')", 12, False),
        ("best_of(cot @ 'm', n=4, by=sequence_probability)", 4, True),
        ("cascade([vote(cot, n=3), vote(cot, n=5), cot], by=judge, threshold=0.5)", 11, False),
        ("vote(mix([cot, reflect(cot, n=2)]), n=2)", 10, False),
        ("routed(cot, n=8, direct=vote(cot, n=9), threshold=0.5)", 9, False),
    ],
)
def test_a_cost_formula_is_evaluated(text: str, calls: int, sure: bool) -> None:
    assert most_calls(parse(text)) == calls
    assert fixed(parse(text)) is sure


def test_every_cost_formula_can_be_evaluated() -> None:
    tried = []
    for name, make in known().items():
        if isinstance(make, type) and issubclass(make, Part):
            try:
                one = make()
            except (TypeError, ExpressionError):
                continue  # it has parameters without a default
            assert most_calls(one) >= 0
            tried.append(name)
    assert {"debate", "react", "think", "verify", "decompose", "self_cot", "judge"} <= set(tried)
    for text in ("deepconf(cot)", "codet(cot)", "ranked_vote(ranking)", "filter_vote(cot)", "weighted_vote(cot)"):
        assert most_calls(parse(text)) >= parse(text).n  # type: ignore[attr-defined]


def test_points_that_a_paid_selector_is_bought_at_count(tmp_path: Path) -> None:
    from compound.tasks import load_task

    arm = Arm(load_task("add1"), parse("moa(cot, n=6, layers=3)"))
    assert arm.ks == [1, 2, 4, 6]
    assert arm_calls(arm, replicates=2, greedy=True) == 6 + 2 * sum(k + 1 for k in arm.ks) + 1


def test_the_command_says_it_and_a_dry_run_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from compound.cli import main

    config = "name: a\nmodel: sim/beta(2,2)\nstrategies: [cot, 'vote(cot, n=4)']\nquestions: 4\ntasks: [add1]\n"
    (tmp_path / "a.yaml").write_text(config)
    monkeypatch.chdir(tmp_path)
    outputs = []
    for arguments in (["plan", "a.yaml"], ["run", "a.yaml", "--dry-run"]):
        monkeypatch.setattr(sys, "argv", ["compound", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert not stopped.value.code
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert "It buys 20 calls" in outputs[0]
    assert "vote(cot, n=4) against cot: 4 questions show" in outputs[0]
    assert "Nothing was bought." in outputs[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]
