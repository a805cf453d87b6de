"""Requests and tokens a minute: never faster than the config or the server allows, and no slower than need be."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from model_server import ModelServer, status

from compound.core import BudgetExhaustedError, Chat, Question
from compound.models.budget import Budget
from compound.models.rates import Bucket, Rates, Taken
from compound.models.session import Session, wait_for
from compound.models.settings import ModelSettings

T = TypeVar("T")
QUESTION = Question("What is 3 + 4?", "number", "7")


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        timers = [timer.when() for timer in self._scheduled if not timer.cancelled()]
        if not self._ready and timers:
            self.now = max(self.now, min(timers))
        super()._run_once()


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(work)


def sent(rates: Rates, calls: Iterable[tuple[float, int, int]], lasting: float = 0.5) -> list[tuple[float, int]]:
    """When calls went, and what they used; each comes at a time, reserves and then uses so many tokens."""

    async def go() -> list[tuple[float, int]]:
        loop, gone = asyncio.get_running_loop(), []

        async def one(at: float, reserved: int, used: int) -> None:
            await asyncio.sleep(at)
            async with rates.room(reserved) as taken:
                gone.append((loop.time(), used))
                taken.sent = True
                await asyncio.sleep(lasting)
                taken.used = used

        await asyncio.gather(*(one(*call) for call in calls))
        return gone

    return run(go())


@given(st.integers(1, 3000), st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_no_stretch_of_time_sees_more_requests_than_its_share(rpm: int, arrivals: list[float]) -> None:
    gone = [at for at, _ in sent(Rates(rpm=rpm), ((at, 1, 1) for at in arrivals))]
    assert len(gone) == len(arrivals)
    burst, slack = max(1.0, rpm / 60), 0.01 * rpm / 60
    for i, first in enumerate(gone):
        for j in range(i, len(gone)):
            assert j - i + 1 <= burst + (gone[j] - first) * rpm / 60 + slack + 1e-6


def test_a_rate_is_used_up_when_there_is_enough_to_do() -> None:
    gone = [at for at, _ in sent(Rates(rpm=600), ((0.0, 1, 1) for _ in range(300)))]
    assert gone[-1] == pytest.approx((300 - 10) / 10, rel=0.02)
    assert max(b - a for a, b in pairwise(gone)) < 0.12


def test_three_a_minute_go_twenty_seconds_apart() -> None:
    rates = Rates(rpm=3)
    gone = [at for at, _ in sent(rates, ((0.0, 1, 1) for _ in range(4)))]
    assert gone == pytest.approx([0, 20, 40, 60], abs=0.01)
    assert rates.waited == pytest.approx(60, abs=0.01)  # not the 120 of all who stood in the queue


def test_tokens_that_were_not_used_are_given_back() -> None:
    calls = [(0.0, 1000, 100)] * 200
    gone = sent(Rates(tpm=6000), calls)
    assert sum(used for _, used in gone) == 20_000
    assert 190 <= gone[-1][0] <= 215  # 20,000 tokens at 100 a second; by what was reserved it were 2,000 s


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 900), st.floats(0, 1)), min_size=1, max_size=40))
def test_no_more_tokens_are_used_than_have_flowed_in(calls: list[tuple[float, int, float]]) -> None:
    gone = sent(Rates(tpm=6000), ((at, most, int(most * share)) for at, most, share in calls))
    largest = max(most for _, most, _ in calls)
    for i in range(len(gone)):
        assert sum(used for _, used in gone[: i + 1]) <= 100 * (1 + gone[i][0] + 0.01) + largest


Calls = list[tuple[float, int, float]]
UNUSED: Calls = [(0.0, 900, 0.0)] * 5  # all are back long before the others come
USED: Calls = [(120.0, 100, 1.0)] * 20


@given(
    st.lists(st.tuples(st.floats(0, 120), st.integers(1, 900), st.floats(0, 1)), min_size=1, max_size=40),
    st.floats(0, 60),
)
@example(UNUSED + USED, 30.0)
def test_in_no_stretch_of_time_are_more_used_than_have_flowed_in_or_come_back(calls: Calls, lasting: float) -> None:
    gone = sent(Rates(tpm=6000), ((at, most, int(most * share)) for at, most, share in calls), lasting)
    largest = max(most for _, most, _ in calls)
    for i, (first, _) in enumerate(gone):
        before = [(at + lasting, largest - used) for at, used in gone[:i]]
        for j in range(i, len(gone)):
            last = gone[j][0]
            back = sum(unused for at, unused in before if first - 0.01 <= at <= last + 0.01)
            used = sum(used for _, used in gone[i : j + 1])
            assert used <= 100 * (last - first + 0.01) + max(100, largest) + back


def test_what_comes_back_after_long_makes_no_bucket_hold_more_than_a_second() -> None:
    bucket = Bucket(60_000)
    bucket.wait(1500, 0.0)
    bucket.take(1500)
    bucket.wait(0, 5.0)
    bucket.take(-1400)
    assert bucket.level == bucket.full == 1000


def test_everybody_goes_in_the_order_of_coming_and_nobody_is_left() -> None:
    order: list[int] = []

    async def go() -> None:
        rates, rng = Rates(rpm=600, tpm=60_000), random.Random(0)

        async def one(i: int) -> None:
            async with rates.room(rng.randrange(1, 2000)) as taken:
                order.append(i)
                taken.sent = True

        await asyncio.gather(*(one(i) for i in range(100)))

    run(go())
    assert order == list(range(100))


def test_who_is_cancelled_while_waiting_or_before_sending_takes_nothing() -> None:
    async def go() -> float:
        rates, loop = Rates(rpm=60), asyncio.get_running_loop()

        async def one(sends: bool) -> None:
            async with rates.room(1) as taken:
                taken.sent = sends
                await asyncio.sleep(1000)

        tasks = [asyncio.ensure_future(one(True))]
        await asyncio.sleep(0)
        tasks += [asyncio.ensure_future(one(False)) for _ in range(50)]
        await asyncio.sleep(30)  # one of them got through and stays unsent
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        began = loop.time()
        async with rates.room(1):
            return loop.time() - began

    assert run(go()) == pytest.approx(0, abs=0.01)


def test_a_call_larger_than_a_second_goes_and_leaves_a_debt() -> None:
    gone = [at for at, _ in sent(Rates(tpm=6000), [(0.0, 3000, 3000), (1.0, 10, 10)])]
    assert gone == pytest.approx([0.0, 29.1], abs=0.05)


def told(headers: dict[str, str], *, amounts: Iterable[int] = (10,), rates: Rates | None = None) -> list[float]:
    """When calls went that came after a reply with these headers."""

    async def go() -> list[float]:
        mine, loop, gone = rates or Rates(), asyncio.get_running_loop(), []
        async with mine.room(10) as first:
            first.sent = True
            mine.told(first, headers)
        for amount in amounts:
            async with mine.room(amount) as taken:
                taken.sent = True
                gone.append(loop.time())
        return gone

    return run(go())


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("1", 1.0), ("1.5s", 1.5), ("20ms", 0.02), ("6m0s", 60.0), ("0s", 0.0), ("1m2.5s", 60.0), ("1h", 60.0)],
)
def test_nothing_left_is_waited_out_for_as_long_as_the_server_says(said: str, seconds: float) -> None:
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": said}
    assert told(headers) == pytest.approx([seconds], abs=0.002)


def test_a_date_is_a_reset_too() -> None:
    when = (datetime.now(UTC) + timedelta(seconds=7)).isoformat()
    headers = {"anthropic-ratelimit-tokens-remaining": "5", "anthropic-ratelimit-tokens-reset": when}
    assert told(headers) == pytest.approx([7], abs=1.0)


def test_what_is_left_may_go_at_once() -> None:
    headers = {"x-ratelimit-remaining-requests": "2", "x-ratelimit-reset-requests": "9s"}
    assert told(headers, amounts=[1] * 4) == pytest.approx([0, 0, 9, 9])
    headers = {"x-ratelimit-remaining-tokens": "100", "x-ratelimit-reset-tokens": "9s"}
    assert told(headers, amounts=[60, 60, 60]) == pytest.approx([0, 9, 9])


@pytest.mark.parametrize("left", ["", "-1", "many", "nan", "inf", "1e999"])
def test_an_amount_that_makes_no_sense_is_no_limit(left: str) -> None:
    assert told({"x-ratelimit-remaining-requests": left, "x-ratelimit-reset-requests": "60"}) == [0]


@pytest.mark.parametrize("reset", ["", "soon", "-3s", "nan", "s", "1x", "2026-11-22", "2026-11-22T00:00:00"])
def test_a_reset_that_makes_no_sense_is_no_limit(reset: str) -> None:
    assert told({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": reset}) == [0]


def test_replies_that_overtake_each_other_do_not_undo_what_the_later_call_heard() -> None:
    async def go() -> float:
        rates, loop = Rates(), asyncio.get_running_loop()
        marks: list[Taken] = []
        for _ in range(2):
            async with rates.room(1) as taken:
                taken.sent = True
                marks.append(taken)
        rates.told(marks[1], {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "5s"})
        rates.told(marks[0], {"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "5s"})
        async with rates.room(1):
            return loop.time()

    assert run(go()) == pytest.approx(5)


async def ask(url: str | None, questions: int, settings: ModelSettings, model: str = "m") -> float:
    async with Session(base_url=url, models={model: settings}) as session:
        began = time.monotonic()
        lms = [session.lm(model, QUESTION, parameters={"max_tokens": 20}) for _ in range(questions)]
        await asyncio.gather(*(lm.sample(Chat.user(f"question {i}")) for i, lm in enumerate(lms)))
        return time.monotonic() - began


def test_a_run_keeps_its_requests_a_minute_also_when_it_tries_again(server: ModelServer) -> None:
    server.faults = [status(500)] * 5
    took = wait_for(ask(server.url, 25, ModelSettings(rpm=1200)))  # 20 at once, then 20 a second
    assert len(server.calls) == 30
    assert took >= 10 / 20 - 0.05


def test_a_run_heeds_what_the_server_says_is_left(server: ModelServer) -> None:
    server.headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "200ms"}
    assert wait_for(ask(server.url, 3, ModelSettings(max_in_flight=1))) >= 0.4


def test_so_does_one_through_litellm(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any-key-will-do")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    model, one = "openai/gpt-4o-mini", ModelSettings(max_in_flight=1)
    wait_for(ask(None, 1, one, model))
    server.headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "300ms"}
    assert wait_for(ask(None, 3, one, model)) >= 0.6


def test_a_call_that_the_budget_refuses_takes_nothing_of_the_rate(server: ModelServer) -> None:
    async def go() -> int:
        budget = Budget(tokens=120)
        async with Session(base_url=server.url, budget=budget, models={"m": ModelSettings(rpm=60)}) as session:
            lms = [session.lm("m", QUESTION, parameters={"max_tokens": 20}) for _ in range(200)]
            asked = (lm.sample(Chat.user(f"question {i}")) for i, lm in enumerate(lms))
            got = await asyncio.gather(*asked, return_exceptions=True)
            return sum(isinstance(one, BudgetExhaustedError) for one in got)

    assert wait_for(asyncio.wait_for(go(), 20)) == 200 - len(server.calls) >= 199
