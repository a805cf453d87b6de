"""A budget is never exceeded, and nothing that was paid for is lost when it is out."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import ModelServer, body, hang, reset

from compound.core import BudgetExhaustedError, Chat, ModelError, Question, Sample
from compound.models.budget import Budget, Price, Reservation
from compound.models.charges import TEMPLATE
from compound.models.server import Server
from compound.models.session import Session, wait_for

QUESTION = Question("What is 3 + 4?", "number", "7")
PRICE = Price(1e-6, 10e-6)


@pytest.fixture
def _priced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "price", lambda self: PRICE)


async def ask_100(budget: Budget, url: str | None, model: str = "m", **session: object) -> tuple[list[object], int]:
    async with Session(base_url=url, budget=budget, **session) as opened:
        lms = [opened.lm(model, QUESTION, parameters={"max_tokens": 20}) for _ in range(100)]
        asked = (lm.sample(Chat.user(f"question {i}")) for i, lm in enumerate(lms))
        got = await asyncio.gather(*asked, return_exceptions=True)
        return got, opened.store.count()


def real_cost(server: ModelServer) -> float:
    """What the server would put on its bill: 10 prompt tokens a call, 5 tokens a completion."""
    return sum(PRICE.of(10, 5 * call.n) for call in server.calls)


@pytest.mark.usefixtures("_priced")
@pytest.mark.parametrize("cap", [0.0, 0.0001, 0.0004, 0.0013, 0.004])
def test_a_hundred_draws_at_once_never_cost_more_than_the_cap(server: ModelServer, cap: float) -> None:
    server.delay = 0.02
    budget = Budget(usd=cap)
    got, kept = wait_for(ask_100(budget, server.url))
    bought = [one for one in got if isinstance(one, Sample)]
    assert real_cost(server) == pytest.approx(budget.spent.usd)
    assert budget.spent.usd <= cap
    assert len(bought) == kept == len(server.calls)
    assert all(isinstance(one, Sample | BudgetExhaustedError) for one in got)
    if len(bought) < 100:  # what is left would not do for another call
        assert budget.spent.usd + PRICE.of(Chat.user("question 99").size + TEMPLATE, 20) > cap
    assert budget._run._held.tokens == 0


@pytest.mark.usefixtures("_priced")
def test_a_run_out_of_budget_goes_on_with_another(server: ModelServer, tmp_path: Path) -> None:
    first, kept = wait_for(ask_100(Budget(usd=0.002), server.url, store=tmp_path / "s.db"))
    assert 0 < kept < 100
    again, total = wait_for(ask_100(Budget(), server.url, store=tmp_path / "s.db"))
    assert total == len(server.calls) == 100
    assert all(a == b for a, b in zip(first, again, strict=True) if isinstance(a, Sample))


def test_a_simulation_with_a_price_keeps_its_cap() -> None:
    budget = Budget(usd=0.004)
    got, kept = wait_for(ask_100(budget, None, "sim/beta(2,2)?price=1/10&tokens=10"))
    assert 0 < kept < 100
    assert budget.spent.usd == pytest.approx(sum(s.usd for s in got if isinstance(s, Sample)))
    assert budget.spent.usd <= 0.004
    assert sum(isinstance(one, BudgetExhaustedError) for one in got) == 100 - kept


def test_dollars_cannot_be_capped_where_the_price_is_unknown(server: ModelServer) -> None:
    got, kept = wait_for(ask_100(Budget(usd=1.0), server.url))
    assert {type(one) for one in got} == {ModelError}
    assert "price of m is unknown" in str(got[0])
    assert kept == len(server.calls) == 0


def test_an_unknown_price_is_unknown_and_not_zero(server: ModelServer) -> None:
    budget = Budget()
    got, _ = wait_for(ask_100(budget, server.url))
    assert {one.usd for one in got if isinstance(one, Sample)} == {None}
    assert budget.spent.usd is None
    assert budget.spent.tokens == 1500


@pytest.mark.parametrize("usage", [True, False])
def test_a_cap_on_tokens_holds_with_and_without_usage(server: ModelServer, usage: bool) -> None:
    server.usage = usage
    budget = Budget(tokens=1400)
    got, kept = wait_for(ask_100(budget, server.url))
    assert 0 < kept < 100
    assert budget.spent.tokens <= 1400
    assert len(server.calls) * 15 <= 1400
    if not usage:  # each is charged its whole reservation
        assert kept == 1400 // (Chat.user("question 1").size + TEMPLATE + 20)
    assert "tokens spent" in str(next(one for one in got if isinstance(one, BudgetExhaustedError)))


def test_time_stops_new_calls_and_keeps_what_is_there(server: ModelServer) -> None:
    server.delay = 0.15
    began = time.monotonic()
    got, kept = wait_for(ask_100(Budget(seconds=0.3), server.url))
    assert time.monotonic() - began < 5
    assert 0 < kept < 100
    assert kept == len(server.calls)
    assert sum("time" in str(one) for one in got if isinstance(one, BudgetExhaustedError)) == 100 - kept


@pytest.mark.usefixtures("_priced")
@pytest.mark.parametrize("fault", [body("half an ans"), reset, hang])
def test_a_call_whose_reply_never_came_counts_against_the_cap(server: ModelServer, fault) -> None:
    server.always = fault  # the work is done and billed, the reply is lost
    cap, call = 0.0015, PRICE.of(Chat.user("question 10").size + TEMPLATE, 20)
    budget = Budget(usd=cap)
    got, kept = wait_for(ask_100(budget, server.url, timeout=0.2))
    assert kept == 0
    assert budget.spent.usd == 0
    assert budget.lost.usd <= cap
    assert 0 < len(server.calls) <= cap / call * 1.01
    assert any(isinstance(one, BudgetExhaustedError) for one in got)


def test_a_call_that_does_not_fit_waits_for_those_in_flight_to_settle() -> None:
    async def go() -> list[str]:
        budget, done = Budget(tokens=100), []

        async def call(name: str, most: int, took: int) -> None:
            async with budget.reserve("m", Reservation(0.0, most)):
                await asyncio.sleep(0.02)
                budget.settle([Sample("", tokens_out=took)])
                done.append(name)

        await asyncio.gather(call("first", 90, 10), call("second", 80, 10), call("third", 70, 10))
        assert budget.spent.tokens == 30
        with pytest.raises(BudgetExhaustedError):
            await call("fourth", 71, 0)
        return done

    assert asyncio.run(go()) == ["first", "second", "third"]


def test_a_cancelled_call_gives_its_reservation_back() -> None:
    async def go() -> None:
        budget = Budget(tokens=100)

        async def call() -> None:
            async with budget.reserve("m", Reservation(0.0, 100)):
                await asyncio.sleep(30)

        tasks = [asyncio.ensure_future(call()) for _ in range(5)]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert budget._run._held == Reservation(0.0, 0)

    asyncio.run(go())


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1)), max_size=40), st.integers(0, 400))
def test_whatever_fits_is_allowed_and_nothing_else(calls: list[tuple[int, float]], cap: int) -> None:
    async def go() -> None:
        budget = Budget(tokens=cap)

        async def call(most: int, share: float) -> None:
            async with budget.reserve("m", Reservation(None, most)):
                assert budget.spent.tokens + budget._run._held.tokens <= cap
                await asyncio.sleep(0)
                budget.settle([Sample("", tokens_out=int(most * share))])

        got = await asyncio.gather(*(call(*one) for one in calls), return_exceptions=True)
        assert all(error is None or isinstance(error, BudgetExhaustedError) for error in got)
        assert budget.spent.tokens <= cap
        refused = [most for (most, _), error in zip(calls, got, strict=True) if error]
        assert all(most > 0 for most in refused)
        assert budget._run._held.tokens == 0

    asyncio.run(go())
