"""Ctrl-C during `compound run`: once to finish what is in flight, twice to stop now. The store stays whole."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from model_server import Call, ModelServer

from compound.core import BudgetExhaustedError, Chat, Question, Sample
from compound.models.halting import HALT, Halt, HaltedError
from compound.models.session import Session, wait_for
from compound.models.settings import ModelSettings

CONFIG = """
name: interrupted
model: m
strategies: ["vote(cot, n=4)"]
tasks: [{name: add1, questions: 60}]
greedy: false
models: {m: {max_in_flight: 6}}
"""


def ask(
    server: ModelServer, halt: Halt, questions: int = 30, settings: ModelSettings | None = None
) -> list[object]:
    """What came of so many questions at once, and how many samples are in the store."""

    async def go() -> list[object]:
        async with Session(base_url=server.url, models={"m": settings or ModelSettings()}) as session:
            lms = [session.lm("m", Question("q")) for _ in range(questions)]
            asked = (lm.sample(Chat.user(f"question {i}")) for i, lm in enumerate(lms))
            got = await asyncio.gather(*asked, return_exceptions=True)
            assert session.store.count() == sum(isinstance(one, Sample) for one in got)
            assert not session.store.failures()
            return got

    token = HALT.set(halt)
    try:
        return wait_for(asyncio.wait_for(go(), 20))
    finally:
        HALT.reset(token)


def halting(halt: Halt, after: int, seconds: float):
    """Let the halt be requested by the so-manieth call, which takes so long."""
    seen = 0

    async def fault(request: web.Request, call: Call) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            halt.request()
        await asyncio.sleep(seconds)

    return fault


def test_after_a_halt_what_is_in_flight_is_finished_and_nothing_else_is_opened(server: ModelServer) -> None:
    halt = Halt()
    server.always = halting(halt, 4, 0.2)
    got = ask(server, halt, settings=ModelSettings(max_in_flight=4))
    bought = [one for one in got if isinstance(one, Sample)]
    assert len(bought) == len(server.calls) == sum(server.sold.values()) == 4
    assert {type(one) for one in got} == {Sample, HaltedError}
    assert issubclass(HaltedError, BudgetExhaustedError)


@pytest.mark.parametrize("settings", [ModelSettings(rpm=1), ModelSettings(max_in_flight=1)])
def test_whoever_waits_for_a_limit_is_let_go_by_a_halt(server: ModelServer, settings: ModelSettings) -> None:
    halt = Halt()
    server.always = halting(halt, 1, 0.1)
    got = ask(server, halt, settings=settings)
    assert sum(isinstance(one, Sample) for one in got) == len(server.calls) == 1


def test_whoever_would_try_again_after_a_halt_does_not(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compound.models.sending.LONGEST_WAIT", 60.0)
    halt = Halt()

    async def fails(request: web.Request, call: Call) -> web.StreamResponse:
        if len(server.calls) == 3:
            halt.request()  # two wait for their second attempt, the third is told that it failed
        return web.json_response({}, status=429, headers={"Retry-After": "50"})

    server.always = fails
    got = ask(server, halt, 3)
    assert {type(one) for one in got} == {HaltedError}
    assert len(server.calls) == 3


def test_a_halt_before_the_first_call_opens_none(server: ModelServer) -> None:
    halt = Halt()
    halt.request()
    assert {type(one) for one in ask(server, halt)} == {HaltedError}
    assert not server.calls


def start(folder: Path, server: ModelServer) -> subprocess.Popen[str]:
    (folder / "config.yaml").write_text(CONFIG)
    command = [
        sys.executable, "-c", "from compound.cli import main; main()",
        "run", "config.yaml", "--base-url", server.url, "--results", "results",
    ]  # fmt: skip
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True)


def wait_until(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    while not condition():
        assert process.poll() is None
        time.sleep(0.01)


def filed(folder: Path) -> int:
    with sqlite3.connect(folder / "results" / "samples.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return db.execute("SELECT count(*) FROM samples").fetchone()[0]


@pytest.mark.slow
def test_one_ctrl_c_finishes_what_is_in_flight_and_a_rerun_buys_the_rest(
    server: ModelServer, tmp_path: Path
) -> None:
    server.delay = 0.5
    process = start(tmp_path, server)
    wait_until(process, lambda: sum(server.sold.values()) >= 48)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Ctrl-C again stops at once" in out
    assert "Stopped early: interrupted. What was drawn is kept." in out
    assert "To go on: " in out
    bought = sum(server.sold.values())
    assert filed(tmp_path) == bought == 4 * len(server.calls) < 240
    assert (tmp_path / "results" / "interrupted" / "summary.md").read_text().count("interrupted")
    server.delay = 0.0
    again = start(tmp_path, server)
    out, errors = again.communicate(timeout=60)
    assert again.returncode == 0, errors
    assert filed(tmp_path) == sum(server.sold.values()) == 240


@pytest.mark.slow
def test_two_ctrl_c_stop_at_once(server: ModelServer, tmp_path: Path) -> None:
    process = start(tmp_path, server)
    wait_until(process, lambda: sum(server.sold.values()) >= 24)
    server.delay = 30.0
    kept = sum(server.sold.values())
    wait_until(process, lambda: server.busy >= 1 and sum(server.sold.values()) == kept)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None  # it waits for what is in flight
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=15)
    assert process.returncode == 130
    assert "run the same command to go on" in errors
    assert filed(tmp_path) == sum(server.sold.values()) < 240


def test_a_halt_in_the_same_turn_as_a_question_refuses_it(server: ModelServer) -> None:
    """Whichever of the two the loop comes to first: nobody waits for ever."""

    async def go() -> object:
        async with Session(base_url=server.url) as session:
            client, lm = session.client("m"), session.lm("m", Question("q"))
            await client.opened()
            asyncio.get_running_loop().call_soon(client.halt)
            return await asyncio.gather(lm.sample(Chat.user("a")), return_exceptions=True)

    (got,) = wait_for(asyncio.wait_for(go(), 10))  # type: ignore[misc]
    assert isinstance(got, HaltedError | Sample)
