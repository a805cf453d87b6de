"""The sample store: what goes in comes out, whole blocks or nothing, and the first sample of a draw stays."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.core import Chat, Confidence, Draw, Request, Sample, StoreError, Text
from compound.store import SampleStore

REQUEST = Request("m", "http://x", Chat.user("What?"), (("max_tokens", 8), ("stop", ("\n",))))


def draw(i: int = 0, request: Request = REQUEST, replicate: int = 0, k: int = 0) -> Draw:
    return Draw(request, replicate, (i,), k)


texts = st.text(st.characters(exclude_categories=()), max_size=20)  # surrogates and NUL too
numbers = st.none() | st.floats(0, 1e3)
confidences = st.builds(
    Confidence,
    tokens=st.integers(0, 1 << 20),
    alternatives=st.lists(
        st.lists(st.tuples(st.text(max_size=3), st.floats(-1e4, 0)), max_size=3).map(tuple), max_size=4
    ).map(tuple),
    mean=numbers,
    tail=numbers,
    bottom=numbers,
    least=numbers,
    top=st.integers(0, 20),
)
samples = st.builds(
    Sample,
    text=texts,
    reasoning=texts,
    tokens_in=st.integers(0, 1 << 40),
    tokens_out=st.integers(0, 1 << 40),
    tokens_reasoning=st.integers(0, 1 << 40),
    usd=st.none() | st.floats(0, 1e6),
    seconds=st.floats(0, 1e6),
    finish=st.sampled_from(["stop", "length", "refusal"]),
    logprob=st.none() | st.floats(-1e6, 0),
    confidence=st.none() | confidences,
    score=st.none() | st.floats(-1e6, 1e6),
    batch=st.integers(1, 64),
    call=st.text("0123456789abcdef"),
    fingerprint=texts,
    bought_at=st.floats(0, 1e10),
    estimated=st.booleans(),
)


@given(samples)
def test_every_field_survives(sample: Sample) -> None:
    with SampleStore() as store:
        (returned,) = store.write([(draw(), sample)])
        (read,) = store.read([draw()]).values()
    assert read == returned
    for field in fields(Sample):
        if field.name in {"text", "reasoning", "fingerprint"}:  # lone surrogates are replaced
            sent = getattr(sample, field.name).encode("utf-8", "replace").decode()
            assert getattr(read, field.name) == sent
        elif field.name != "draw":
            value = getattr(read, field.name)
            assert value == getattr(sample, field.name)
            assert type(value) is type(getattr(sample, field.name))
    assert read.draw == draw()


@given(st.text(st.characters(exclude_categories=())), texts)
def test_any_prompt_can_be_filed_under(prompt: str, model: str) -> None:
    one, other = Request("m", "", Text(prompt), ()), Request("m", "", Chat.user(prompt), (("stop", model),))
    with SampleStore() as store:
        store.write([(draw(request=one), Sample("one"))])
        store.write([(draw(request=other), Sample("other"))])
        found = store.read([draw(request=one), draw(request=other)])
    assert [sample.text for sample in found.values()] == ["one", "other"]


def test_tokens_without_a_character_of_their_own_can_be_filed() -> None:
    half = Confidence(1, ((("\ud83d", -0.5), ("a", -1.0)),), top=2)
    with SampleStore() as store:
        (returned,) = store.write([(draw(), Sample("x", confidence=half))])
        (read,) = store.read([draw()]).values()
    assert read == returned
    assert read.confidence == Confidence(1, ((("?", -0.5), ("a", -1.0)),), top=2)


def test_text_that_looks_like_a_number_stays_text() -> None:
    with SampleStore() as store:
        store.write([(draw(i), Sample(text)) for i, text in enumerate(["7", "1e5", "007", "nan", ""])])
        assert [s.text for s in store.read(map(draw, range(5))).values()] == ["7", "1e5", "007", "nan", ""]


def test_only_the_draws_that_were_asked_for_are_read() -> None:
    other = Request("m2", "", Text("What?"), ())
    every = [
        Draw(r, rep, lane, k) for r in (REQUEST, other) for rep in (0, 1) for lane in ((0,), (0, 1)) for k in (0, 1)
    ]
    with SampleStore() as store:
        store.write([(d, Sample(str(d.key))) for d in every])
        for one in every:
            assert {d: s.text for d, s in store.read([one]).items()} == {one: str(one.key)}
        assert {d: s.text for d, s in store.read(every).items()} == {d: str(d.key) for d in every}
        assert store.read([draw(9), Draw(Request("none", "", Text(""), ()), 0, (0,), 0)]) == {}
        assert store.read([]) == {}


def test_a_lane_is_not_mistaken_for_another() -> None:
    lanes = [(1, 1), (11,), (1,), (0, 11), (0, 1, 1)]
    with SampleStore() as store:
        store.write([(Draw(REQUEST, 0, lane, 0), Sample(str(lane))) for lane in lanes])
        assert store.count() == 5
        for lane in lanes:
            assert store.read([Draw(REQUEST, 0, lane, 0)])[Draw(REQUEST, 0, lane, 0)].text == str(lane)


def test_the_first_sample_of_a_draw_stays() -> None:
    with SampleStore() as store:
        store.write([(draw(1), Sample("first"))])
        filed = store.write([(draw(0), Sample("new")), (draw(1), Sample("second")), (draw(2), Sample("new too"))])
        assert [s.text for s in filed] == ["new", "first", "new too"]
        assert store.count() == 3


def test_the_first_sample_stays_even_in_a_block_that_brings_a_new_request() -> None:
    new = Request("m", "", Text("new"), ())
    with SampleStore() as store:
        store.write([(draw(1), Sample("first"))])
        filed = store.write([(draw(1), Sample("second")), (draw(0, new), Sample("new"))])
        assert [s.text for s in filed] == ["first", "new"]


def test_a_block_is_filed_whole_or_not_at_all() -> None:
    with SampleStore() as store:
        with pytest.raises(Exception, match="too large"):
            store.write([(draw(0), Sample("a")), (draw(1), Sample("b", tokens_in=1 << 70))])
        assert store.count() == 0
        store.write([(draw(0), Sample("a"))])  # and the store is still of use
        assert store.count() == 1


def test_a_request_rolled_back_is_made_again() -> None:
    with SampleStore() as store:
        with pytest.raises(OverflowError):
            store.write([(draw(0), Sample("a", tokens_in=1 << 70))])
        store.fail([draw(0)], "timeout", 1.0)
        assert store.failures() == [("m", "timeout")]
        store.write([(draw(0), Sample("a"))])
        assert store.read([draw(0)])[draw(0)].text == "a"


def test_a_prompt_is_stored_once(tmp_path: Path) -> None:
    path, long = tmp_path / "s.db", "x" * 100_000
    with SampleStore(path) as store:
        for i in range(20):
            request = Request(f"m{i}", "", Text(long), ())
            store.write([(draw(j, request), Sample("a")) for j in range(10)])
    assert path.stat().st_size < 300_000


def test_failures_are_kept_with_their_reason_and_are_no_samples(tmp_path: Path) -> None:
    with SampleStore(tmp_path / "s.db") as store:
        store.fail([draw(0), draw(1)], "timeout: no \ud800 answer", 2.0)
        store.fail([draw(0)], "rate limit", 1.0)
    with SampleStore(tmp_path / "s.db") as store:
        assert store.failures() == [*[("m", "timeout: no ? answer")] * 2, ("m", "rate limit")]
        assert store.count() == 0
        assert store.read([draw(0)]) == {}


def test_what_is_filed_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "s.db"
    with SampleStore(path) as store:
        written = store.write([(draw(i), Sample(str(i))) for i in range(5)])
    with SampleStore(path) as store:
        assert list(store.read(map(draw, range(5))).values()) == written
    assert [p.name for p in path.parent.iterdir()] == ["s.db"]  # nothing else is left behind


def test_what_is_filed_is_seen_by_another_store_at_once(tmp_path: Path) -> None:
    with SampleStore(tmp_path / "s.db") as one, SampleStore(tmp_path / "s.db") as other:
        one.write([(draw(0), Sample("one"))])
        assert other.read([draw(0)])[draw(0)].text == "one"
        assert [s.text for s in other.write([(draw(0), Sample("other"))])] == ["one"]


_WRITER = """
import sys
from compound.core import Chat, Draw, Request, Sample
from compound.store import SampleStore
request = Request("m", "", Chat.user("What?"), ())
sys.stdin.readline()
with SampleStore(sys.argv[1]) as store:
    for start in range(0, 200, 10):
        block = [(Draw(request, 0, (i,), 0), Sample(sys.argv[2])) for i in range(start, start + 10)]
        texts = {s.text for s in store.write(block)}
        print(start, *texts)
"""


def test_two_processes_that_write_the_same_draws_agree(tmp_path: Path) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path / "s.db"), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    said = []
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        said.append(process.communicate(timeout=60)[0])
        assert process.returncode == 0
    assert said[0] == said[1]
    with SampleStore(tmp_path / "s.db") as store:
        assert store.count() == 200


def test_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    SampleStore(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"s\.db was written by another version .*schema 99.*--store"):
        SampleStore(path)


@pytest.mark.parametrize("table", ["prompts", "something"])
def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path, table: str) -> None:
    path = tmp_path / "s.db"
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE {table} (x)")
    with pytest.raises(StoreError, match=r"s\.db is a database of something else.*--store"):
        SampleStore(path)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [(table,)]


@pytest.mark.parametrize("content", [b"not a database, but long enough to look like one" * 100, b"PK\x03\x04" * 50])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"s\.db is not a sample store.*--store"):
        SampleStore(path)
    assert path.read_bytes() == content


def test_a_damaged_store_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with SampleStore(path) as store:
        store.write([(draw(i), Sample("x" * 500)) for i in range(100)])
    raw = bytearray(path.read_bytes())
    raw[4096:] = os.urandom(len(raw) - 4096)
    path.write_bytes(raw)
    with pytest.raises(StoreError, match=r"s\.db"), SampleStore(path) as store:
        store.read(map(draw, range(100)))
        store.write([(draw(1000), Sample("x"))])


def test_a_folder_in_the_way_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "s.db").mkdir()
    with pytest.raises(StoreError, match=r"s\.db.*--store"):
        SampleStore(tmp_path / "s.db")
    (tmp_path / "full of files").write_text("")
    with pytest.raises(StoreError, match=r"cannot use the sample store .*s\.db.*--store"):
        SampleStore(tmp_path / "full of files" / "s.db")


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "s.db").touch()
    with SampleStore(tmp_path / "s.db") as store:
        assert store.count() == 0


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=8, unique=True), max_size=12))
def test_the_store_behaves_like_a_dictionary_that_is_never_overwritten(blocks: list[list[int]]) -> None:
    model: dict[int, str] = {}
    with SampleStore() as store:
        for number, block in enumerate(blocks):
            for i in block:
                model.setdefault(i, str(number))
            filed = store.write([(draw(i), Sample(str(number))) for i in block])
            assert [s.text for s in filed] == [model[i] for i in block]
        assert {d.lane[0]: s.text for d, s in store.read(map(draw, range(31))).items()} == model
