"""Whole runs on a real server, cut short by a budget or by failures, and what becomes of them afterwards."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from model_server import Call, status
from selling_server import SellingServer

from compound.core import BudgetExhaustedError, UserError
from compound.experiment import Experiment, Run, run
from compound.models.session import wait_for

PRICE = {"usd_per_million_in": 1.0, "usd_per_million_out": 10.0}
STRATEGIES = ["vote(cot, n=20)", "debate(agents=2)"]


@pytest.fixture
def server() -> Iterator[SellingServer]:
    with SellingServer() as running:
        yield running


def configured(server: SellingServer, **changes: Any) -> Experiment:
    config = {
        "name": "try", "model": "m", "base_url": server.url, "strategies": STRATEGIES, "tasks": ["add1", "add2"],
        "questions": 6, "parameters": {"max_tokens": 20}, "models": {"m": PRICE},
    }  # fmt: skip
    return Experiment.model_validate({**config, **changes})


def go(server: SellingServer, folder: Path, *, retry_failed: bool = False, **changes: Any) -> Run:
    return wait_for(run(configured(server, **changes), results=folder, retry_failed=retry_failed))


def sold(server: SellingServer) -> int:
    return sum(sale.n for sale in server.sales.values())


def usd(server: SellingServer) -> float:
    return sum(10e-6 + 5 * 10e-6 * sale.n for sale in server.sales.values())


def derived(folder: Path) -> tuple[list[dict[str, str]], str]:
    """What follows from the samples; every call takes its own time."""
    with (folder / "try" / "curves.csv").open() as file:
        rows = [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]
    return rows, (folder / "try" / "summary.md").read_text()


@pytest.mark.parametrize(
    "cap", [pytest.param({"usd": 0.004}, marks=pytest.mark.slow), {"tokens": 1500}, {"calls": 90}], ids=str
)
def test_with_more_budget_a_run_ends_like_one_that_nobody_stopped(
    server: SellingServer, tmp_path: Path, cap: dict[str, float]
) -> None:
    go(server, tmp_path / "all")
    whole, paid = sold(server), usd(server)
    server.sales.clear()
    stopped = 0
    while True:
        calls, dollars = sold(server), usd(server)
        try:
            found = go(server, tmp_path / "cut", budget=cap)
        except BudgetExhaustedError as error:
            assert "nothing is complete yet" in str(error)
            found = None
        assert sold(server) - calls <= cap.get("calls", 1e9)
        assert usd(server) - dollars <= cap.get("usd", 1e9)
        if found and not found.stopped:
            break
        stopped += 1
        assert sold(server) > calls, "every run gets on"
        if found:
            assert "run again to go on with as much again" in derived(tmp_path / "cut")[1].partition("|")[0]
    assert stopped >= 2
    assert sold(server) == whole
    assert usd(server) == pytest.approx(paid)
    assert derived(tmp_path / "cut") == derived(tmp_path / "all")


def test_a_question_that_may_take_no_more_is_short_and_stays(server: SellingServer, tmp_path: Path) -> None:
    found = go(server, tmp_path, budget={"question": {"calls": 5}}, strategies=STRATEGIES[:1])
    assert found.stopped is None
    assert {row["questions"] for row in found.rows} == {6, 12}
    assert sold(server) == 12 * 5
    assert {call.reason for call in found.failed} == {"question budget"}
    assert len(found.failed) == 12 * (21 - 5)
    said = derived(tmp_path)[1]
    assert "192 x question budget" in said.partition("|")[0]
    assert sum(row["failure"] is not None for row in answers(tmp_path)) > 0
    again = go(server, tmp_path, strategies=STRATEGIES[:1])
    assert sold(server) == 12 * 21, "what was bought is kept, the rest is bought"
    assert not again.failed


def answers(folder: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    parts = (folder / "try" / "answers").glob("*.parquet")
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


def break_some(server: SellingServer, *texts: str) -> None:
    """Refuse whatever asks for one of these."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse | None:
        asked = str(call.body["messages"])
        return await status(500, "out of order")(request, call) if any(text in asked for text in texts) else None

    server.always = fault


def listed(folder: Path) -> list[dict[str, str]]:
    with (folder / "try" / "failures.csv").open() as file:
        return list(csv.DictReader(file))


def test_failures_are_named_listed_and_tried_again_without_anything_else(
    server: SellingServer, tmp_path: Path
) -> None:
    go(server, tmp_path / "all")
    whole = sold(server)
    add1, add2 = (task.questions() for task in configured(server).loaded())
    server.sales.clear()
    break_some(server, add1[1].text, add1[4].text, add2[2].text)
    # The budget ends in the second task, before its failure: that strategy is not complete.
    broken, folder = go(server, tmp_path / "cut", budget={"calls": 200}), tmp_path / "cut"
    assert broken.stopped
    rows = listed(folder)
    assert [row["call"] for row in rows] == [call.call for call in broken.failed]
    assert {row["reason"] for row in rows} == {"server error"}
    assert {row["said"] for row in rows} == {"server error: 500: out of order"}
    # A call that was still being tried when the budget ended the run is given up earlier.
    assert {row["attempts"] for row in rows if row["task"] == "add1"} == {"6"}
    assert {row["model"] for row in rows} == {"m"}
    failed = {(row["task"], row["question"]) for row in rows}
    assert {("add1", add1[1].id), ("add1", add1[4].id)} <= failed
    assert failed <= {("add1", add1[1].id), ("add1", add1[4].id), ("add2", add2[2].id)}
    assert {row["strategy"] for row in rows} <= set(STRATEGIES)
    assert f"{len(rows)} x server error" in derived(folder)[1].partition("|")[0]
    assert json.loads((folder / "try" / "run.json").read_text())["failed_calls"] == {"server error": len(rows)}

    kept, calls = sold(server), len(server.calls)
    still = go(server, folder, retry_failed=True)
    assert sold(server) == kept, "what fails again is all that is asked for"
    assert {(call.task, call.question) for call in still.failed} == failed

    server.always = None
    mended = go(server, folder, retry_failed=True)
    assert not mended.failed
    assert not (folder / "try" / "failures.csv").exists()
    assert "run without --retry-failed to go on" in str(mended.stopped)
    assert kept < sold(server) < whole
    texts = [question.text for question in (*add1, *add2) if question.id in {key[1] for key in failed}]
    for call in server.calls[calls:]:
        assert any(text in str(call.body["messages"]) for text in texts)

    finished = go(server, folder)
    assert not finished.stopped
    assert sold(server) == whole
    assert derived(folder) == derived(tmp_path / "all")


def test_a_plain_rerun_tries_failures_again_too(server: SellingServer, tmp_path: Path) -> None:
    (question, *_), _ = (task.questions() for task in configured(server).loaded())
    break_some(server, question.text)
    failed = go(server, tmp_path, strategies=STRATEGIES[:1])
    assert {row["questions"] for row in failed.rows if row["task"] == "add1"} == {6}, (
        "a short question is not dropped"
    )
    kept, server.always = sold(server), None
    mended = go(server, tmp_path, strategies=STRATEGIES[:1])
    assert sold(server) == kept + 21
    assert not mended.failed
    before = len(server.calls)
    go(server, tmp_path, strategies=STRATEGIES[:1], retry_failed=True)
    assert len(server.calls) == before, "where nothing failed, nothing is bought"


def test_without_a_run_before_nothing_can_be_retried(server: SellingServer, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no run ended here.*run without --retry-failed"):
        go(server, tmp_path, retry_failed=True)
    assert not server.calls
