"""Runs in trouble: two at once, a folder that cannot be written to, a full disk, a clock that jumps."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compound.core import Event, Notice, Progressed, Silent, StoreError
from compound.experiment import Run, load, run
from compound.experiment.lock import alone
from compound.models.session import wait_for

CONFIG = """
name: try
model: sim/0.6*beta(6,2)+0.4*beta(2,6)?abstain=0.1
strategies: ["vote(cot, n=8)"]
tasks: [add2]
questions: 12
"""
DERIVED = ("curves.csv", "summary.md", "experiment.yaml")
_HOLDER = """
import sys
from pathlib import Path
from compound.core import Silent
from compound.experiment.lock import alone
with alone(Path(sys.argv[1]), Silent()):
    print("mine", flush=True)
    sys.stdin.read()
"""


def go(folder: Path, **options: object) -> Run:
    (folder / "try.yaml").write_text(CONFIG)
    return wait_for(run(load(folder / "try.yaml"), **{"results": folder / "results", **options}))  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in DERIVED}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return files(go(tmp_path_factory.mktemp("undisturbed")).folder)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process whose run of the experiment is going on."""
    command = [sys.executable, "-c", _HOLDER, str(tmp_path / "results" / "try")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        yield process
        process.kill()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no mount is allowed here")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_second_run_at_once_is_refused_and_buys_nothing(
    tmp_path: Path, holder: subprocess.Popen[str], undisturbed: dict[str, str]
) -> None:
    with pytest.raises(StoreError, match=rf"another run.*\(process {holder.pid}\): wait for it.*--results"):
        go(tmp_path)
    assert not (tmp_path / "results" / "samples.db").exists()
    holder.communicate()
    assert files(go(tmp_path).folder) == undisturbed


def test_a_run_that_was_killed_holds_nothing_and_its_half_written_files_go(
    tmp_path: Path, holder: subprocess.Popen[str], undisturbed: dict[str, str]
) -> None:
    folder = tmp_path / "results" / "try"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    (folder / "answers").mkdir()
    for name in (".curves.csv.123", "answers/.add2.parquet.45", ".mine", "notes.123"):
        (folder / name).write_text("half")
    found = go(tmp_path)
    assert files(found.folder) == undisturbed
    left = {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".parquet"
    }
    assert left == {*DERIVED, "run.json", ".mine", "notes.123"}


def test_a_folder_is_kept_for_one_run_in_one_process_too_and_goes_if_it_stays_empty(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "try"
    for _ in range(2):
        with alone(folder, Silent()):
            with pytest.raises(StoreError, match=rf"process {os.getpid()}"), alone(folder, Silent()):
                pass
            with alone(tmp_path / "results" / "other", Silent()):
                pass
        assert not folder.exists()


def test_where_there_are_no_locks_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    class Heard:
        events: list[Event] = []  # noqa: RUF012

        def notify(self, event: Event) -> None:
            self.events.append(event)

    monkeypatch.setattr(fcntl, "flock", refuse)
    with alone(tmp_path / "try", Heard()):
        assert Heard.events == [
            Notice(f"{tmp_path / 'try'} cannot be locked here: do not run this experiment twice at once")
        ]


def test_a_file_where_the_folder_should_be_is_refused_before_anything_is_bought(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "try").write_text("mine")
    with pytest.raises(StoreError, match=r"cannot write to .*results/try.*--results"):
        go(tmp_path)
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["try"]


def test_a_read_only_folder_is_refused_before_anything_is_bought(tmp_path: Path, disk: Path) -> None:
    (disk / "try").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(StoreError, match=r"cannot write to .*disk/try: Read-only file system.*--results"):
        go(tmp_path, results=disk, store=tmp_path / "s.db")
    assert not (tmp_path / "s.db").exists()


class Filling:
    """Fills a disk at the first progress."""

    def __init__(self, disk: Path) -> None:
        self.file = disk / "filler"

    def notify(self, event: Event) -> None:
        if isinstance(event, Progressed) and not self.file.exists():
            room = os.statvfs(self.file.parent)
            self.file.write_bytes(b"\1" * room.f_bavail * room.f_frsize)


def test_a_disk_that_gets_full_loses_no_sample_and_leaves_no_half_file(
    tmp_path: Path, disk: Path, undisturbed: dict[str, str]
) -> None:
    filling = Filling(disk)
    with pytest.raises(StoreError, match=r"cannot write .*disk/try/.*No space left.*every completed call is"):
        go(tmp_path, results=disk, store=tmp_path / "s.db", observer=filling)
    assert not [path for path in (disk / "try").rglob("*") if path.is_file()]
    filling.file.unlink()
    found = go(tmp_path, results=disk, store=tmp_path / "s.db")
    assert found.facts["spent"]["completions"] == 0
    assert files(found.folder) == undisturbed


_JUMPING = """
import sys, time
from itertools import count
from pathlib import Path
from compound.experiment import load, run
from compound.models.session import wait_for

jumps, real = count(), time.time
time.time = lambda: real() + (next(jumps) % 3 - 1) * 3600
wait_for(run(load(Path(sys.argv[1]) / "try.yaml"), results=Path(sys.argv[1]) / "results"))
"""


@pytest.mark.slow
def test_a_clock_that_jumps_by_hours_changes_nothing(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    (tmp_path / "try.yaml").write_text(CONFIG + "budget: {minutes: 30}\n")
    subprocess.run([sys.executable, "-c", _JUMPING, str(tmp_path)], check=True)
    folder = tmp_path / "results" / "try"
    found, expected = files(folder), dict(undisturbed)
    assert found.pop("experiment.yaml") != expected.pop("experiment.yaml")  # the budget
    assert found == expected
    assert 0 < json.loads((folder / "run.json").read_text())["seconds"] < 1800
