"""Hundreds of calls at once to a provider that fails: by its own count of what it sold, no cap is exceeded."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from aiohttp import web
from model_server import Call, ModelServer, reset, status

from compound.core import BudgetExhaustedError, Chat, ModelFailure, Question, Sample
from compound.models.budget import Budget, Price
from compound.models.limits import Limiter
from compound.models.session import Session, wait_for
from compound.models.settings import ModelSettings

PRICE = Price(1e-6, 10e-6)
MOST = 40  # completion tokens
HOSTED = "openai/gpt-4o-mini"


class Failing(ModelServer):
    """Every completion takes 1 to MOST tokens; every second call or so goes wrong, often after the work was done.

    `billed` is what the provider would charge: for answers that arrived, and for work whose answer was lost.
    Nothing is answered until `together` calls have come in. Who asks waits for `patience` seconds.
    """

    def __init__(self, seed: int, together: int, patience: float) -> None:
        super().__init__()
        self.patience = patience
        self.together = together
        self.rng = random.Random(seed)
        self.billed: list[tuple[int, int, int]] = []  # prompt tokens, completion tokens, completions of each call
        self.always = self.misbehave

    def sell(self, call: Call) -> dict[str, object]:
        reply = self.reply(call)
        into, out = len(call.prompt), sum(self.rng.randint(1, MOST) for _ in range(call.n))
        self.billed.append((into, out, call.n))
        reply["usage"] = {"prompt_tokens": into, "completion_tokens": out}
        return reply

    async def misbehave(self, request: web.Request, call: Call) -> web.StreamResponse:
        while len(self.calls) < self.together:  # noqa: ASYNC110 - nobody would say so
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.02 * self.rng.random())
        what = self.rng.choice(["well", "well", "well", "well", "500", "429", "hang", "reset", "half", "not JSON"])
        if what in ("500", "429"):  # refused: nothing is sold
            refused = await status(int(what))(request, call)
            assert refused is not None
            return refused
        reply = self.sell(call)
        if what == "hang":
            await asyncio.sleep(self.patience + 0.2)
        if what == "reset":
            return await reset(request, call)
        if what == "half":
            return web.Response(body=b'{"choices": [{"message": {"content": "Ans', content_type="application/json")
        return web.Response(text="busy") if what == "not JSON" else web.json_response(reply)

    def __exit__(self, *_: object) -> None:
        while self.busy:  # answers that nobody waits for any more
            time.sleep(0.02)
        super().__exit__()

    @property
    def usd(self) -> float:
        return sum(PRICE.of(into, out) for into, out, _ in self.billed)

    @property
    def tokens(self) -> int:
        return sum(into + out for into, out, _ in self.billed)

    @property
    def completions(self) -> int:
        return sum(n for _, _, n in self.billed)


async def asked(server: Failing, budget: Budget, calls: int, n: int, model: str) -> tuple[list[object], int]:
    """What became of every draw, and how many samples are filed."""
    settings = ModelSettings(PRICE, max_in_flight=200)
    url = None if model == HOSTED else server.url
    async with Session(base_url=url, budget=budget, timeout=server.patience, models={model: settings}) as session:
        session.client(model)._sender.limiter = Limiter(200, 200)
        lms = [session.lm(model, Question(f"question {i}"), parameters={"max_tokens": MOST}) for i in range(calls)]
        work = [lm.fork(j).sample(Chat.user(lm.question.text)) for lm in lms for j in range(n)]
        got = await asyncio.gather(*work, return_exceptions=True)
        return got, session.store.count()


def check(server: Failing, budget: Budget, got: list[object], filed: int) -> None:
    bought = [one for one in got if isinstance(one, Sample)]
    assert len(bought) == filed
    assert all(isinstance(one, Sample | ModelFailure | BudgetExhaustedError) for one in got)
    assert budget.spent.usd == pytest.approx(sum(one.usd or 0.0 for one in bought))
    assert budget.spent.calls == filed
    # What arrived is charged as sold, and of what was lost no less than was sold.
    lost = [budget.lost.usd or 0.0, budget.lost.tokens, budget.lost.calls]
    sold = [server.usd, server.tokens, server.completions]
    spent = [budget.spent.usd or 0.0, budget.spent.tokens, budget.spent.calls]
    for at in range(3):
        assert spent[at] <= sold[at] * (1 + 1e-12)
        assert sold[at] <= (spent[at] + lost[at]) * (1 + 1e-12)


CAPS = [
    {"usd": 0.0837},
    pytest.param({"tokens": 6000}, marks=pytest.mark.slow),
    pytest.param({"calls": 111}, marks=pytest.mark.slow),
    {"usd": 0.09, "tokens": 12_000, "calls": 150},
]


def keeps(
    seed: int, cap: dict[str, float], *, calls: int, n: int, together: int = 0, model: str = "m"
) -> list[object]:
    patience = 2.0 if together or model == HOSTED else 0.3
    with Failing(seed, together, patience) as server:
        budget = Budget(**cap)  # type: ignore[arg-type]
        got, filed = wait_for(asked(server, budget, calls, n, model))
        check(server, budget, got, filed)
        assert server.usd <= cap.get("usd", 1e9)
        assert server.tokens <= cap.get("tokens", 1e9)
        assert server.completions <= cap.get("calls", 1e9)
        assert server.most_busy >= together
        return got


@pytest.mark.parametrize("cap", CAPS, ids=str)
def test_no_cap_is_exceeded_by_the_providers_own_count(cap: dict[str, float]) -> None:
    got = keeps(1, cap, calls=150, n=3)
    assert any(isinstance(one, BudgetExhaustedError) for one in got)
    assert any(isinstance(one, Sample) for one in got)


@pytest.mark.slow
def test_two_hundred_calls_in_flight() -> None:
    got = keeps(2, {"usd": 0.15}, calls=400, n=1, together=200)
    assert any(isinstance(one, BudgetExhaustedError) for one in got)
    assert any(isinstance(one, Sample) for one in got)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_whatever_fails_no_cap_is_exceeded(seed: int) -> None:
    rng = random.Random(seed)
    cap: dict[str, float] = {}
    while not cap:
        cap = {
            "usd": rng.uniform(0.001, 0.3),
            "tokens": rng.randrange(500, 40_000),
            "calls": rng.randrange(20, 500),
        }
        cap = {name: most for name, most in cap.items() if rng.random() < 0.6}
    keeps(seed, cap, calls=rng.choice([200, 600]), n=rng.choice([1, 2, 8]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_nor_is_it_through_litellm(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-this-test")
    started = Failing.__enter__

    def configured(server: Failing) -> Failing:
        started(server)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        return server

    monkeypatch.setattr(Failing, "__enter__", configured)
    cap = {"usd": 0.05 * (1 + seed)} if seed % 2 else {"calls": 200 * (1 + seed)}
    got = keeps(seed, cap, calls=200, n=4, model=HOSTED)
    assert any(isinstance(one, Sample) for one in got)
