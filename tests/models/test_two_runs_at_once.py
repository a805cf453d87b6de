"""Two runs at once on a real server: of one experiment the second is refused, two experiments share a store."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import sqlite3
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from model_server import Call, ModelServer

CONFIG = """
name: {name}
model: m
base_url: {url}
strategies: ["vote(cot, n=16)"]
tasks: [add1]
questions: 30
"""
DRAWS = 30 * 17
PROGRAM = """
import sys
from pathlib import Path
from compound.core import UserError
from compound.experiment import load, run
from compound.models.session import wait_for
folder = Path(sys.argv[1])
try:
    wait_for(run(load(folder / sys.argv[2]), results=folder / "results"))
except UserError as error:
    sys.exit(f"error: {error}")
"""


class Fickle(ModelServer):
    """Every completion has another answer than the one before."""

    _answers = count()

    def reply(self, call: Call, n: int | None = None) -> dict[str, Any]:
        """A right answer, as the protocol has it."""
        said = super().reply(call, n)
        for choice in said["choices"]:
            choice["message"]["content"] = f"Answer: {next(self._answers) % 7}"
        return said


def start(folder: Path, name: str, server: ModelServer) -> subprocess.Popen[str]:
    (folder / f"{name}.yaml").write_text(CONFIG.format(name=name, url=server.url))
    command = [sys.executable, "-c", PROGRAM, str(folder), f"{name}.yaml"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def filed(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "results" / "samples.db")) as db:
        return int(db.execute("SELECT COUNT(*) FROM samples").fetchone()[0])


@pytest.mark.slow
def test_of_one_experiment_the_second_run_is_refused_and_the_first_ends_well(tmp_path: Path) -> None:
    over = threading.Event()

    async def wait(request: web.Request, call: Call) -> None:
        while not over.is_set():  # noqa: ASYNC110 - set in another thread
            await asyncio.sleep(0.01)

    with Fickle() as server:
        server.always = wait
        first = start(tmp_path, "one", server)
        assert server.asked.wait(60)
        second = start(tmp_path, "one", server)
        said = second.communicate(timeout=60)[1]  # the first one waits
        over.set()
        assert second.returncode == 1
        assert f"(process {first.pid})" in said
        assert first.wait() == 0
        assert sum(server.sold.values()) == filed(tmp_path) == DRAWS
        again = start(tmp_path, "one", server)
        assert again.wait() == 0
        assert sum(server.sold.values()) == DRAWS


@pytest.mark.slow
def test_two_experiments_on_one_store_agree_on_every_sample(tmp_path: Path) -> None:
    """Both may pay for a draw that they ask for at the same moment: one of the two samples is kept, for both."""
    with Fickle() as server:
        server.delay = 0.1
        both = [start(tmp_path, name, server) for name in ("one", "other")]
        assert [process.wait() for process in both] == [0, 0]
        assert filed(tmp_path) == DRAWS
        sold = sum(server.sold.values())
        assert DRAWS <= sold <= 2 * DRAWS
        one, other = (
            list(csv.DictReader((tmp_path / "results" / name / "curves.csv").open())) for name in ("one", "other")
        )
        assert one == other
        for name in ("one", "other"):
            assert start(tmp_path, name, server).wait() == 0
        assert sum(server.sold.values()) == sold
