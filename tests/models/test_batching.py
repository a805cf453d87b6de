"""Only the client batches: how draws become calls, and what happens to them on the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import ModelServer, hang, only, refuse_n, status

from compound.core import Chat, Draw, Failed, ModelError, ModelFailure, Notice, Question, Request
from compound.models.backend import Call
from compound.models.blocks import blocks
from compound.models.session import Session, wait_for
from compound.models.simulated import Simulated

QUESTION = Question("What is 3 + 4?", "number", "7")
PROMPT = Chat.user("What is 3 + 4?")
REQUESTS = [Request("m", "", Chat.user(text), (("max_tokens", 8),)) for text in ("a", "b")]

lanes = st.one_of(st.tuples(st.integers(0, 40)), st.tuples(st.integers(0, 2), st.integers(0, 40)))
draws = st.lists(
    st.builds(Draw, st.sampled_from(REQUESTS), st.integers(0, 1), lanes, st.integers(0, 1)),
    unique=True,
    max_size=120,
)


@given(draws, st.integers(1, 32))
def test_blocks_hold_every_draw_once_at_most_batch_and_one_request_each(wanted: list[Draw], batch: int) -> None:
    cut = list(blocks(wanted, batch))
    assert Counter(d for block in cut for d in block) == Counter(wanted)
    assert all(1 <= len(block) <= batch for block in cut)
    assert all(len({(d.request, d.replicate) for d in block}) == 1 for block in cut)


@given(st.integers(1, 100), st.integers(1, 32), st.data())
def test_blocks_of_a_pool_are_the_same_whatever_whole_blocks_are_stored(
    n: int, batch: int, data: st.DataObject
) -> None:
    pool = [Draw(REQUESTS[0], 0, (i,), 0) for i in range(n)]
    whole = list(blocks(pool, batch))
    assert len(whole) == ceil(n / batch)
    stored = data.draw(st.lists(st.sampled_from(range(len(whole))), unique=True))
    left = data.draw(st.permutations([d for i, block in enumerate(whole) if i not in stored for d in block]))
    assert sorted(b[0].lane for b in blocks(left, batch)) == sorted(
        block[0].lane for i, block in enumerate(whole) if i not in stored
    )
    assert all(block in whole for block in blocks(left, batch))


@given(draws, st.integers(1, 32), st.randoms())
def test_blocks_do_not_depend_on_the_order_of_asking(wanted: list[Draw], batch: int, random) -> None:
    def of_one_request(order: list[Draw]) -> set[tuple[Draw, ...]]:
        return {tuple(block) for block in blocks(order, batch)}

    mixed = list(wanted)
    random.shuffle(mixed)
    assert of_one_request(mixed) == of_one_request(wanted)


@given(draws, st.integers(1, 32))
def test_no_two_blocks_have_the_same_seed(wanted: list[Draw], batch: int) -> None:
    seeds = [Call(b[0].request, tuple(b), QUESTION, 1.0).seed for b in blocks(wanted, batch)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 1 << 31 for seed in seeds)


@pytest.mark.parametrize("n", [1, 16, 17, 64])
def test_concurrent_branches_of_one_request_are_as_few_calls_as_can_be(server: ModelServer, n: int) -> None:
    async def ask() -> None:
        async with Session(base_url=server.url) as session:
            lm = session.lm("m", QUESTION)
            await asyncio.gather(*(lm.fork(i).sample(PROMPT) for i in range(n)))

    wait_for(ask())
    assert len(server.calls) == ceil(n / 16)
    assert sum(call.n for call in server.calls) == n


def test_many_questions_at_once_share_no_call(server: ModelServer) -> None:
    async def ask() -> None:
        async with Session(base_url=server.url) as session:
            await asyncio.gather(
                *(session.lm("m", QUESTION).sample(Chat.user(f"question {i}"), n=20) for i in range(10))
            )

    wait_for(ask())
    assert sorted(call.n for call in server.calls) == [4] * 10 + [16] * 10
    assert set(server.sold.values()) == {20}


def test_identical_draws_in_flight_are_bought_once(server: ModelServer) -> None:
    async def ask() -> list[list[str]]:
        async with Session(base_url=server.url) as session:
            first = asyncio.ensure_future(session.lm("m", QUESTION).sample(PROMPT, n=8))
            second = asyncio.ensure_future(session.lm("m", QUESTION).sample(PROMPT, n=8))
            await asyncio.sleep(0.05)  # these two were asked in one flush, the third while they are under way
            third = asyncio.ensure_future(session.lm("m", QUESTION).sample(PROMPT, n=12))
            return [[s.text for s in await one] for one in (first, second, third)]

    server.delay = 0.2
    first, second, third = wait_for(ask())
    assert first == second == third[:8]
    assert sum(server.sold.values()) == 12


def test_a_cancelled_asker_does_not_cancel_the_purchase(server: ModelServer) -> None:
    async def ask() -> tuple[int, list[str]]:
        async with Session(base_url=server.url) as session:
            first = asyncio.ensure_future(session.lm("m", QUESTION).sample(PROMPT, n=8))
            second = asyncio.ensure_future(session.lm("m", QUESTION).sample(PROMPT, n=8))
            await asyncio.sleep(0.1)
            first.cancel()
            texts = [s.text for s in await second]
            return session.store.count(), texts

    server.delay = 0.3
    kept, texts = wait_for(ask())
    assert kept == len(set(texts)) == 8
    assert len(server.calls) == 1


def test_closing_waits_for_what_was_sent_and_files_it_but_sends_no_more(
    server: ModelServer, tmp_path: Path
) -> None:
    async def ask() -> None:
        async with Session(tmp_path / "s.db", base_url=server.url) as session:
            asked = [
                asyncio.ensure_future(session.lm("m", QUESTION).sample(Chat.user(f"question {i}")))
                for i in range(100)
            ]
            await asyncio.sleep(0.15)
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    server.delay = 0.4
    wait_for(ask())
    assert 0 < sum(server.sold.values()) == len(server.calls) <= 20  # the limiter's start
    with_store = Session(tmp_path / "s.db")
    assert with_store.store.count() == len(server.calls)
    wait_for(with_store.close())


def test_closing_does_not_wait_for_retries(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compound.models.sending.LONGEST_WAIT", 60.0)

    async def ask() -> None:
        async with Session(base_url=server.url) as session:
            asked = asyncio.ensure_future(session.lm("m", QUESTION).sample(PROMPT))
            await asyncio.to_thread(server.asked.wait, 5)
            await asyncio.sleep(0.1)
            asked.cancel()

    server.always = status(500, **{"Retry-After": "30"})
    wait_for(asyncio.wait_for(ask(), 5))
    assert len(server.calls) == 1


def test_a_server_that_ignores_n_is_noticed_and_nothing_is_bought_twice(server: ModelServer, heard) -> None:
    async def ask() -> list[str]:
        async with Session(base_url=server.url, observer=heard) as session:
            samples = await session.lm("m", QUESTION).sample(PROMPT, n=40)
            assert [s.batch for s in samples] == [1] * 40
            return [s.text for s in samples]

    server.always = only(server, 1)
    assert len(set(wait_for(ask()))) == 40
    assert sum(server.sold.values()) == len(server.calls) == 40
    (notice,) = heard.of(Notice)
    assert "gave 1 of 16" in notice.text


def test_a_server_that_gives_some_of_n_is_asked_for_the_rest(server: ModelServer, heard) -> None:
    async def ask() -> list[str]:
        async with Session(base_url=server.url, observer=heard) as session:
            return [s.text for s in await session.lm("m", QUESTION).sample(PROMPT, n=16)]

    server.always = only(server, 5)
    assert len(set(wait_for(ask()))) == 16
    assert sum(server.sold.values()) == 16
    assert len(heard.of(Notice)) == 1


def test_a_server_that_refuses_n_is_asked_one_by_one(server: ModelServer, heard) -> None:
    async def ask() -> list[str]:
        async with Session(base_url=server.url, observer=heard) as session:
            lm = session.lm("m", QUESTION)
            first = await lm.sample(PROMPT, n=16)
            more = await lm.sample(Chat.user("another"), n=16)
            return [s.text for s in first + more]

    server.always = refuse_n
    assert len(set(wait_for(ask()))) == 32
    assert sum(server.sold.values()) == 32
    assert len(server.calls) == 33  # one refusal
    assert len(heard.of(Notice)) == 1


def test_a_refusal_of_n_at_the_last_attempt_is_a_recorded_failure(server: ModelServer) -> None:
    async def ask() -> list[tuple[str, str]]:
        async with Session(base_url=server.url) as session:
            with pytest.raises(ModelFailure, match="bad request"):
                await session.lm("m", QUESTION).sample(PROMPT, n=4)
            return session.store.failures()

    server.faults, server.always = [status(500)] * 5, refuse_n
    assert len(wait_for(ask())) == 4


def test_a_bad_request_alone_is_recorded_and_not_retried(server: ModelServer, heard) -> None:
    async def ask() -> list[tuple[str, str]]:
        async with Session(base_url=server.url, observer=heard) as session:
            with pytest.raises(ModelFailure, match="bad request: 400: prompt is too long"):
                await session.lm("m", QUESTION).sample(PROMPT)
            return session.store.failures()

    server.always = status(400, "prompt is too long")
    ((model, reason),) = wait_for(ask())
    assert (model, reason) == ("m", "bad request: 400: prompt is too long (attempts: 1)")
    assert len(server.calls) == 1
    assert len(heard.of(Failed)) == 1


def test_a_bad_request_is_not_blamed_on_n_when_one_alone_is_refused_too(server: ModelServer, heard) -> None:
    async def ask() -> None:
        async with Session(base_url=server.url, observer=heard) as session:
            with pytest.raises(ModelFailure):
                await session.lm("m", QUESTION).sample(PROMPT, n=4)
            server.always = None
            await session.lm("m", QUESTION).sample(PROMPT, n=4)

    server.always = status(400)
    wait_for(ask())
    assert [call.n for call in server.calls] == [4, 1, 4]
    assert not heard.of(Notice)


def test_a_failed_block_does_not_take_others_with_it(server: ModelServer) -> None:
    async def ask() -> tuple[list[object], int]:
        async with Session(base_url=server.url, timeout=0.3) as session:
            lm = session.lm("m", QUESTION)
            many = [lm.fork(i).sample(PROMPT) for i in range(32)]
            got = await asyncio.gather(*many, return_exceptions=True)
            return got, session.store.count()

    server.faults = [status(400), status(400)]  # one block: several refused, one alone refused
    server.delay = 0.05

    got, kept = wait_for(ask())
    assert kept == sum(not isinstance(one, Exception) for one in got) >= 16


def test_samples_do_not_depend_on_what_was_in_flight(tmp_path: Path) -> None:
    model = "sim/beta(2,2)?rho=0.2&abstain=0.1"

    async def apart(store: Path, at_once: bool) -> list[str]:
        async with Session(store) as session:
            questions = [Question(f"q{i}", "number", str(i)) for i in range(8)]
            asked = [(session.lm(model, q), Chat.user(q.text)) for q in questions]
            if at_once:
                many = await asyncio.gather(*(lm.sample(prompt, n=8) for lm, prompt in asked))
            else:
                many = [[await lm.fork(i).sample(prompt) for i in range(8)] for lm, prompt in asked]
            return [s.text for samples in many for s in samples]

    assert wait_for(apart(tmp_path / "a.db", True)) == wait_for(apart(tmp_path / "b.db", False))


def test_a_backend_that_breaks_resolves_every_future(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: Simulated, call: Call) -> list[object]:
        raise ZeroDivisionError("a bug")

    async def ask() -> list[object]:
        async with Session() as session:
            lm = session.lm("sim/beta(2,2)", QUESTION)
            return await asyncio.gather(*(lm.fork(i).sample(PROMPT) for i in range(40)), return_exceptions=True)

    monkeypatch.setattr(Simulated, "complete", broken)
    assert [type(one) for one in wait_for(asyncio.wait_for(ask(), 5))] == [ZeroDivisionError] * 40


def test_a_timed_out_call_gives_its_permit_back(server: ModelServer) -> None:
    async def ask() -> None:
        async with Session(base_url=server.url, timeout=0.1) as session:
            await session.lm("m", QUESTION).sample(PROMPT, n=3)
            assert session.client("m").limiter._busy == 0

    server.faults = [hang, hang]
    wait_for(ask())
    assert sum(server.sold.values()) == 3


@pytest.mark.parametrize(
    "parameters", [{"max_completion_tokens": 9}, {"fallbacks": ["b"]}, {"extra_body": {"best_of": 4}}], ids=str
)
def test_what_would_buy_more_than_is_reserved_is_refused(server: ModelServer, parameters: dict[str, Any]) -> None:
    async def go() -> None:
        async with Session(base_url=server.url) as session:
            await session.lm("m", Question("q"), parameters=parameters).sample(Chat.user("a"))

    with pytest.raises(ModelError, match="cannot be set as a sampling parameter"):
        wait_for(go())
    assert server.calls == []
