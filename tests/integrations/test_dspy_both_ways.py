"""A strategy as a DSPy module, both ways at once, and the examples."""

from __future__ import annotations

import asyncio
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from dspy_replies import answered
from solving import SCRIPTS, script

from compound.core import ExpressionError, TaskError
from compound.models.backend import Call

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_it_answers_in_a_pipeline_of_any_thread_or_loop(ours: Any, dspy: Any) -> None:
    def says(call: Call, i: int) -> str:
        return f"Answer: {391 if call.draws[i].lane[0] else 390}"

    with script(says) as model:
        vote = ours.as_module(
            "vote(cot, n=3)", model=model, input="query", output="total", kind="number", max_tokens=9
        )
        found = vote(query="What is 17 * 23?")
        assert (found.total, found.ballots) == ("391", {"391": 2, "390": 1})
        assert asyncio.run(vote.acall(query="What is 17 * 23?")).total == "391"
        pairs = [(vote, dspy.Example(query=f"{i}?").with_inputs("query")) for i in range(6)]
        many = dspy.Parallel(num_threads=3, disable_progress_bar=True)(pairs)
    assert [one.total for one in many] == ["391"] * 6


def test_it_abstains_with_an_empty_text(ours: Any, dspy: Any) -> None:
    with script(lambda call, i: "no idea") as model:
        found = ours.as_module("vote(cot, n=2)", model=model, kind="number")(question="?")
    assert (found.answer, found.ballots) == ("", {})
    assert dspy.majority([found, dspy.Prediction(answer="7")]).answer == "7"


def test_usage_is_told_to_dspy(ours: Any, dspy: Any) -> None:
    with script(lambda call, i: "Answer: 1") as model, dspy.context(track_usage=True):
        used = ours.as_module("vote(cot, n=4)", model=model, kind="number")(question="?").get_lm_usage()
    assert used == {model: {"prompt_tokens": 40, "completion_tokens": 20, "total_tokens": 60}}


def test_copies_and_saved_ones_are_the_same(ours: Any, dspy: Any, tmp_path: Path) -> None:
    with script(lambda call, i: "Answer: 7") as model:
        vote = ours.as_module("vote(cot, n=2)", model=model, kind="number")
        vote.save(tmp_path / "state.json")
        assert json.loads((tmp_path / "state.json").read_text())
        vote.load(tmp_path / "state.json")
        vote.save(tmp_path / "whole", save_program=True)
        loaded = dspy.load(str(tmp_path / "whole"), allow_pickle=True)
        for one in (vote, vote.deepcopy(), vote.reset_copy(), loaded):
            assert one.expression == "vote(cot, n=2)"
            assert one(question="What is 3 + 4?").answer == "7"


def test_an_optimiser_tunes_the_predictors_around_it(ours: Any, dspy: Any) -> None:
    class Pipeline(dspy.Module):
        def __init__(self, model: str) -> None:
            super().__init__()
            self.total = ours.as_module("vote(cot, n=3)", model=model, kind="number")
            self.say = dspy.Predict("total -> answer")

        def forward(self, question: str) -> Any:
            return self.say(total=self.total(question=question).answer)

    train = [dspy.Example(question=f"What is {i} + 1?", answer="yes").with_inputs("question") for i in range(4)]
    with (
        script(lambda call, i: "Answer: 7") as model,
        dspy.context(lm=dspy.utils.DummyLM([{"answer": "yes"}] * 99)),
    ):
        tune = dspy.BootstrapFewShot(lambda example, found, trace=None: found.answer == example.answer)
        tuned = tune.compile(Pipeline(model), trainset=train)
        assert tuned.say.demos
        assert all(demo.total == "7" for demo in tuned.say.demos if "total" in demo)
        measured = dspy.Evaluate(
            devset=train, metric=lambda e, p: p.answer == "yes", num_threads=2, display_progress=False
        )
        assert measured(tuned).score == 100


def test_both_ways_at_once(ours: Any, dspy: Any) -> None:
    ours.dspy_program("qa")(lambda: dspy.Predict("question -> answer"))
    with script(answered("391")) as model:
        found = ours.as_module('vote(dspy_program("qa"), n=3)', model=model, kind="number")(question="17 * 23?")
    assert found.ballots == {"391": 3}


def test_mistakes_are_named(ours: Any) -> None:
    with pytest.raises(ExpressionError, match="did you mean 'vote'"):
        ours.as_module("vot(cot)", model="m")
    with pytest.raises(TaskError, match="unknown answer kind"):
        ours.as_module("cot", model="m", kind="numbr")
    with pytest.raises(ExpressionError, match="reads the field 'question', and was given query"):
        ours.as_module("cot", model="sim/beta(2,2)")(query="?")


def _run_example(name: str, model: str, capsys: pytest.CaptureFixture[str]) -> str:
    runpy.run_path(str(EXAMPLES / name))["main"](model)
    return capsys.readouterr().out


def test_the_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    with script(answered("7")) as model:
        said = _run_example("dspy_candidate.py", model, capsys)
    assert "{'7': 1}" in said
    assert "{'7': 8} · abstained 0 · 8 calls" in said
    with script(lambda call, i: "Answer: 7") as model:
        assert _run_example("dspy_module.py", model, capsys) == "$7   {'7': 8}\n"
    assert not SCRIPTS


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize("name", ["dspy_candidate.py", "dspy_module.py"])
def test_the_examples_run_on_the_embedded_model(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = _run_example(name, "local/smollm2-135m", capsys)
    assert "calls" in said or "$" in said or "no price" in said
