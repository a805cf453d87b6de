"""A draw is named, and the same draw is always the same sample."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from model_server import ModelServer

from compound import CoT, Vote
from compound.core import Chat, LaneError, ModelError, Question, Text
from compound.models.session import Session, hop, wait_for

QUESTION = Question("What is 3 + 4?", "number", "7")
PROMPT = Chat.user("What is 3 + 4?")


def drawn(session: Session, n: int, prompt: Chat | Text = PROMPT, **lm: Any) -> list[str]:
    return [s.text for s in wait_for(session.lm("m", QUESTION, **lm).sample(prompt, n=n))]


@pytest.fixture
def session(server: ModelServer):
    opened = Session(base_url=server.url)
    yield opened
    wait_for(opened.close())


def test_sixteen_after_eight_buys_eight_more_and_keeps_the_first(server: ModelServer, session: Session) -> None:
    first = drawn(session, 8)
    assert sum(server.sold.values()) == 8
    more = drawn(session, 16)
    assert sum(server.sold.values()) == 16
    assert more[:8] == first
    assert len(set(more)) == 16


def test_cot_alone_is_branch_0_of_a_vote(server: ModelServer, session: Session) -> None:
    vote = wait_for(Vote(CoT(), n=4).solve(QUESTION, session.lm("m", QUESTION)))
    alone = wait_for(CoT().solve(QUESTION, session.lm("m", QUESTION)))
    assert alone.text == vote.samples[0].text
    assert sum(server.sold.values()) == 4


def test_what_is_asked_at_the_root_is_filed_under_0(session: Session) -> None:
    sample = wait_for(session.lm("m", QUESTION).sample(PROMPT))
    assert sample.draw is not None
    assert sample.draw.lane == (0,)
    assert drawn(session, 1) == [sample.text]


def test_k_counts_equal_requests_in_a_lane_of_one_solve(session: Session) -> None:
    async def thrice() -> list[tuple[int, str]]:
        lm = session.lm("m", QUESTION)
        samples = [await lm.sample(PROMPT), await lm.sample(Chat.user("other")), await lm.sample(PROMPT)]
        return [(s.draw.k if s.draw else -1, s.text) for s in samples]

    once, again = wait_for(thrice()), wait_for(thrice())
    assert [k for k, _ in once] == [0, 0, 1]
    assert once == again


def test_k_is_shared_by_copies_of_the_model_in_one_solve(session: Session) -> None:
    async def twice() -> list[int]:
        lm = session.lm("m", QUESTION)
        first = await lm.bind(temperature=0.5).sample(PROMPT)
        second = await lm.bind(temperature=0.5).sample(PROMPT)
        return [s.draw.k for s in (first, second) if s.draw]

    assert wait_for(twice()) == [0, 1]


def test_every_part_of_a_name_makes_another_draw(server: ModelServer, session: Session) -> None:
    base = drawn(session, 1)
    others = [
        drawn(session, 1, parameters={"temperature": 0.3}),
        drawn(session, 1, parameters={"max_tokens": 7}),
        drawn(session, 1, Chat.user("What is 3 + 5?")),
        drawn(session, 1, Text("What is 3 + 4?")),
        drawn(session, 1, replicate=1),
        drawn(session, 2)[1:],
        [wait_for(session.lm("other", QUESTION).sample(PROMPT)).text],
    ]
    assert len({tuple(texts) for texts in [base, *others]}) == 8
    assert sum(server.sold.values()) == 8
    assert drawn(session, 1) == base


def test_another_address_is_another_model(server: ModelServer, tmp_path: Path) -> None:
    async def ask(url: str) -> str:
        async with Session(tmp_path / "s.db", base_url=url) as session:
            return (await session.lm("m", QUESTION).sample(PROMPT)).text

    plain = wait_for(ask(server.url))
    assert wait_for(ask(server.url.replace("127.0.0.1", "localhost"))) != plain
    assert wait_for(ask(server.url + "/")) == plain


def test_the_identity_of_a_request_has_no_n_seed_timeout_or_key(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(patience: float) -> list[str]:
        async with Session(tmp_path / "s.db", base_url=server.url, timeout=patience) as session:
            samples = await session.lm("m", QUESTION).sample(PROMPT, n=3)
            assert all(dict(s.draw.request.parameters) == {"max_tokens": 1024} for s in samples if s.draw)
            return [s.text for s in samples]

    once = wait_for(ask(10))
    monkeypatch.setenv("OPENAI_API_KEY", "another-key")
    assert wait_for(ask(20)) == once
    assert len(server.calls) == 1


@pytest.mark.parametrize("name", ["n", "seed", "timeout", "api_key", "base_url", "model", "stream"])
def test_what_is_no_sampling_parameter_is_refused(server: ModelServer, session: Session, name: str) -> None:
    with pytest.raises(ModelError, match=name):
        drawn(session, 1, parameters={name: "5"})
    assert not server.calls


@pytest.mark.parametrize("most", [None, 0, "many", -1])
def test_max_tokens_is_always_sent(server: ModelServer, session: Session, most: object) -> None:
    with pytest.raises(ModelError, match="max_tokens"):
        drawn(session, 1, parameters={"max_tokens": most})
    assert not server.calls


def test_a_parameter_is_sent_as_given_and_none_takes_it_away(server: ModelServer, session: Session) -> None:
    async def ask() -> None:
        lm = session.lm("openai/m", QUESTION, parameters={"temperature": 0.3, "top_p": 0.9})
        await lm.bind(top_p=None).sample(PROMPT, n=2, stop=["\n"])

    wait_for(ask())
    (call,) = server.calls
    assert call.body == {
        "model": "m",
        "messages": [{"role": "user", "content": "What is 3 + 4?"}],
        "n": 2,
        "max_tokens": 1024,
        "temperature": 0.3,
        "stop": ["\n"],
    }


def test_one_lane_used_twice_at_once_raises(session: Session) -> None:
    async def both() -> None:
        lm = session.lm("m", QUESTION)
        await asyncio.gather(lm.sample(PROMPT), lm.sample(Chat.user("other")))

    with pytest.raises(LaneError, match="fork"):
        wait_for(both())


def test_root_and_its_branch_0_are_one_lane(session: Session) -> None:
    async def both() -> None:
        lm = session.lm("m", QUESTION)
        await asyncio.gather(lm.sample(PROMPT), lm.fork(0).sample(PROMPT))

    with pytest.raises(LaneError):
        wait_for(both())


def test_forks_at_once_are_fine(session: Session) -> None:
    async def both() -> list[str]:
        lm = session.lm("m", QUESTION)
        samples = await asyncio.gather(
            lm.fork(0).sample(PROMPT), lm.fork(1).sample(PROMPT), lm.fork(1).fork(0).sample(PROMPT)
        )
        return [s.text for s in samples]

    assert len(set(wait_for(both()))) == 3


def test_after_a_failed_sample_no_lane_is_left_waiting(server: ModelServer, session: Session) -> None:
    async def ask() -> None:
        lm = session.lm("m", QUESTION)
        third = asyncio.ensure_future(lm.fork(3).sample(PROMPT))
        await asyncio.sleep(0)
        with pytest.raises(LaneError):
            await lm.sample(PROMPT, n=8)
        await lm.fork(0).sample(PROMPT)
        await third

    server.delay = 0.05
    wait_for(ask())


def test_a_rerun_with_the_store_buys_nothing_and_repeats(server: ModelServer, tmp_path: Path) -> None:
    async def ask() -> list[object]:
        async with Session(tmp_path / "s.db", base_url=server.url) as session:
            samples = await session.lm("m", QUESTION).sample(PROMPT, n=5)
            assert session.store.count() == 5
            return list(samples)

    once = wait_for(ask())
    assert wait_for(ask()) == once
    assert len(server.calls) == 1


def test_run_and_arun_work_from_any_loop(server: ModelServer, tmp_path: Path) -> None:
    strategy, how = Vote(CoT(), n=3), {"model": "m", "kind": "number", "base_url": server.url}

    async def inside() -> list[str | None]:
        many = await asyncio.gather(*(strategy.arun(f"What is 3 + {i}?", **how) for i in range(3)))
        return [answer.value for answer in many]

    assert strategy.run("What is 3 + 4?", **how).value == "7"
    assert asyncio.run(inside()) == ["7"] * 3

    async def notebook() -> str | None:
        return strategy.run("What is 3 + 4?", **how).value  # a running loop in this very thread

    assert asyncio.run(notebook()) == "7"


def test_cancelling_a_hop_cancels_the_work() -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def outside() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await hop(work())
        await asyncio.sleep(0.05)

    asyncio.run(outside())
    assert seen == ["cancelled"]
