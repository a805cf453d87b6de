"""A recorded pool as a model and a task: every sample once, nothing bought, what is missing named."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from compound.core import MissingAbilityError, MissingSampleError, ModelError, Notice, Question, TaskError, Text
from compound.experiment import Experiment, Run, plan, run
from compound.models.backend import find_backend, list_price
from compound.models.session import Session
from compound.store import SampleStore
from compound.store.pools import SamplesError, import_samples
from compound.store.pools.exporting import export
from compound.tasks import load_task

ANSWERS = ["2", "3", "2", None, "2", "5"]


def rows(each: int = 6, **more: Any) -> list[dict[str, Any]]:
    drawn = [
        {"text": "" if a is None else f"So it is {a}.", "answer": a, "tokens_in": 100, "tokens_out": 10 * i, **more}
        for i, a in enumerate(ANSWERS[:each])
    ]
    return [{"question_id": f"q{i}", "question": f"Sum {i}?", "gold": "2", "samples": drawn} for i in range(4)]


@pytest.fixture(autouse=True)
def _pools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOUND_POOLS", str(tmp_path / "pools"))


def pool(folder: Path, data: list[dict[str, Any]], name: str = "mine", **options: Any) -> None:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in data))
    import_samples(path, name, **options)


def experiment(n: int = 6, name: str = "mine", **changes: Any) -> Experiment:
    settings = {
        "name": "try",
        "model": f"recorded/{name}",
        "strategies": [f"vote(cot, n={n})"],
        "tasks": [f"recorded/{name}"],
    }
    return Experiment.model_validate({**settings, **changes})


class Watch:
    def __init__(self) -> None:
        self.said: list[str] = []

    def notify(self, event: object) -> None:
        if isinstance(event, Notice):
            self.said.append(event.text)


def go(folder: Path, config: Experiment, watch: Watch | None = None) -> Run:
    return asyncio.run(run(config, results=folder, observer=watch))


def line(found: Run, name: str, k: int, column: str = "accuracy") -> Any:
    (row,) = [row for row in found.rows if (row["line"], row["k"]) == (name, k)]
    return row[column]


def test_a_run_on_a_recording_is_free_and_files_nothing(tmp_path: Path) -> None:
    pool(tmp_path, rows())
    found = go(tmp_path, experiment(greedy=False))
    assert line(found, "accuracy", 1) == pytest.approx(0.5)
    assert line(found, "accuracy", 6) == 1.0
    assert line(found, "pass@k", 6) == 1.0
    assert found.facts["tier"] == "recorded samples"
    assert found.facts["spent"]["usd"] == 0.0
    assert found.facts["unparsed"] == pytest.approx(1 / 6)
    with SampleStore(tmp_path / "samples.db") as store:
        assert store.count() == 0


def test_cost_is_that_of_the_recorded_model(tmp_path: Path) -> None:
    pool(tmp_path, rows(), price=(1e-6, 2e-6))
    found = go(tmp_path, experiment(greedy=False))
    assert line(found, "accuracy", 6, "tokens") == pytest.approx(100 + 6 * 25)
    assert line(found, "accuracy", 6, "usd") == pytest.approx(100e-6 + 6 * 25 * 2e-6)
    assert line(found, "accuracy", 6, "seconds") is None


@pytest.mark.filterwarnings("error")
def test_unknown_tokens_prices_and_times_are_unknown_not_zero(tmp_path: Path) -> None:
    data = rows()
    del data[0]["samples"][0]["tokens_in"]
    pool(tmp_path, data, price=(1e-6, 2e-6))
    found = go(tmp_path, experiment(greedy=False, budget={"usd": 1e-9}))
    assert line(found, "accuracy", 6, "tokens") is None
    assert line(found, "accuracy", 6, "usd") is None
    assert json.loads((tmp_path / "try" / "run.json").read_text())["spent"]["completions"] == 0
    pool(tmp_path, rows(), name="unpriced")
    assert line(go(tmp_path, experiment(name="unpriced", greedy=False)), "accuracy", 6, "usd") is None


def test_list_prices(tmp_path: Path) -> None:
    pool(tmp_path, rows(), price=(1e-6, 2e-6))
    backend = find_backend("recorded/mine")
    assert list_price(backend) != backend.price()
    simulated = find_backend("sim/beta(2,2)?price=1/2")
    assert list_price(simulated) == simulated.price()


def test_a_cap_above_the_pool_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    data = rows()
    data[2]["samples"] = data[2]["samples"][:3]
    pool(tmp_path, data)
    with pytest.raises(ModelError, match=r"recorded/mine has 3 samples of question q2, and 4 are asked for: n=3"):
        plan(experiment(4))
    said = plan(experiment(3)).notices
    assert said == ("recorded/mine: the first 3 of 3 to 6 samples a question are used; n=3 uses as many as every "
                    "question has",)  # fmt: skip
    assert plan(experiment(6, questions=2)).notices == ()


def test_questions_of_another_task_are_refused(tmp_path: Path) -> None:
    pool(tmp_path, rows())
    with pytest.raises(ModelError, match=r"recorded/mine has no question .*tasks: \[recorded/mine\]"):
        plan(experiment(tasks=["add1"]))
    with pytest.raises(SamplesError, match=r"no recorded pool 'mien'.*did you mean 'mine'"):
        plan(experiment(name="mien"))


async def draw(question: Question, lanes: tuple[int, ...] = (), **parameters: Any) -> list[str]:
    async with Session() as session:
        lm = session.lm("recorded/mine", question, replicate=parameters.pop("replicate", 0))
        for lane in lanes:
            lm = lm.fork(lane)
        found = await lm.sample(Text("?"), **parameters)
        return [each.text for each in (found if isinstance(found, list) else [found])]


def test_what_a_pool_lacks_is_named_and_no_sample_serves_twice(tmp_path: Path) -> None:
    pool(tmp_path, rows())
    question = load_task("recorded/mine").questions()[0]
    assert asyncio.run(draw(question, n=6)) == ["2", "3", "2", "", "2", "5"]
    assert asyncio.run(draw(question, (4,))) == ["2"]
    for told, how in (
        (r"question q0 \('Sum 0\?'\), step 'answer', sample 6: there are 6; n=6 fits", {"n": 7}),
        (r"step 'judge', sample 0: there are 0", {"step": "judge"}),
        (r"lane \(0, 1\): .* no lanes below", {"lanes": (0, 1)}),
        (r"replicate 1: a recorded sample never serves twice", {"replicate": 1}),
    ):
        with pytest.raises(MissingSampleError, match=told):
            asyncio.run(draw(question, **how))  # type: ignore[arg-type]
    with pytest.raises(MissingSampleError, match="its own questions are the task 'recorded/mine'"):
        asyncio.run(draw(Question("What else?")))

    async def twice() -> None:
        async with Session() as session:
            lm = session.lm("recorded/mine", question)
            await lm.sample(Text("?"))
            await lm.sample(Text("?"))

    with pytest.raises(MissingSampleError, match=r"asked 2 times in lane \(0,\)"):
        asyncio.run(twice())


def test_other_steps_have_their_own_samples(tmp_path: Path) -> None:
    data = rows()
    data[0]["samples"].append({"answer": "right", "step": "judge", "model": "other"})
    pool(tmp_path, data)
    question = load_task("recorded/mine").questions()[0]
    assert asyncio.run(draw(question, step="judge")) == ["right"]


@pytest.mark.parametrize(
    ("more", "abilities"),
    [
        ({}, set()),
        ({"logprob": -2.5}, {"logprobs"}),
        ({"score": 0.25}, {"scores"}),
        ({"logprob": -2.5, "score": 0.25}, {"logprobs", "scores"}),
    ],
)
def test_scores_and_log_probabilities_come_with_the_samples_where_they_were_recorded(
    tmp_path: Path, more: dict[str, float], abilities: set[str]
) -> None:
    data = rows(**more)
    pool(tmp_path, data)
    question = load_task("recorded/mine").questions()[0]

    async def go() -> None:
        async with Session() as session:
            lm = session.lm("recorded/mine", question)
            assert await lm.abilities() == abilities
            for sample in await lm.sample(Text("?"), n=6):
                assert (sample.logprob, sample.score) == (more.get("logprob"), more.get("score"))
                assert sample.confidence is None
            if "logprobs" in abilities:  # the sum is there, of the alternatives nobody kept anything
                assert (await lm.fork(1).sample(Text("?"), logprobs=True, top_logprobs=5)).logprob == -2.5
            else:
                with pytest.raises(MissingAbilityError, match="recorded/mine gave no log-probabilities"):
                    await lm.fork(1).sample(Text("?"), logprobs=True, top_logprobs=5)

    asyncio.run(go())


def test_what_a_prompt_shows_is_no_part_of_what_is_asked_of_a_recording(tmp_path: Path) -> None:
    data = rows()
    data[0]["samples"] += [{"answer": "right", "step": "judge"}]
    pool(tmp_path, data)
    question = load_task("recorded/mine").questions()[0]
    assert asyncio.run(draw(question, step="judge", shown=["2"])) == ["right"]

    async def twice() -> None:
        async with Session() as session:
            lm = session.lm("recorded/mine", question)
            await lm.sample(Text("?"), step="judge", shown=["2"])
            await lm.sample(Text("?"), step="judge", shown=["3"])

    with pytest.raises(MissingSampleError, match=r"asked 2 times"):
        asyncio.run(twice())


def test_the_greedy_baseline_comes_from_samples_at_temperature_0_or_is_left_out(tmp_path: Path) -> None:
    pool(tmp_path, rows())
    watch = Watch()
    found = go(tmp_path, experiment(), watch)
    assert not [row for row in found.rows if row["line"] == "greedy"]
    assert len(set(watch.said)) == 1
    assert watch.said[0].startswith("no greedy baseline: recorded/mine has no samples at temperature 0")
    data = rows(temperature=0.7)
    for row in data:
        row["samples"].append({"text": "2", "answer": "2", "temperature": 0})
    pool(tmp_path, data, name="both", greedy=True)
    assert line(go(tmp_path, experiment(name="both")), "greedy", 1) == 1.0


def test_a_mixed_pool_is_called_mixed_everywhere(tmp_path: Path) -> None:
    data = rows()
    data[0]["samples"][0]["model"] = "other"
    pool(tmp_path, data, mixed=True)
    watch = Watch()
    found = go(tmp_path, experiment(greedy=False), watch)
    assert watch.said == ["recorded/mine (mixed: model): its samples are no draws of one distribution"]
    assert {row["tier"] for row in found.rows} == {"recorded samples, mixed model"}
    assert "mixed model" in (tmp_path / "try" / "summary.md").read_text()


def test_regrading_reads_the_texts_anew_and_buys_nothing(tmp_path: Path) -> None:
    data = rows()
    for row in data:
        row["samples"][1]["text"] = "Not 3 but 2."
    pool(tmp_path, data)
    as_recorded = go(tmp_path, experiment(greedy=False))
    anew = go(tmp_path, experiment(greedy=False, tasks=[{"name": "recorded/mine", "kind": "number"}]))
    assert line(as_recorded, "accuracy", 1) == pytest.approx(3 / 6)
    assert line(anew, "accuracy", 1) == pytest.approx(4 / 6)
    pool(tmp_path, data, name="read", kind="number")
    assert line(go(tmp_path, experiment(name="read", greedy=False)), "accuracy", 1) == pytest.approx(4 / 6)
    with pytest.raises(TaskError, match="needs the choices"):
        load_task("recorded/mine", kind="choice")


@pytest.mark.parametrize("to", ["out.jsonl.gz", "out.parquet", "out"])
def test_a_round_trip_gives_the_same_curves(tmp_path: Path, to: str) -> None:
    data = rows(temperature=0.7, model="m")
    data[1]["samples"][5]["correct"] = True
    pool(tmp_path, data, price=(1e-6, 2e-6))
    export("mine", tmp_path / to)
    import_samples(tmp_path / to, "again", price=(1e-6, 2e-6))
    one, two = (go(tmp_path, experiment(name=name, greedy=False)) for name in ("mine", "again"))
    strip = ("model", "task")
    assert [{k: v for k, v in r.items() if k not in strip} for r in one.rows] == [
        {k: v for k, v in r.items() if k not in strip} for r in two.rows
    ]


def test_the_resolved_config_gives_the_same_run(tmp_path: Path) -> None:
    from compound.experiment import load

    pool(tmp_path, rows())
    go(tmp_path, experiment(greedy=False))
    curves = (tmp_path / "try" / "curves.csv").read_text()
    go(tmp_path, load(tmp_path / "try" / "experiment.yaml"))
    assert (tmp_path / "try" / "curves.csv").read_text() == curves
