"""A key goes to the server of the model: not to child processes, nor with an address into files or tracebacks."""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path

import pytest
from aiohttp import web
from model_server import Call, ModelServer

from compound.answers.math.worker import Worker
from compound.core import Chat, CompoundError, Question, UserError
from compound.experiment import load, run
from compound.models.session import Session, wait_for
from compound.sandbox import Sandbox

KEY = "sk-DISTINCTIVE-0123456789abcdef"
MARK = "DISTINCTIVE"
QUESTION = Question("What is 3 + 4?", "number", "7")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD"):
        monkeypatch.setenv(name, KEY)


def children() -> dict[int, str]:
    """The environment of every process that this one started and that is still there."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found[child] = Path(f"/proc/{child}/environ").read_text()
    return found


@pytest.mark.usefixtures("sandboxed")
def test_a_program_in_the_sandbox_finds_no_key() -> None:
    program = "import os; print(sorted(os.environ.values())); print('here')"
    for sandbox in (Sandbox(), Sandbox(unsafe=True)):
        said = asyncio.run(sandbox.run(program))
        assert "here" in said.stdout
        assert MARK not in said.stdout


def test_the_process_that_compares_formulas_has_no_key() -> None:
    before = children()
    assert Worker(5, 1024).equal(r"\frac{1}{2}", r"\frac{2}{4}")
    started = {number: environment for number, environment in children().items() if number not in before}
    assert len(started) == 1
    assert not [number for number, environment in started.items() if MARK in environment]


@pytest.mark.slow
@pytest.mark.model
def test_the_process_that_holds_a_local_model_has_no_key() -> None:
    before = children()

    async def ask() -> dict[int, str]:
        async with Session() as session:
            await session.lm("local/smollm2-135m", QUESTION).sample(Chat.user("Hello"), max_tokens=1)
            return children()

    started = {number: environment for number, environment in wait_for(ask()).items() if number not in before}
    assert len(started) == 1
    assert not [number for number, environment in started.items() if MARK in environment]
    assert all("PATH=" in environment for environment in started.values())


async def _garbage(request: web.Request, call: Call) -> web.StreamResponse:
    """Something that is no HTTP, with the key in it."""
    assert request.transport is not None
    request.transport.write(f"{call.headers['Authorization']}\r\n\r\n".encode())
    request.transport.close()
    raise web.HTTPServiceUnavailable


def test_a_traceback_does_not_repeat_a_reply_that_is_no_http(server: ModelServer, tmp_path: Path) -> None:
    server.always = _garbage

    async def ask() -> None:
        async with Session(tmp_path / "s.db", base_url=server.url) as session:
            await session.lm("m", QUESTION).sample(Chat.user("hello"))

    with pytest.raises(CompoundError, match="connection lost") as raised:
        wait_for(ask())
    assert MARK not in "".join(traceback.format_exception(raised.value))
    assert MARK.encode() not in (tmp_path / "s.db").read_bytes()


@pytest.mark.parametrize(
    "address",
    [f"http://me:{KEY}@127.0.0.1:9/v1", f"http://127.0.0.1:9/v1?api_key={KEY}", f"http://127.0.0.1:9/#{KEY}"],
)
@pytest.mark.parametrize("model", ["openai/m", "sim/beta(2,2)"])
def test_an_address_with_a_key_in_it_is_refused_whatever_the_model(
    tmp_path: Path, address: str, model: str
) -> None:
    config = tmp_path / "try.yaml"
    config.write_text(f'name: try\nmodel: "{model}"\nstrategies: [cot]\ntasks: [add2]\nquestions: 1\n')
    with pytest.raises(UserError, match="no credentials") as raised:
        wait_for(run(load(config, sets=[f"base_url={address}"]), results=tmp_path / "results"))
    assert MARK not in "".join(traceback.format_exception(raised.value))
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in left if MARK.encode() in path.read_bytes()]
