"""Records do not depend on how many calls are in flight: one at a time or 64, in whatever order they come back."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import random
import sqlite3
from pathlib import Path

import pytest
from aiohttp import web
from model_server import Call, ModelServer, cut, status

from compound.core import Chat, Question
from compound.experiment import Experiment, run
from compound.models.session import Session, wait_for
from compound.models.settings import ModelSettings

QUESTIONS, DRAWS = 16, 20


def says(call: Call, i: int) -> str:
    """An answer that follows from the call and the place in it, as that of a server with a seed would."""
    digest = hashlib.sha256(f"{call.body} {i}".encode()).hexdigest()
    return f"{digest[:6]}. Answer: {int(digest[6], 16) % 4 + 8}"


def dawdle(seed: int):
    """Random delays, so that replies overtake each other."""
    rng = random.Random(seed)

    async def fault(request: web.Request, call: Call) -> None:
        await asyncio.sleep(rng.uniform(0, 0.01))

    return fault


def filed(store: Path) -> list[tuple[object, ...]]:
    """Every sample, without when and how fast it was bought, in the order of requests and draws."""
    query = (
        "SELECT hex(key), replicate, lane, k, text, tokens_in, tokens_out, usd, finish, batch, call "
        "FROM samples JOIN requests ON requests.id = request ORDER BY 1, 2, 3, 4"
    )
    with sqlite3.connect(store) as db:
        return db.execute(query).fetchall()


async def converse(store: Path, url: str, at_once: int) -> tuple[list[str], float]:
    """Twenty draws a question, then a second question about each of the first three; all texts in order."""
    async with Session(store, base_url=url, models={"m": ModelSettings(max_in_flight=at_once)}) as session:

        async def one(i: int) -> list[str]:
            lm = session.lm("m", Question(f"What is {i} + 1?", "number", str(i + 1)))
            first = await lm.sample(Chat.user(lm.question.text), n=DRAWS)
            about = (lm.fork(j).sample(Chat.user(f"Check: {s.text}"), n=2) for j, s in enumerate(first[:3]))
            checks = await asyncio.gather(*about)
            return [s.text for s in (*first, *(s for both in checks for s in both))]

        texts = await asyncio.gather(*(one(i) for i in range(QUESTIONS)))
        return [text for row in texts for text in row], session.budget.spent.tokens


@pytest.mark.parametrize("faulty", [False, True])
def test_one_at_a_time_or_64_leave_the_same_records(server: ModelServer, tmp_path: Path, faulty: bool) -> None:
    server.says = says
    found, stores = [], []
    for at_once in (1, 64):
        server.always = dawdle(at_once)
        server.most_busy = 0
        server.faults = [status(429), status(500), cut(server)] * 10 if faulty and at_once > 1 else []
        stores.append(tmp_path / f"{at_once}.db")
        found.append(wait_for(converse(stores[-1], server.url, at_once)))
        assert (server.most_busy == 1) == (at_once == 1)
    assert found[0] == found[1]
    assert filed(stores[0]) == filed(stores[1])
    assert len(filed(stores[0])) == QUESTIONS * (DRAWS + 6)


def curves(folder: Path) -> list[dict[str, str]]:
    """The rows of curves.csv, without the measured delay."""
    with (folder / "in_flight" / "curves.csv").open() as file:
        return [{name: said for name, said in row.items() if name != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["vote(cot, n=12)", "debate(cot, agents=3, rounds=2)", "universal(cot, n=6)"])
def test_an_experiment_ends_with_the_same_figures(server: ModelServer, tmp_path: Path, strategy: str) -> None:
    server.says = says
    found = []
    for at_once in (1, 64):
        server.always = dawdle(at_once)
        experiment = Experiment.model_validate(
            {
                "name": "in_flight", "model": "m", "base_url": server.url, "strategies": [strategy],
                "tasks": [{"name": "add1", "questions": 20}], "models": {"m": {"max_in_flight": at_once}},
            }
        )  # fmt: skip
        folder = tmp_path / str(at_once)
        wait_for(run(experiment, results=folder))
        found.append((curves(folder), filed(folder / "samples.db")))
    assert found[0] == found[1]
    assert len({row["accuracy"] for row in found[0][0]}) > 1
