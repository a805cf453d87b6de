"""How many calls are in flight: grows while all is well, shrinks when the server says so."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp import web
from model_server import Call, ModelServer, status

from compound.core import Chat, Question
from compound.models import sending
from compound.models.budget import Budget
from compound.models.limits import Limiter
from compound.models.session import Session, wait_for
from compound.models.settings import UNSET, ModelSettings


def succeed(limiter: Limiter, times: int) -> None:
    for _ in range(times):
        limiter.succeeded()


def test_it_starts_at_start_and_doubles_after_each_clean_round_up_to_the_highest() -> None:
    limiter = Limiter(20, 100)
    for expected in (20, 40, 80, 100, 100):
        assert limiter.limit == expected
        succeed(limiter, limiter.limit)
    assert [limit for _, limit in limiter.history] == [20, 40, 80, 100]


def test_a_429_cuts_to_eight_tenths_once_an_episode() -> None:
    limiter = Limiter(20, 100)
    for _ in range(10):
        limiter.limited(None)
    assert limiter.limit == 16
    limiter.EPISODE = -1.0  # the episode is over
    limiter.limited(None)
    assert limiter.limit == 12


def test_it_never_goes_below_one() -> None:
    limiter = Limiter(3, 100)
    limiter.EPISODE = -1.0
    for _ in range(10):
        limiter.limited(None)
    assert limiter.limit == 1


def test_after_the_first_429_it_grows_by_one_a_round() -> None:
    limiter = Limiter(10, 100)
    limiter.limited(None)
    assert limiter.limit == 8
    succeed(limiter, 8)
    assert limiter.limit == 9


def test_trouble_delays_growth_without_a_cut() -> None:
    limiter = Limiter(10, 100)
    succeed(limiter, 9)
    limiter.troubled()
    succeed(limiter, 9)
    assert limiter.limit == 10
    succeed(limiter, 1)
    assert limiter.limit == 20


def test_permits_in_use_never_exceed_the_limit_and_all_are_served() -> None:
    async def go() -> None:
        limiter, most, served = Limiter(5, 40), 0, 0

        async def one(i: int) -> None:
            nonlocal most, served
            async with limiter.permit():
                assert limiter._busy <= max(limit for _, limit in limiter.history)
                most = max(most, limiter._busy)
                await asyncio.sleep(0.001 * (i % 3))
                served += 1
                if i == 300:
                    limiter.limited(None)
                limiter.succeeded()

        await asyncio.gather(*(one(i) for i in range(1000)))
        assert served == 1000
        assert most == 40
        assert limiter._busy == 0

    asyncio.run(go())


def test_cancelled_waiters_keep_no_permit() -> None:
    async def go() -> None:
        limiter = Limiter(2, 2)

        async def one() -> None:
            async with limiter.permit():
                await asyncio.sleep(0.01)

        tasks = [asyncio.ensure_future(one()) for _ in range(20)]
        await asyncio.sleep(0.005)
        for task in tasks[:10]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limiter._busy == 0

    asyncio.run(asyncio.wait_for(go(), 5))


async def ask(server: ModelServer, questions: int) -> Limiter:
    async with Session(base_url=server.url) as session:
        asked = (session.lm("m", Question("q")).sample(Chat.user(f"question {i}")) for i in range(questions))
        await asyncio.gather(*asked)
        return session.client("m").limiter


def test_the_server_never_sees_more_calls_than_the_limit(server: ModelServer) -> None:
    server.delay = 0.03
    limiter = wait_for(ask(server, 250))
    assert 20 < server.most_busy <= 100
    assert [limit for _, limit in limiter.history][:3] == [20, 40, 80]


def test_a_server_that_limits_its_rate_is_asked_less_at_once(server: ModelServer) -> None:
    server.delay = 0.01
    server.faults = [status(429)] * 8
    limiter = wait_for(ask(server, 60))
    assert [limit for _, limit in limiter.history][:2] == [20, 16]
    assert server.most_busy <= 20
    assert sum(server.sold.values()) == 60


@pytest.mark.parametrize("seconds", [0.2])
def test_everybody_waits_as_long_as_the_server_asks(seconds: float) -> None:
    async def go() -> None:
        limiter, loop = Limiter(), asyncio.get_running_loop()
        began = loop.time()
        limiter.limited(seconds)

        async def one() -> float:
            async with limiter.permit():
                return loop.time() - began

        waiting = [asyncio.ensure_future(one()) for _ in range(3)]
        await asyncio.sleep(seconds / 2)
        limiter.limited(seconds)  # another one while they wait
        assert min(await asyncio.gather(*waiting)) >= seconds * 1.4

    asyncio.run(go())


@pytest.mark.parametrize(
    ("budget", "settings"),
    [(Budget(tokens=180), UNSET), (Budget(), ModelSettings(tpm=12_000))],
    ids=["for the budget", "for the rate"],
)
def test_who_has_a_permit_already_and_waits_for_something_else_waits_too(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, budget: Budget, settings: ModelSettings
) -> None:
    monkeypatch.setattr(sending, "LONGEST_WAIT", 0.8)
    came: list[float] = []

    async def refuse_the_first(request: web.Request, call: Call) -> web.StreamResponse | None:
        came.append(time.monotonic())
        return await status(429, **{"Retry-After": "0.8"})(request, call) if len(came) == 1 else None

    async def go() -> None:
        async with Session(base_url=server.url, budget=budget, models={"m": settings}) as session:
            lms = [session.lm("m", Question("q"), parameters={"max_tokens": 40}) for _ in range(2)]
            asked = (lm.sample(Chat.user(f"question {i}")) for i, lm in enumerate(lms))
            await asyncio.gather(*asked)

    server.always = refuse_the_first
    wait_for(asyncio.wait_for(go(), 20))
    assert len(came) == 3
    assert came[1] - came[0] >= 0.8
