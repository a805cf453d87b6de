"""A cap on each question: its own calls fail beyond it, those of others go on, and the run's caps hold as well."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_server import ModelServer, reset

from compound.core import BudgetExhaustedError, Chat, Failed, ModelError, ModelFailure, Question, Sample
from compound.models.budget import NOTHING, QUESTION, Budget, Caps, Price, Reservation
from compound.models.charges import TEMPLATE
from compound.models.session import Session, wait_for
from compound.models.settings import ModelSettings

PRICE = Price(1e-6, 10e-6)
PRICED = {"m": ModelSettings(PRICE)}
QUESTIONS = [Question(f"question {i}") for i in range(6)]


async def draw(server: ModelServer, budget: Budget, n: int, **options: object) -> list[list[object]]:
    """What became of n draws of each question, at once."""
    async with Session(base_url=server.url, budget=budget, **options) as session:
        lms = [session.lm("m", question, parameters={"max_tokens": 20}) for question in QUESTIONS]
        rows = [[lm.fork(i).sample(Chat.user(lm.question.text)) for i in range(n)] for lm in lms]
        return await asyncio.gather(*(asyncio.gather(*row, return_exceptions=True) for row in rows))


@pytest.mark.parametrize("most", [1, 5, 10])
def test_every_question_gets_as_many_calls_as_it_may(server: ModelServer, heard, most: int) -> None:
    budget = Budget(question=Caps(calls=most))
    rows = wait_for(draw(server, budget, 10, observer=heard))
    assert [sum(isinstance(one, Sample) for one in row) for row in rows] == [most] * 6
    short = [one for row in rows for one in row if not isinstance(one, Sample)]
    assert {type(one) for one in short} <= {ModelFailure}
    assert {one.reason for one in short} <= {QUESTION}
    assert set(server.sold.values()) == {most}
    owed = Counter(question for event in heard.of(Failed) for _, question in event.owed)
    assert owed == ({question.id: 10 - most for question in QUESTIONS} if most < 10 else {})


def test_dollars_and_tokens_of_a_question_hold(server: ModelServer) -> None:
    cap, most = 0.00052, PRICE.of(len("question 1") + TEMPLATE, 20)
    assert most < cap
    wait_for(draw(server, Budget(question=Caps(usd=cap, tokens=160)), 10, models=PRICED))
    for question in QUESTIONS:
        calls = [call for call in server.calls if call.prompt == question.text]
        spent = sum(PRICE.of(10, 5 * call.n) for call in calls)
        assert 0 < spent <= cap
        assert sum(10 + 5 * call.n for call in calls) <= 160


def test_the_time_of_a_question_is_its_own(server: ModelServer) -> None:
    server.delay = 0.3

    async def go() -> tuple[object, object, object]:
        budget = Budget(question=Caps(seconds=0.1))
        async with Session(base_url=server.url, budget=budget) as session:
            first, second = (session.lm("m", question) for question in QUESTIONS[:2])
            one = await first.sample(Chat.user("a"))
            with pytest.raises(ModelFailure, match=r"question budget: time: 0.1 s are over"):
                await first.sample(Chat.user("b"))
            return one, await second.sample(Chat.user("c")), budget.spent.calls

    one, other, calls = wait_for(go())
    assert isinstance(one, Sample) and isinstance(other, Sample)
    assert calls == 2


def test_lost_calls_count_for_their_question(server: ModelServer) -> None:
    server.always = reset
    budget = Budget(question=Caps(calls=3))
    rows = wait_for(draw(server, budget, 1))
    assert {one.reason for row in rows for one in row} == {QUESTION}
    assert len(server.calls) == 6 * 3 == budget.lost.calls


def test_the_run_stops_though_questions_have_something_left(server: ModelServer) -> None:
    rows = wait_for(draw(server, Budget(calls=20, question=Caps(calls=8)), 5))
    outcomes = Counter(isinstance(one, BudgetExhaustedError) for row in rows for one in row)
    assert outcomes == {False: 20, True: 10}


@pytest.mark.parametrize("cap", [{"calls": 3}, {"usd": 0.0007}, {"tokens": 250}], ids=str)
def test_what_fits_is_bought_where_whole_requests_would_not_fit(server: ModelServer, cap: dict[str, float]) -> None:
    budget = Budget(**cap)  # type: ignore[arg-type]
    rows = wait_for(draw(server, budget, 16, models=PRICED))
    bought = sum(isinstance(one, Sample) for row in rows for one in row)
    assert bought == sum(server.sold.values()) > 0
    assert bought <= cap.get("calls", 1e9)
    assert sum(PRICE.of(10, 5 * call.n) for call in server.calls) <= cap.get("usd", 1e9)
    assert sum(10 + 5 * call.n for call in server.calls) <= cap.get("tokens", 1e9)


def test_another_turn_may_take_as_much_again(server: ModelServer) -> None:
    async def go() -> list[int]:
        budget, bought = Budget(question=Caps(calls=3)), []
        async with Session(base_url=server.url, budget=budget) as session:
            for _ in range(3):
                budget.renew()
                lm = session.lm("m", QUESTIONS[0])
                work = [lm.fork(i).sample(Chat.user("the same")) for i in range(7)]
                got = await asyncio.gather(*work, return_exceptions=True)
                bought.append(sum(isinstance(one, Sample) for one in got))
        return bought

    assert wait_for(go()) == [3, 6, 7]  # what is there already costs nothing


def test_dollars_of_a_question_need_a_price(server: ModelServer) -> None:
    rows = wait_for(draw(server, Budget(question=Caps(usd=1.0)), 2))
    assert {type(one) for row in rows for one in row} == {ModelError}
    assert "usd_per_million_in" in str(rows[0][0])
    assert not server.calls


def test_what_is_replayed_needs_no_room() -> None:
    async def go() -> None:
        budget = Budget(0, 0, 0, calls=0, question=Caps(0, 0, 0, 0))
        budget.only = frozenset()
        async with budget.reserve("m", NOTHING):
            pass
        with pytest.raises(BudgetExhaustedError, match="without --retry-failed"):
            async with budget.reserve("m", Reservation(0.0, 1, 1, "q")):
                pass

    asyncio.run(go())


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 50), st.floats(0, 1), st.integers(0, 3)), max_size=40),
    st.integers(0, 400),
    st.integers(0, 150),
)
def test_no_ledger_is_exceeded_and_nobody_waits_for_ever(
    calls: list[tuple[int, int, float, int]], run: int, each: int
) -> None:
    took: Counter[int] = Counter()

    async def go() -> None:
        budget = Budget(tokens=run, question=Caps(tokens=each))

        async def call(question: int, most: int, share: float, turns: int) -> None:
            async with budget.reserve("m", Reservation(None, most, 1, str(question))):
                for _ in range(turns):
                    await asyncio.sleep(0)
                took[question] += int(most * share)
                budget.settle([Sample("", tokens_out=int(most * share))], str(question))

        got = await asyncio.wait_for(asyncio.gather(*(call(*one) for one in calls), return_exceptions=True), 10)
        for (question, most, _, _), error in zip(calls, got, strict=True):
            if error is None:
                continue
            # Whoever was refused would not fit now either: nothing is given back once it is spent.
            spent, cap = (took[question], each) if isinstance(error, ModelFailure) else (took.total(), run)
            assert spent + most > cap
            assert isinstance(error, ModelFailure | BudgetExhaustedError)
        assert took.total() <= run
        assert all(tokens <= each for tokens in took.values())
        assert budget.spent.tokens == took.total()

    asyncio.run(go())
