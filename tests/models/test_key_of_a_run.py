"""Whole runs with a distinctive key that meet failures, bugs and crashes: the key is found nowhere afterwards.

Searched: every file that a run leaves (its home, its temporary folder, store, results, debug logs), what it prints,
tracebacks, the dump of a crash, the command line of every process, and the environment of its children.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from model_server import Call, Fault, ModelServer

KEY = "sk-DISTINCTIVE-0123456789abcdef"
MARK = "DISTINCTIVE"
CONFIG = """
name: try
model: openai/gpt-4o-mini
strategies: ["vote(cot, n=4)"]
tasks: [add2]
questions: 3
"""
# The command line with debug logs, and with a bug where a reply is read if that is asked for.
PROGRAM = """
import logging, sys

logging.basicConfig(level=logging.DEBUG, filename="debug.log")
if sys.argv.pop(1) == "bug":
    def bug(*_):
        raise RuntimeError("a bug")
    import compound.models.hosted, compound.models.server
    compound.models.hosted.read_reply = compound.models.server.read_reply = bug
from compound.cli import main
main()
"""


def echoed(code: int) -> Fault:
    """An error that repeats the key in its body and its headers."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        said = call.headers["Authorization"]
        body = {"error": {"message": f"Incorrect API key provided: {said}", "code": said, "type": said}}
        headers = {"Authorization": said, "x-request-id": said, "Retry-After": said}
        return web.json_response(body, status=code, headers=headers, reason=f"Wrong {said}")

    return fault


async def garbage(request: web.Request, call: Call) -> web.StreamResponse:
    """Something that is no HTTP, with the key in it."""
    assert request.transport is not None
    request.transport.write(f"{call.headers['Authorization']}\r\n\r\n".encode())
    request.transport.close()
    raise web.HTTPServiceUnavailable


async def redirected(request: web.Request, call: Call) -> web.StreamResponse:
    """To an address with the key in it."""
    return web.Response(status=307, headers={"Location": f"/v1/elsewhere?key={call.headers['Authorization']}"})


def start(folder: Path, server: ModelServer, *, own_address: bool, bug: bool = False) -> subprocess.Popen[str]:
    """A run in a folder that is its home, working and temporary folder too."""
    (folder / "tmp").mkdir(parents=True)
    (folder / "try.yaml").write_text(CONFIG + (f"base_url: {server.url}\n" if own_address else ""))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PYTHONFAULTHANDLER": "1",
        "LITELLM_LOG": "DEBUG",
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "OPENAI_API_KEY": KEY,
        **({} if own_address else {"OPENAI_BASE_URL": server.url}),
    }
    command = [sys.executable, "-c", PROGRAM, "bug" if bug else "", "run", "try.yaml", "--debug"]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=_with_dumps,
    )


def _with_dumps() -> None:
    """As on a machine that keeps the memory of what crashes."""
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def everything_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file by its name, and what compressed or paged ones hold."""
    import pyarrow.parquet as pq

    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            yield str(path), repr(pq.read_table(path).to_pydict())
        if path.suffix == ".db":
            with contextlib.closing(sqlite3.connect(path)) as db:
                yield str(path), "\n".join(db.iterdump())


def search(folder: Path, printed: str) -> None:
    """Make sure that the key is nowhere, and that there was something to search."""
    assert MARK not in printed
    found = dict(everything_in(folder))
    assert {"samples.db", "debug.log"} <= {Path(name).name for name in found}
    assert not [name for name, text in found.items() if MARK in text or MARK in name]


@pytest.mark.slow
@pytest.mark.parametrize("own_address", [True, False], ids=["own server", "litellm"])
def test_a_run_that_meets_failures_leaves_the_key_nowhere(
    server: ModelServer, tmp_path: Path, own_address: bool
) -> None:
    server.faults = [echoed(500), echoed(429), garbage, echoed(503)]
    done = start(tmp_path / "ends", server, own_address=own_address)
    printed = done.communicate()[0]
    assert done.returncode == 0, printed
    assert (tmp_path / "ends" / "results" / "try" / "summary.md").exists()
    assert all(call.headers["Authorization"] == f"Bearer {KEY}" for call in server.calls)
    search(tmp_path / "ends", printed)


@pytest.mark.slow
@pytest.mark.parametrize("own_address", [True, False], ids=["own server", "litellm"])
@pytest.mark.parametrize("fault", [echoed(401), echoed(400), redirected], ids=["401", "400", "redirect"])
def test_a_traceback_of_a_refused_run_has_no_key(
    server: ModelServer, tmp_path: Path, own_address: bool, fault: Fault
) -> None:
    server.always = fault
    done = start(tmp_path / "refused", server, own_address=own_address)
    search(tmp_path / "refused", done.communicate()[0])


@pytest.mark.slow
@pytest.mark.parametrize("own_address", [True, False], ids=["own server", "litellm"])
def test_a_traceback_of_a_bug_has_no_key(server: ModelServer, tmp_path: Path, own_address: bool) -> None:
    done = start(tmp_path / "bug", server, own_address=own_address, bug=True)
    printed = done.communicate()[0]
    assert "RuntimeError: a bug" in printed
    search(tmp_path / "bug", printed)


@pytest.mark.slow
@pytest.mark.parametrize("own_address", [True, False], ids=["own server", "litellm"])
def test_the_dump_of_a_crash_has_no_key_and_no_command_line_shows_it(
    server: ModelServer, tmp_path: Path, own_address: bool
) -> None:
    server.delay = 2.0
    done = start(tmp_path / "crash", server, own_address=own_address)
    assert server.asked.wait(60)
    time.sleep(0.2)
    for process in (done.pid, *descendants(done.pid)):
        assert MARK not in Path(f"/proc/{process}/cmdline").read_text()
    assert re.search(r"^Max core file size +0 ", Path(f"/proc/{done.pid}/limits").read_text(), re.MULTILINE)
    done.send_signal(signal.SIGABRT)
    printed = done.communicate()[0]
    assert "Fatal Python error: Aborted" in printed
    search(tmp_path / "crash", printed)


def descendants(parent: int) -> list[int]:
    """Every process that a process has started, directly or not."""
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *descendants(child)]
    return found
