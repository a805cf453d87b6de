"""`kill -9` at fifty seeded moments of a run on a real server, each followed by a resume.

The results are in the end those of a run that nobody disturbed, and the server has sold nothing twice but what was
in flight at a kill. Times are left out of the comparison: every call takes its own.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from selling_server import SellingServer, asked_in, what

CONFIG = """
name: try
model: openai/gpt-4o-mini
strategies: ["vote(cot, n=24)", "debate(cot, agents=3, rounds=2)"]
tasks: [add1, add2, add21]
questions: 20
screen: {questions: 3, samples: 8, low: 0, high: 1}
"""
# Kills itself before the given number of files is in its place; 0: never.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from compound.experiment import load, run
from compound.models.session import wait_for

folder, left, place = Path(sys.argv[1]), int(sys.argv[2]), Path.replace

def placed(path, target):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return place(path, target)

Path.replace = placed
wait_for(run(load(folder / "try.yaml"), results=folder / "results"))
"""
FILES = 10  # that a run puts in their places, at the least
LATE = 1.0  # seconds in which a process on a busy machine reads a reply and files it; 0.05 where it is idle


@pytest.fixture
def server() -> Iterator[SellingServer]:
    with SellingServer() as running:
        running.delay = 0.05
        yield running


@dataclass
class Chain:
    """One run in one folder, killed and resumed until it is complete.

    Attributes:
        total: draws of each request of the whole run, once that is known.
        killed: when each kill came.
    """

    folder: Path
    server: SellingServer
    own_address: bool
    total: Counter[str] | None = None
    killed: list[float] = field(default_factory=list)

    @property
    def filed(self) -> dict[str, Counter[str]]:
        """How many draws of which request are filed, by the sale that they are from."""
        found: dict[str, Counter[str]] = {}
        store = self.folder / "results" / "samples.db"
        if not store.exists():
            return found
        query = (
            "SELECT fingerprint, body, parameters FROM samples JOIN requests ON requests.id = request "
            "JOIN prompts ON prompts.id = prompt"
        )
        with contextlib.closing(sqlite3.connect(store)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'samples'").fetchone():
                return found
            for fingerprint, chat, parameters in db.execute(query):
                asked = what(json.loads(chat), json.loads(parameters).get("temperature"))
                found.setdefault(fingerprint.rpartition("/")[2], Counter())[asked] += 1
        return found

    def start(self, renames: int = 0) -> subprocess.Popen[bytes]:
        self.folder.mkdir(exist_ok=True)
        url, environment = self.server.url, {**os.environ, "OPENAI_API_KEY": "sk-1234567890"}
        (self.folder / "try.yaml").write_text(CONFIG + (f"base_url: {url}\n" if self.own_address else ""))
        if not self.own_address:
            environment["OPENAI_BASE_URL"] = url
        return subprocess.Popen([sys.executable, "-c", PROGRAM, str(self.folder), str(renames)], env=environment)

    def go_on(self, rng: random.Random | None) -> bool:
        """Run until a random moment, or to the end; whether it was killed.

        A moment lies among the calls that are sent, and once all are filed among the files that are written. What
        is filed may not be asked for.
        """
        before = sum(self.filed.values(), Counter[str]())
        asked = len(self.server.calls)
        writing = rng is not None and rng.random() < (0.8 if before == self.total else 0.04)
        process = self.start(rng.randint(1, FILES) if rng and writing else 0)
        if rng and not writing:
            target, pause = asked + rng.randint(1, 70), rng.uniform(0, 0.1)
            while process.poll() is None and len(self.server.calls) < target:
                time.sleep(0.001)
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
        ended = process.wait()
        assert ended in (0, -signal.SIGKILL)
        if ended:
            self.killed.append(time.monotonic())
        time.sleep(4 * self.server.delay)  # what the dead process had in flight is still answered
        if self.total is not None:
            sent = Counter[str]()
            for call in self.server.calls[asked:]:
                sent[asked_in(call)] += call.n
            assert sent <= self.total - before, "what is filed was asked for again"
            assert ended or sent == self.total - before, "a draw that is owed was not asked for"
        return ended != 0

    def check_sales(self) -> int:
        """Make sure that what was sold and not filed was in flight at a kill; completions in it."""
        filed, lost = self.filed, 0
        for number, sale in self.server.sales.items():
            if number in filed:
                assert filed[number] == {sale.asked: sale.n}, "a call is filed whole"
                continue
            # It was on its way when a process died: sold after that, or just before.
            assert any(abs(sale.at - at) < LATE for at in self.killed)
            lost += sale.n
        assert filed.keys() <= self.server.sales.keys()
        return lost

    def results(self) -> dict[str, Any]:
        """Every file of the results but the times in it."""
        import pyarrow.parquet as pq

        place = self.folder / "results" / "try"
        found: dict[str, Any] = {str(p.relative_to(place)): None for p in place.rglob("*") if p.is_file()}
        found["experiment.yaml"] = (place / "experiment.yaml").read_text()
        found["summary.md"] = re.sub(r"[\d.]+ s\b", "… s", (place / "summary.md").read_text())
        with (place / "curves.csv").open() as file:
            found["curves.csv"] = [{**row, "seconds": bool(row["seconds"])} for row in csv.DictReader(file)]
        for path in (place / "answers").iterdir():
            found[f"answers/{path.name}"] = repr(pq.read_table(path).drop_columns("seconds").to_pydict())
        return found


def spend(kills: int, folder: Path, server: SellingServer, *, own_address: bool, seed: int) -> None:
    """Spend so many kills on one chain after another, and compare each with an undisturbed run."""
    rng = random.Random(seed)
    calm = Chain(folder / "calm", server, own_address)
    assert not calm.go_on(None)
    assert not calm.check_sales()
    expected, total = calm.results(), sum(calm.filed.values(), Counter[str]())
    assert total.total() > 2000
    while kills > 0:
        server.sales.clear()
        chain = Chain(folder / f"chain{kills}", server, own_address, total)
        while chain.go_on(rng if len(chain.killed) < kills else None):
            pass
        kills -= len(chain.killed)
        lost = chain.check_sales()
        assert sum(sale.n for sale in server.sales.values()) == total.total() + lost
        assert chain.results() == expected


@pytest.mark.slow
def test_35_kills_of_a_run_on_a_server_of_ones_own(server: SellingServer, tmp_path: Path) -> None:
    spend(35, tmp_path, server, own_address=True, seed=1)


@pytest.mark.slow
def test_15_kills_of_a_run_through_litellm(server: SellingServer, tmp_path: Path) -> None:
    spend(15, tmp_path, server, own_address=False, seed=2)
