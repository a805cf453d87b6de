"""What a server can do to us: every fault is retried or refused, recorded, and never an answer."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import pytest
from aiohttp import web
from model_server import Call, Fault, ModelServer, body, hang, status

from compound.core import Chat, ModelError, ModelFailure, Question, Sample
from compound.models import http, sending
from compound.models.charges import TEMPLATE
from compound.models.session import Session, wait_for

QUESTION = Question("What is 3 + 4?", "number", "7")
PROMPT = Chat.user("What is 3 + 4?")
USAGE = {"prompt_tokens": 3, "completion_tokens": 4}


async def ask(server: ModelServer, n: int = 3, **session: object) -> tuple[list[Sample], list[tuple[str, str]]]:
    session.setdefault("timeout", 10.0)
    async with Session(base_url=server.url, **session) as opened:
        samples = await opened.lm("m", QUESTION).sample(PROMPT, n=n)
        return samples, opened.store.failures()


async def fail(server: ModelServer, **session: object) -> tuple[Exception, list[tuple[str, str]]]:
    session.setdefault("timeout", 10.0)
    async with Session(base_url=server.url, **session) as opened:
        with pytest.raises((ModelFailure, ModelError)) as raised:
            await opened.lm("m", QUESTION).sample(PROMPT)
        assert opened.store.count() == 0
        return raised.value, opened.store.failures()


def with_choices(choices: object, **more: object) -> Fault:
    return body(json.dumps({"choices": choices, "usage": USAGE, **more}))


def test_a_hang_is_a_timeout(server: ModelServer) -> None:
    server.faults = [hang]
    samples, _ = wait_for(ask(server, timeout=0.2))
    assert len(samples) == 3
    server.always = hang
    error, failures = wait_for(fail(server, timeout=0.05))
    assert str(error) == "timeout: no answer in 0.05 s"
    assert failures[0][1].startswith("timeout")


def test_a_failure_is_still_owed_and_bought_in_the_next_run(server: ModelServer, tmp_path) -> None:
    server.always = status(500)
    wait_for(fail(server, store=tmp_path / "s.db"))
    server.always = None
    samples, failures = wait_for(ask(server, 1, store=tmp_path / "s.db"))
    assert samples[0].text.startswith("Answer: 7")
    assert len(failures) == 1


def test_retry_after_is_waited_for(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LONGEST_WAIT", 5.0)
    monkeypatch.setattr(sending.random, "uniform", lambda low, high: 0.0)
    server.faults = [status(429, **{"Retry-After": "0.6"})]
    began = time.monotonic()
    wait_for(ask(server))
    assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize("code", [401, 403])
def test_refused_credentials_are_an_error_that_names_the_model(server: ModelServer, code: int) -> None:
    server.always = status(code, "Incorrect API key")
    error, failures = wait_for(fail(server))
    assert isinstance(error, ModelError)
    assert str(error) == f"m refuses the credentials ({code}: Incorrect API key): check the API key"
    assert len(server.calls) == 1
    assert not failures


def test_an_unknown_model_is_an_error_that_says_what_to_check(server: ModelServer) -> None:
    server.always = status(404, "no such model")
    error, _ = wait_for(fail(server))
    assert isinstance(error, ModelError)
    assert str(error) == "m is not there (404: no such model): check the model id and the address"
    assert len(server.calls) == 1


def test_nobody_listening_is_one_error_that_names_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    async def refused() -> list[BaseException]:
        async with Session(base_url=url) as session:
            lm = session.lm("m", QUESTION)
            many = [lm.fork(i).sample(Chat.user(str(i))) for i in range(40)]
            return await asyncio.gather(*many, return_exceptions=True)

    errors = wait_for(asyncio.wait_for(refused(), 10))
    assert {type(error) for error in errors} == {ModelError}
    (said,) = {str(error) for error in errors}
    assert url in said
    assert "--base-url" in said


@pytest.mark.parametrize("url", ["127.0.0.1:8000/v1", "ftp://x/v1", "http://", "nonsense", "http://[bad/v1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ModelError, match="not an address"):
        Session(base_url=url).client("m")


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(ModelError, match="OPENAI_API_KEY") as raised:
        Session(base_url="http://me:hunter22@127.0.0.1:1/v1").client("m")
    assert "hunter22" not in str(raised.value)


def test_a_server_that_goes_away_in_the_middle_leaves_failures_on_record() -> None:
    async def go() -> None:
        with ModelServer() as server:
            async with Session(base_url=server.url) as session:
                lm = session.lm("m", QUESTION)
                await lm.sample(PROMPT)
                await asyncio.to_thread(server.__exit__)
                with pytest.raises(ModelFailure, match=r"no connection|connection lost"):
                    await lm.fork(1).sample(PROMPT)
                assert session.store.count() == 1
                assert len(session.store.failures()) == 1

    wait_for(go())


def test_missing_usage_is_charged_what_was_reserved_and_flagged(server: ModelServer) -> None:
    server.usage = False
    samples, _ = wait_for(ask(server, 4))
    assert [s.estimated for s in samples] == [True] * 4
    assert [s.tokens_out for s in samples] == [1024] * 4
    assert sum(s.usage.tokens_in for s in samples) == PROMPT.size + TEMPLATE


@pytest.mark.parametrize("said", [-5, 10**30, "7", 1.5, True, None, float("nan")])
def test_an_absurd_count_of_tokens_is_no_usage(server: ModelServer, said: object) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": said, "completion_tokens_details": {"reasoning_tokens": said}}
    server.always = with_choices([{"message": {"content": "Answer: 7"}}], usage=usage)
    (sample,), _ = wait_for(ask(server, 1))
    assert sample.estimated
    assert sample.tokens_out == 1024
    assert sample.tokens_reasoning == 0


def test_what_servers_say_is_read(server: ModelServer) -> None:
    server.always = with_choices(
        [
            {"message": {"content": "a" * 9, "reasoning_content": "thought"}, "finish_reason": "length"},
            {"message": {"content": None, "refusal": "no"}, "finish_reason": "content_filter"},
            {"message": {"content": None}, "finish_reason": "stop"},
        ],
        model="m-2026",
        system_fingerprint="fp",
        usage={"prompt_tokens": 11, "completion_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 6}},
    )
    (long, refused, empty), _ = wait_for(ask(server, 3))
    assert (long.text, long.reasoning, long.finish) == ("a" * 9, "thought", "length")
    assert (refused.text, refused.finish) == ("no", "refusal")
    assert (empty.text, empty.finish) == ("", "stop")
    assert long.fingerprint == "m-2026/fp"
    assert long.tokens_out + refused.tokens_out + empty.tokens_out == 20
    assert long.tokens_reasoning + refused.tokens_reasoning + empty.tokens_reasoning == 6
    assert long.tokens_in == 11
    assert long.batch == 3


def test_text_that_no_file_can_hold_is_made_harmless(server: ModelServer, tmp_path) -> None:
    server.always = with_choices([{"message": {"content": "a\ud800b\x00c"}}], model="m\udfff")
    (bought,), _ = wait_for(ask(server, 1, store=tmp_path / "s.db"))
    (stored,), _ = wait_for(ask(server, 1, store=tmp_path / "s.db"))
    assert bought == stored
    assert bought.text == "a?b\x00c"
    assert len(server.calls) == 1


def test_an_error_that_no_file_can_hold_is_recorded(server: ModelServer) -> None:
    server.always = body('{"error": {"message": "a\\ud800b"}}')
    server.faults = [status(400, "x")]
    error, failures = wait_for(fail(server))
    assert isinstance(error, ModelFailure)
    assert len(failures) == 1

    async def surrogate(request: web.Request, call: Call) -> web.StreamResponse:
        return web.Response(status=400, body=b'{"error": {"message": "a\\ud800b"}}')

    server.always = surrogate
    error, failures = wait_for(fail(server))
    assert failures == [("m", "bad request: 400: a?b (attempts: 1)")]


def test_no_failure_text_is_longer_than_a_line(server: ModelServer) -> None:
    server.always = status(400, "very\nlong " * 1000)
    error, _ = wait_for(fail(server))
    assert len(str(error)) < 300
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("said", "wait"),
    [(None, None), ("3", 3.0), ("-1", 0.0), ("soon", None), (2.5, 2.5), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_read(said: str | float | None, wait: float | None) -> None:
    failure = http.failure(429, "", "m", said)
    assert isinstance(failure, ModelFailure)
    assert failure.retry_after == wait
