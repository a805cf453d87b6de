"""Prices: LiteLLM's list without network, key or import; what is set by hand comes first; unknown stays unknown."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from model_server import ModelServer

from compound.core import BudgetExhaustedError, Chat, ModelError, ModelFailure, Question, Sample
from compound.models.backend import find_backend, find_embedder
from compound.models.budget import Budget, Price
from compound.models.session import Session, wait_for
from compound.models.settings import ModelSettings

QUESTION = Question("What is 3 + 4?", "number", "7")


async def ask(server: ModelServer, n: int, budget: Budget | None = None, **settings: object) -> list[object]:
    models = {"m": ModelSettings(**settings)}
    async with Session(base_url=server.url, budget=budget, models=models) as session:
        lms = [session.lm("m", QUESTION, parameters={"max_tokens": 20}) for _ in range(n)]
        work = [lm.sample(Chat.user(f"question {i}")) for i, lm in enumerate(lms)]
        return await asyncio.gather(*work, return_exceptions=True)


def test_a_listed_price_is_known_without_a_key_and_litellm_is_not_imported() -> None:
    program = """
import sys
from compound.models.backend import find_backend, list_price
backend = find_backend("openai/gpt-4o-mini")
price = list_price(backend)
print(price.prompt, price.completion, "litellm" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1.5e-07", "6e-07", "False"]


def test_prices_of_ids_with_and_without_a_provider_and_of_embeddings() -> None:
    assert find_backend("gpt-4o-mini").price() == find_backend("openai/gpt-4o-mini").price()
    assert find_backend("openai/a-model-that-nobody-lists").price() is None
    embedding = find_embedder("openai/text-embedding-3-small").price()
    assert embedding == Price(2e-8, 0.0)


def test_a_price_set_by_hand_is_charged_and_caps_hold(server: ModelServer) -> None:
    price = Price(2e-6, 8e-6)
    (sample,) = wait_for(ask(server, 1, price=price))
    assert isinstance(sample, Sample)
    assert sample.usd == pytest.approx(price.of(10, 5))
    budget = Budget(usd=0.001)
    got = wait_for(ask(server, 60, budget, price=price))
    assert {type(one) for one in got} == {Sample, BudgetExhaustedError}
    assert budget.spent.usd == pytest.approx((len(server.calls) - 1) * price.of(10, 5))
    assert budget.spent.usd <= 0.001


def test_a_price_of_zero_set_by_hand_is_known(server: ModelServer) -> None:
    (sample,) = wait_for(ask(server, 1, Budget(usd=0.01), price=Price(0.0, 0.0)))
    assert isinstance(sample, Sample)
    assert sample.usd == 0.0


def test_without_a_price_a_cap_in_dollars_is_refused_and_says_how_to_set_it(server: ModelServer) -> None:
    (error,) = wait_for(ask(server, 1, Budget(usd=1.0)))
    assert isinstance(error, ModelError)
    assert "models: {m: {usd_per_million_in: …, usd_per_million_out: …}}" in str(error)
    assert not server.calls


def test_what_is_set_of_one_model_is_not_set_of_another() -> None:
    async def go() -> dict[str, Price | None]:
        models = {"sim/beta(2,2)": ModelSettings(Price(1.0, 2.0))}
        async with Session(models=models) as session:
            session.client("sim/beta(2,2)"), session.client("sim/beta(3,3)?price=1/2")
            return session.prices

    assert wait_for(go()) == {"sim/beta(2,2)": Price(1.0, 2.0), "sim/beta(3,3)?price=1/2": Price(1e-6, 2e-6)}


def test_no_more_are_in_flight_than_may_be(server: ModelServer) -> None:
    server.delay = 0.02
    got = wait_for(ask(server, 30, max_in_flight=3))
    assert all(isinstance(one, Sample) for one in got)
    assert server.most_busy <= 3


def test_a_model_has_a_timeout_of_its_own(server: ModelServer) -> None:
    server.delay = 0.15
    (error,) = wait_for(ask(server, 1, timeout=0.05))
    assert isinstance(error, ModelFailure)
    assert str(error) == "timeout: no answer in 0.05 s"
