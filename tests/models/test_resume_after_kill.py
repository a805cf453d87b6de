"""A process that is killed while it buys loses nothing that it had paid for and filed."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from model_server import ModelServer

QUESTIONS, DRAWS, BATCH = 60, 24, 16

_BUYER = f"""
import asyncio, sys
from compound.core import Chat, Question
from compound.models.session import Session, wait_for

async def ask(store, url, model):
    async with Session(store, base_url=url or None) as session:
        async def one(i):
            question = Question(f"What is {{i}} + 1?", "number", str(i + 1))
            await session.lm(model, question).sample(Chat.user(question.text), n={DRAWS})
        await asyncio.gather(*(one(i) for i in range({QUESTIONS})))

wait_for(ask(*sys.argv[1:]))
"""


def buy(store: Path, url: str, model: str = "m") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _BUYER, str(store), url, model], stderr=subprocess.DEVNULL)


def filed(store: Path) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Every sample by its draw, without when and how fast it was bought."""
    if not store.exists():
        return {}
    with sqlite3.connect(store) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'samples'").fetchone():
            return {}
        query = (
            "SELECT hex(key), replicate, lane, k, text, tokens_in, tokens_out, finish, batch, call "
            "FROM samples JOIN requests ON requests.id = request"
        )
        return {row[:4]: row[4:] for row in db.execute(query)}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_nothing_filed_is_lost_or_bought_again_after_repeated_kills(
    server: ModelServer, tmp_path: Path, seed: int
) -> None:
    server.delay = 0.05
    rng, store, kills = random.Random(seed), tmp_path / "s.db", 0
    before: dict[tuple[object, ...], tuple[object, ...]] = {}
    lost = 0
    for _ in range(8):
        sold = sum(server.sold.values())
        process = buy(store, server.url)
        target = sold + rng.randint(1, QUESTIONS * DRAWS // 4)
        while process.poll() is None and sum(server.sold.values()) < target:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        time.sleep(0.2)  # calls that the dead process had in flight are still answered
        now = filed(store)
        assert before.items() <= now.items()
        # What was sold and is not filed was in flight at the kill: at most as many calls as the limit allows.
        lost = sum(server.sold.values()) - len(now)
        assert lost <= kills * 100 * BATCH
        before = now
    owed = QUESTIONS * DRAWS - len(before)
    sold = sum(server.sold.values())
    assert buy(store, server.url).wait() == 0
    assert kills >= 2
    assert sum(server.sold.values()) - sold == owed  # exactly what is missing is bought
    final = filed(store)
    assert before.items() <= final.items()
    assert len(final) == QUESTIONS * DRAWS
    undisturbed = tmp_path / "undisturbed.db"
    assert buy(undisturbed, server.url).wait() == 0
    assert final.keys() == filed(undisturbed).keys()
    texts = [row[0] for row in final.values()]
    assert len(set(texts)) == len(texts)  # no completion is filed twice


@pytest.mark.slow
def test_a_killed_simulation_ends_bit_for_bit_like_an_undisturbed_one(tmp_path: Path) -> None:
    model, rng, store, kills = "sim/beta(2,2)?rho=0.2&price=1/2", random.Random(7), tmp_path / "s.db", 0
    for _ in range(6):
        process = buy(store, "", model)
        target = rng.randint(1, QUESTIONS * DRAWS // 2)
        while process.poll() is None:
            try:
                if len(filed(store)) >= target:
                    break
            except sqlite3.OperationalError:
                pass  # the tables are being made
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    assert kills
    assert buy(store, "", model).wait() == 0
    assert buy(tmp_path / "undisturbed.db", "", model).wait() == 0
    assert filed(store) == filed(tmp_path / "undisturbed.db")
    assert len(filed(store)) == QUESTIONS * DRAWS


@pytest.mark.slow
def test_two_processes_on_one_store_end_with_one_sample_a_draw(server: ModelServer, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    both = [buy(store, server.url), buy(store, server.url)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(filed(store)) == QUESTIONS * DRAWS
    sold = sum(server.sold.values())
    assert buy(store, server.url).wait() == 0
    assert sum(server.sold.values()) == sold


@pytest.mark.slow
def test_an_interrupted_process_files_what_it_had_sent_and_sends_no_more(
    server: ModelServer, tmp_path: Path
) -> None:
    server.delay = 0.3
    process = buy(tmp_path / "s.db", server.url)
    while not server.calls:
        time.sleep(0.01)
    time.sleep(0.4)
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert 0 < sum(server.sold.values()) < QUESTIONS * DRAWS
    assert len(filed(tmp_path / "s.db")) == sum(server.sold.values())
