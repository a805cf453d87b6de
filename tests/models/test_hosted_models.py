"""Models through LiteLLM: refused before anything is sent, or answered by a real server on this machine."""

from __future__ import annotations

import traceback

import pytest
from model_server import ModelServer, status

from compound.core import Chat, MissingAbilityError, ModelError, ModelFailure, Question, Text
from compound.models.session import Session, wait_for

QUESTION = Question("What is 3 + 4?", "number", "7")
PROMPT = Chat.user("What is 3 + 4?")
KEY = "sk-DISTINCTIVE-0123456789"


async def ask(model: str, n: int = 3, prompt: Chat | Text = PROMPT, **parameters: object):
    async with Session(timeout=20) as session:
        samples = await session.lm(model, QUESTION, parameters=parameters).sample(prompt, n=n)
        return samples, session.budget.spent, session.store.failures()


@pytest.fixture
def _pointed(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_BASE", server.url)


def test_an_unknown_id_is_refused_with_examples() -> None:
    with pytest.raises(ModelError, match=r"unknown model 'nobody-knows-it'.*openai/gpt-4o-mini"):
        wait_for(ask("nobody-knows-it"))


def test_a_missing_key_is_named_with_the_way_out_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(ModelError, match=r"set OPENAI_API_KEY, or use -m local/smollm2-135m"):
        wait_for(ask("openai/gpt-4o-mini"))
    with pytest.raises(ModelError, match="ANTHROPIC_API_KEY"):
        wait_for(ask("anthropic/claude-3-5-haiku-20241022"))


@pytest.mark.usefixtures("_pointed")
def test_a_round_trip_in_one_call_with_its_price(server: ModelServer) -> None:
    samples, spent, _ = wait_for(ask("openai/gpt-4o-mini", temperature=0.5))
    assert len({s.text for s in samples}) == 3
    assert [call.n for call in server.calls] == [3]
    assert server.calls[0].body["temperature"] == 0.5
    assert server.calls[0].body["max_tokens"] == 1024
    assert server.calls[0].headers["Authorization"] == f"Bearer {KEY}"
    assert spent.usd == pytest.approx(10 * 0.15e-6 + 15 * 0.6e-6)
    assert spent.tokens == pytest.approx(25)
    assert not any(s.estimated for s in samples)


@pytest.mark.usefixtures("_pointed")
def test_the_address_from_the_environment_is_part_of_the_request(server: ModelServer) -> None:
    samples, _, _ = wait_for(ask("openai/gpt-4o-mini", 1))
    assert samples[0].draw is not None
    assert samples[0].draw.request.endpoint == server.url


@pytest.mark.usefixtures("_pointed")
def test_missing_usage_is_not_taken_for_zero(server: ModelServer) -> None:
    server.usage = False
    samples, _, _ = wait_for(ask("openai/gpt-4o-mini"))
    assert all(s.estimated and s.tokens_out == 1024 for s in samples)


@pytest.mark.usefixtures("_pointed")
def test_a_plain_text_is_an_ability_that_it_has_not(server: ModelServer) -> None:
    with pytest.raises(MissingAbilityError, match="--base-url"):
        wait_for(ask("openai/gpt-4o-mini", prompt=Text("One, two,")))
    assert not server.calls


@pytest.mark.usefixtures("_pointed")
@pytest.mark.parametrize(("code", "reason"), [(429, "rate limit"), (500, "server error"), (503, "server error")])
def test_faults_are_retried_and_then_right(server: ModelServer, code: int, reason: str) -> None:
    server.faults = [status(code)] * 2
    samples, _, failures = wait_for(ask("openai/gpt-4o-mini"))
    assert len(samples) == 3
    assert len(server.calls) == 3  # LiteLLM itself does not retry
    assert not failures
    server.always = status(code)
    with pytest.raises(ModelFailure, match=reason):
        wait_for(ask("openai/gpt-4o-mini"))
    assert len(server.calls) == 9


@pytest.mark.usefixtures("_pointed")
@pytest.mark.parametrize("code", [401, 404])
def test_a_refusal_names_the_model_and_never_the_key(server: ModelServer, code: int) -> None:
    server.always = status(code, f"no access with {KEY}")
    with pytest.raises(ModelError, match="openai/gpt-4o-mini") as raised:
        wait_for(ask("openai/gpt-4o-mini"))
    assert len(server.calls) == 1
    assert KEY not in "".join(traceback.format_exception(raised.value))


@pytest.mark.usefixtures("_pointed")
def test_a_bad_request_is_a_failure_that_is_not_retried(server: ModelServer) -> None:
    server.always = status(400, "prompt is too long")
    with pytest.raises(ModelFailure, match="bad request"):
        wait_for(ask("openai/gpt-4o-mini", 1))
    assert len(server.calls) == 1
