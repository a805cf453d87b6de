"""A store that another program holds, and a store that several make at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from compound.core import Chat, Draw, Question, Request, Sample, StoreError
from compound.models.session import Session, wait_for
from compound.store import SampleStore, trouble

REQUEST = Request("m", "", Chat.user("What?"), ())
_HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
db.execute("ROLLBACK")
print("free", flush=True)
"""
_MAKER = """
import sys
from compound.store import SampleStore
print("ready", flush=True)
for line in sys.stdin:
    try:
        SampleStore(line.strip()).close()
        print("made", flush=True)
    except Exception as error:
        print(error, flush=True)
"""


def block(start: int, size: int = 4) -> list[tuple[Draw, Sample]]:
    return [(Draw(REQUEST, 0, (i,), 0), Sample(f"{i}")) for i in range(start, start + size)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with four samples."""
    with SampleStore(tmp_path / "s.db") as store:
        store.write(block(0))
    return tmp_path / "s.db"


@pytest.fixture
def hold(path: Path) -> Iterator[Callable[[], Callable[[], None]]]:
    """Let another process take the store; what this returns makes it let go."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        stdin, stdout = holder.stdin, holder.stdout
        assert stdout.readline() == "held\n"

        def let_go() -> None:
            stdin.close()
            assert stdout.readline() == "free\n"

        yield let_go
        holder.kill()


def test_a_store_that_is_held_for_a_while_is_waited_for(path: Path, request: pytest.FixtureRequest) -> None:
    store = SampleStore(path)
    let_go = request.getfixturevalue("hold")
    threading.Timer(1.0, let_go).start()
    store.write(block(4))
    store.check()
    assert store.count() == 8
    store.close()


def test_a_store_that_is_held_for_ever_cannot_be_opened(
    path: Path, hold: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trouble, "PATIENCE", 0.1)
    with pytest.raises(StoreError, match=r"s\.db: another program has held the store for 0\.1 s.*close it"):
        SampleStore(path)


async def _asked(store: SampleStore) -> int:
    """Ask 400 times; the calls that were in fact bought before the store refused."""
    async with Session(store) as session:
        with pytest.raises(StoreError, match="another program h"):
            for i in range(100):
                question = Question(f"What is {i} + 1?", "number", str(i + 1))
                await session.lm("sim/beta(2,2)", question).sample(Chat.user(question.text), n=4)
        return session.budget.spent.calls


@pytest.mark.parametrize("released", [True, False])
def test_a_store_that_is_held_for_ever_stops_the_run_and_files_the_rest_at_the_end(
    path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, released: bool
) -> None:
    monkeypatch.setattr(trouble, "PATIENCE", 0.1)
    store = SampleStore(path)
    let_go = request.getfixturevalue("hold")
    bought = wait_for(_asked(store))
    assert 0 < bought < 400
    with pytest.raises(StoreError, match="another program holds the store: close it and run again"):
        store.check()
    if released:
        let_go()
        store.close()
    else:
        with pytest.raises(StoreError, match=rf"another program.*{bought} samples that were bought could not be"):
            store.close()
        let_go()
    with SampleStore(path) as again:
        assert again.count() == 4 + (bought if released else 0)


@pytest.mark.slow
def test_processes_that_make_one_store_at_once_all_get_it(tmp_path: Path) -> None:
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", _MAKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        for _ in range(4)
    ]
    try:
        assert [maker.stdout.readline() for maker in makers if maker.stdout] == ["ready\n"] * 4
        for number in range(60):
            for maker in makers:
                assert maker.stdin is not None
                maker.stdin.write(f"{tmp_path / str(number)}.db\n")
            assert [maker.stdout.readline() for maker in makers if maker.stdout] == ["made\n"] * 4
    finally:
        for maker in makers:
            maker.communicate()


def test_failures_are_told_in_the_order_in_which_they_happened_whatever_the_clock_says(tmp_path: Path) -> None:
    with SampleStore(tmp_path / "s.db") as store:
        for number, at in enumerate((7200.0, 3600.0, 10800.0)):
            store.fail([block(0)[0][0]], f"number {number}", at)
        assert [reason for _, reason in store.failures()] == ["number 0", "number 1", "number 2"]
