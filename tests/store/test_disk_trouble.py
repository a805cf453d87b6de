"""A disk that is full or cannot be written, on a real small file system."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compound.core import Chat, Draw, Question, Request, Sample, StoreError
from compound.models.session import Session, wait_for
from compound.store import SampleStore

REQUEST = Request("m", "", Chat.user("What?"), ())


def block(start: int, size: int = 16) -> list[tuple[Draw, Sample]]:
    return [(Draw(REQUEST, 0, (i,), 0), Sample("x" * 4000)) for i in range(start, start + size)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no mount is allowed here")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """Somebody else's file that takes all the room but some."""
    path = disk / "filler"
    free = os.statvfs(disk)
    with path.open("wb") as file:
        for _ in range(max(0, free.f_bavail * free.f_frsize - leave) // 4096):
            file.write(b"\1" * 4096)
    return path


def enlarge(disk: Path) -> None:
    """Give it 40 MB."""
    subprocess.run(["mount", "-o", "remount,size=40m", str(disk)], check=True)


def test_what_is_in_flight_is_kept_then_one_clear_refusal(disk: Path) -> None:
    store, kept = SampleStore(disk / "s.db"), 0
    store.write(block(0))
    fill(disk, leave=64 << 10)
    while not store.full:
        kept += 16
        store.write(block(kept))
    for _ in range(20):  # calls that were in flight when the disk got full
        kept += 16
        store.write(block(kept))
    with pytest.raises(StoreError, match=r"s\.db: the disk is full; every completed call was kept"):
        store.check()
    assert store.count() == kept + 16
    store.close()
    (disk / "filler").unlink()
    with SampleStore(disk / "s.db") as again:
        again.check()
        assert again.count() == kept + 16
        again.write(block(kept + 16))


def test_a_session_on_a_full_disk_loses_no_sample_and_buys_no_more(disk: Path) -> None:
    async def ask() -> int:
        async with Session(disk / "s.db") as session:
            fill(disk, leave=256 << 10)
            with pytest.raises(StoreError, match="the disk is full"):
                for i in range(10_000):
                    question = Question(f"What is {i} + 1? " + "x" * 20_000, "number", str(i + 1))
                    await session.lm("sim/beta(2,2)", question).sample(Chat.user(question.text), n=4)
            assert session.budget.spent.calls == session.store.count()
            return session.store.count()

    kept = wait_for(ask())
    assert kept > 0
    enlarge(disk)
    with SampleStore(disk / "s.db") as again:
        assert again.count() == kept


def test_a_failure_on_a_full_disk_is_recorded(disk: Path) -> None:
    with SampleStore(disk / "s.db") as store:
        store.write(block(0, 1))
        fill(disk)
        for i in range(2000):
            store.fail([draw for draw, _ in block(0, 4)], "timeout " * 100, float(i))
            if store.full:
                break
        assert store.full
        assert len(store.failures()) == 4 * (i + 1)


def used_up(disk: Path) -> tuple[SampleStore, int]:
    """A store whose last block fitted neither on the disk nor in the reserve, and the samples before it."""
    store, kept = SampleStore(disk / "s.db"), 0
    fill(disk)
    with pytest.raises(StoreError, match="the disk is full"):
        while kept < 100_000:
            store.write(block(kept))
            kept += 16
    assert store.full
    assert store.count() == kept > 100
    return store, kept


def test_when_the_reserve_is_used_up_too_closing_says_what_is_lost(disk: Path) -> None:
    store, kept = used_up(disk)
    with pytest.raises(StoreError) as refused:
        store.check()
    assert "every completed call was kept" not in str(refused.value)
    with pytest.raises(StoreError, match=r"the disk is full.*16 samples that were bought could not be filed"):
        store.close()
    enlarge(disk)
    with SampleStore(disk / "s.db") as again:
        assert again.count() == kept


def test_when_the_reserve_is_used_up_too_the_rest_is_filed_at_the_end_if_it_fits_then(
    disk: Path,
) -> None:
    store, kept = used_up(disk)
    enlarge(disk)
    store.close()
    with SampleStore(disk / "s.db") as again:
        assert again.count() == kept + 16
        assert len(again.read([draw for draw, _ in block(kept)])) == 16


def test_a_store_on_a_disk_that_is_full_from_the_start_is_refused_and_takes_nothing(disk: Path) -> None:
    fill(disk, leave=1 << 20)
    free = os.statvfs(disk).f_bavail
    with pytest.raises(StoreError, match=r"s\.db: the disk is full"):
        SampleStore(disk / "s.db")
    assert free - os.statvfs(disk).f_bavail < 100


def test_each_process_has_a_reserve_of_its_own_that_goes_with_it(disk: Path) -> None:
    first = SampleStore(disk / "s.db")
    first.close()
    with SampleStore(disk / "s.db") as store:
        assert {path.name for path in disk.iterdir()} <= {"s.db", "s.db-wal", "s.db-shm"}
        fill(disk)
        store.write(block(0))
        for start in range(16, 800, 16):
            store.write(block(start))
        assert store.full
        assert store.count() == 800


_LIMITED = """
import resource, sys
from pathlib import Path
from compound.core import Chat, Draw, Request, Sample, StoreError
from compound.store import SampleStore

request = Request("m", "", Chat.user("What?"), ())
store, kept = SampleStore(sys.argv[1]), 0
try:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    while kept < 100_000:
        store.write([(Draw(request, 0, (i,), 0), Sample("x" * 4000)) for i in range(kept, kept + 16)])
        kept += 16
except StoreError as error:
    print(kept, error)
for again in (store.check, store.close):
    try:
        again()
    except StoreError as error:
        print(error)
"""


def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path: Path) -> None:
    """As a quota is; the limit needs no root."""
    path = tmp_path / "s.db"
    done = subprocess.run([sys.executable, "-c", _LIMITED, str(path)], capture_output=True, text=True, check=True)
    refused, checked, closed = done.stdout.splitlines()
    kept = int(refused.partition(" ")[0])
    assert all(f"{path}: the disk is full" in line for line in (refused, checked, closed))
    assert "16 samples that were bought could not be filed" in closed
    with SampleStore(path) as store:
        assert store.count() == kept > 0


def test_a_read_only_disk_is_an_error_that_names_the_file(disk: Path) -> None:
    with SampleStore(disk / "old.db") as store:
        store.write(block(0))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    for name in ("old.db", "new.db"):
        with pytest.raises(StoreError, match=rf"{name}.*--store"):
            SampleStore(disk / name)
