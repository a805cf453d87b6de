"""A server that misbehaves, behind LiteLLM and behind --base-url: right answers or named failures, to the token.

Every case is checked against the server's own count of what it made, and against the store.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from model_server import Call, Fault, ModelServer, body, cut, drip, hang, only, refuse_n, spoil, status

from compound.core import Chat, Failed, ModelError, ModelFailure, Notice, Observer, Question, Sample, Silent, Usage
from compound.models import sending
from compound.models.budget import Budget, Price
from compound.models.session import Session, wait_for
from compound.models.settings import ModelSettings

KEY = "sk-DISTINCTIVE-0123456789"
QUESTION = Question("What is 3 + 4?", "number", "7")
PROMPT = Chat.user("What is 3 + 4?")
PRICE = Price(1e-6, 10e-6)
USAGE = {"prompt_tokens": 3, "completion_tokens": 4}


@dataclass
class Outcome:
    """What a session ended with."""

    samples: list[Sample] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    spent: Usage = field(default_factory=Usage)
    lost: Usage = field(default_factory=Usage)


@dataclass
class Door:
    """A way to the server: a model id, and where it is not LiteLLM the address."""

    model: str
    base_url: str | None
    store: Path

    def ask(
        self, n: int = 3, questions: int = 1, timeout: float = 10.0, observer: Observer | None = None
    ) -> Outcome:
        """The samples of some questions, asked all at once."""

        async def go() -> Outcome:
            budget = Budget()
            async with Session(
                self.store, base_url=self.base_url, budget=budget, timeout=timeout, observer=observer or Silent(),
                models={self.model: ModelSettings(price=PRICE)},
            ) as session:  # fmt: skip
                prompts = [PROMPT, *(Chat.user(f"question {i}") for i in range(1, questions))]
                asked = (session.lm(self.model, QUESTION).sample(prompt, n=n) for prompt in prompts)
                got = await asyncio.gather(*asked, return_exceptions=True)
                samples = [sample for one in got if isinstance(one, list) for sample in one]
                errors = [one for one in got if isinstance(one, BaseException)]
                return Outcome(samples, errors, session.store.failures(), budget.spent, budget.lost)

        return wait_for(asyncio.wait_for(go(), 30))

    def filed(self) -> list[tuple[str, int, str]]:
        """Text, tokens and name of the call of every sample in the store, which is whole."""
        with sqlite3.connect(self.store) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
            return db.execute("SELECT text, tokens_out, call FROM samples").fetchall()


@pytest.fixture(scope="module")
def _litellm() -> None:
    """A first import of LiteLLM takes its time."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm  # noqa: F401


@pytest.fixture(params=["server", "hosted"])
def door(request, _litellm: None, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    if request.param == "server":
        return Door("m", server.url, tmp_path / "s.db")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    return Door("openai/gpt-4o-mini", None, tmp_path / "s.db")


def with_choices(choices: object, **more: object) -> Fault:
    return body(json.dumps({"choices": choices, "usage": USAGE, **more}))


FAULTS = {
    "429": (lambda s: status(429), "rate limit"),
    "429 with Retry-After": (lambda s: status(429, **{"Retry-After": "1"}), "rate limit"),
    "429 with a date": (lambda s: status(429, **{"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}), "rate limit"),
    "429 with a date beyond reckoning": (
        lambda s: status(429, **{"Retry-After": "Mon, 01 Jan 99999999999999 00:00:00 GMT"}),
        "rate limit",
    ),
    "429 with an endless wait": (lambda s: status(429, **{"Retry-After": "inf"}), "rate limit"),
    "429 with no number": (lambda s: status(429, **{"Retry-After": "nan"}), "rate limit"),
    "429 with a day": (lambda s: status(429, **{"Retry-After": "86400"}), "rate limit"),
    "500": (lambda s: status(500), "server error"),
    "503": (lambda s: status(503, **{"Retry-After": "1"}), "server error"),
    "reset": (cut, "connection lost"),
    "truncated": (lambda s: spoil(s, lambda raw: raw[:-40]), "bad reply"),
    "not JSON": (lambda s: spoil(s, lambda raw: b"<html>busy</html>", "text/html"), "bad reply"),
    "empty": (lambda s: spoil(s, lambda raw: b""), "bad reply"),
    "not UTF-8": (lambda s: spoil(s, lambda raw: b'{"choices": "\xff\xfe"}'), "bad reply"),
    "deeply nested": (lambda s: body("[" * 100_000), "bad reply"),
    "a list": (lambda s: body("[1, 2]"), "bad reply"),
    "null": (lambda s: body("null"), "bad reply"),
    "an error with 200": (lambda s: body('{"error": {"message": "overloaded"}}'), "bad reply"),
    "no choices": (lambda s: with_choices([]), "bad reply"),
    "null choices": (lambda s: with_choices(None), "bad reply"),
    "choices of another kind": (lambda s: with_choices("text"), "bad reply"),
    "no message": (lambda s: with_choices([{"message": None}]), "bad reply"),
    "no content": (lambda s: with_choices([{"index": 0}]), "bad reply"),
}
NEVER_BILLED = {"rate limit", "server error"}
# LiteLLM takes its time: what it does with each fault is seen in full where time matters less.
QUICK = {"429 with Retry-After", "503", "reset", "truncated", "no choices"}
CASES = [
    pytest.param(door, name, marks=[pytest.mark.slow] if door == "hosted" and name not in QUICK else [])
    for door in ("server", "hosted")
    for name in FAULTS
]


@pytest.mark.parametrize(("door", "name"), CASES, indirect=["door"])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_after_a_fault_the_right_samples_arrive_and_are_paid_to_the_token(
    door: Door, server: ModelServer, name: str
) -> None:
    made, reason = FAULTS[name]
    server.faults = [made(server)] * 2
    got = door.ask()
    assert not got.errors
    assert not got.failures
    assert len(server.calls) == 3
    assert len({s.text for s in got.samples}) == 3
    assert all(s.text.startswith("Answer: 7") for s in got.samples)
    assert [text for text, _, _ in door.filed()] == [s.text for s in got.samples]
    assert got.spent.tokens == server.bill["whole"] == 25
    assert got.spent.usd == pytest.approx(PRICE.of(10, 15), rel=1e-12)
    assert got.lost.tokens >= server.bill["spoilt"]
    assert bool(got.lost.tokens) == (reason not in NEVER_BILLED)


@pytest.mark.parametrize(("door", "name"), CASES, indirect=["door"])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_a_lasting_fault_is_given_up_and_recorded_with_its_reason(
    door: Door, server: ModelServer, heard, name: str
) -> None:
    made, reason = FAULTS[name]
    server.always = made(server)
    got = door.ask(1, observer=heard)
    (error,) = got.errors
    assert isinstance(error, ModelFailure)
    assert error.reason == reason
    assert len(server.calls) == sending.ATTEMPTS
    assert [(model, text.startswith(reason)) for model, text in got.failures] == [(door.model, True)]
    assert got.failures[0][1].endswith(f"(attempts: {sending.ATTEMPTS})")
    assert len(heard.of(Failed)) == 1
    assert door.filed() == []
    assert got.spent.tokens == 0
    assert got.lost.tokens >= server.bill["spoilt"]


@pytest.mark.parametrize("made", [lambda s: hang, drip], ids=["hang", "drip"])
def test_the_time_of_a_call_counts_to_its_last_byte(
    door: Door, server: ModelServer, monkeypatch: pytest.MonkeyPatch, made
) -> None:
    monkeypatch.setattr(sending, "ATTEMPTS", 2)
    door.ask()  # LiteLLM makes a client for every address
    server.bill.clear()
    server.faults = [made(server)]
    got = door.ask(4, timeout=0.3)
    assert len({s.text for s in got.samples}) == 4
    assert got.spent.tokens == server.bill["whole"]
    assert got.lost.tokens >= server.bill["spoilt"]
    server.always = made(server)
    (error,) = door.ask(1, questions=2, timeout=0.05).errors
    assert str(error) == "timeout: no answer in 0.05 s"
    assert len(door.filed()) == 4


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nothing_goes_to_the_other_host(
    door: Door, server: ModelServer, code: int
) -> None:
    with ModelServer() as elsewhere:
        server.always = status(code, Location=f"{elsewhere.url}/chat/completions")
        (error,) = door.ask().errors
        assert isinstance(error, ModelError)
        assert f"{door.model} redirects elsewhere ({code})" in str(error)
        assert not elsewhere.calls
        assert len(server.calls) == 1
    assert KEY not in "".join(traceback.format_exception(error))


def test_ten_megabytes_are_an_answer(door: Door, server: ModelServer) -> None:
    big = "x" * (10 << 20)
    server.faults = [with_choices([{"message": {"role": "assistant", "content": big}, "finish_reason": "length"}])]
    (sample,) = door.ask(1).samples
    assert sample.text == big
    assert sample.truncated
    assert [(len(text), tokens) for text, tokens, _ in door.filed()] == [(len(big), 4)]


def test_more_than_64_megabytes_are_refused_at_once(door: Door, server: ModelServer) -> None:
    sent = 0

    async def flood(request: web.Request, call: Call) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(b"x" * (1 << 20))
            sent += 1 << 20
        return response

    server.always = flood
    got = door.ask(1)
    assert [str(error) for error in got.errors] == ["bad reply: the reply is larger than 64 MB"]
    assert len(server.calls) == len(got.failures) == 1
    assert sent < 100 << 20


def test_n_ignored_is_found_out_and_every_completion_is_bought_once(door: Door, server: ModelServer, heard) -> None:
    server.always = only(server, 1)
    got = door.ask(5, observer=heard)
    assert len({s.text for s in got.samples}) == 5
    assert sum(server.sold.values()) == len(door.filed()) == 5
    assert got.spent.tokens == server.bill["whole"] == 5 * 15
    assert [event.text for event in heard.of(Notice)] == [
        f"{door.model} gave 1 of 5 completions asked for at once: from now on one call a completion, and each pays "
        "for the prompt"
    ]


def test_n_refused_is_worked_around_and_paid_once(door: Door, server: ModelServer) -> None:
    server.always = refuse_n
    got = door.ask(5)
    assert len({s.text for s in got.samples}) == 5
    assert got.spent.tokens == server.bill["whole"] == 5 * 15
    assert got.lost.tokens == 0


def test_completions_that_nobody_asked_for_are_paid_and_not_kept(door: Door, server: ModelServer) -> None:
    async def generous(request: web.Request, call: Call) -> web.StreamResponse:
        return web.json_response(server.reply(call, call.n + 3))

    server.always = generous
    got = door.ask(2)
    assert len(got.samples) == len(door.filed()) == 2
    assert got.spent.tokens == server.bill["whole"] == 10 + 5 * 5


def test_missing_usage_is_charged_as_reserved(door: Door, server: ModelServer) -> None:
    server.usage = False
    got = door.ask(2)
    assert all(s.estimated for s in got.samples)
    assert got.spent.tokens >= server.bill["whole"]


def test_ids_given_twice_confuse_nobody(door: Door, server: ModelServer) -> None:
    def twice(raw: bytes) -> bytes:
        reply = json.loads(raw)
        return json.dumps(
            {**reply, "id": "same", "choices": [{**c, "index": 0} for c in reply["choices"]]}
        ).encode()

    server.always = spoil(server, twice)
    got = door.ask(3, questions=4)
    assert len({s.text for s in got.samples}) == len({text for text, _, _ in door.filed()}) == 12
    assert len({call for _, _, call in door.filed()}) == 4
    assert got.spent.tokens == server.bill["spoilt"]


def test_a_wrong_content_type_with_the_right_content_is_an_answer(door: Door, server: ModelServer) -> None:
    server.always = spoil(server, lambda raw: raw, "text/plain")
    got = door.ask()
    assert len({s.text for s in got.samples}) == 3
    assert got.spent.tokens == server.bill["spoilt"]


def test_a_key_refused_half_way_loses_nothing_that_was_paid(door: Door, server: ModelServer) -> None:
    async def expires(request: web.Request, call: Call) -> web.StreamResponse | None:
        if sum(server.sold.values()) < 12:
            return None
        return web.json_response({"error": {"message": f"no access with {KEY}"}}, status=401)

    server.always = expires
    got = door.ask(3, questions=10)
    assert {type(error) for error in got.errors} == {ModelError}
    assert {str(error) for error in got.errors} == {str(got.errors[0])}
    assert "refuses the credentials" in str(got.errors[0])
    assert KEY not in "".join(line for error in got.errors for line in traceback.format_exception(error))
    kept = {text for text, _, _ in door.filed()}
    assert kept == {s.text for s in got.samples}
    assert len(kept) == sum(server.sold.values()) >= 12
    assert got.spent.tokens == server.bill["whole"]
    assert KEY.encode() not in b"".join(path.read_bytes() for path in door.store.parent.glob("s.db*"))

    server.always = None
    again = door.ask(3, questions=10)
    assert len(again.samples) == len(door.filed()) == sum(server.sold.values()) == 30
    assert kept <= {s.text for s in again.samples}


def says(code: int, error: dict[str, str]) -> Fault:
    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        return web.json_response({"error": error}, status=code)

    return fault


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (402, {"message": f"Insufficient Balance of {KEY}"}),
        (429, {"message": f"You exceeded your quota, {KEY}" + " x" * 200, "code": "insufficient_quota"}),
    ],
)
def test_an_account_without_credit_ends_the_run_and_the_next_goes_on(
    door: Door, server: ModelServer, code: int, error: dict[str, str]
) -> None:
    assert len(door.ask(3).samples) == 3
    server.always = says(code, error)
    got = door.ask(3, questions=2)
    assert len(server.calls) == 2  # the first question is in the store; the second is not tried again
    (raised,) = got.errors
    assert isinstance(raised, ModelError)
    assert str(raised).startswith(f"{door.model}: the account has no credit ({code}: ")
    assert str(raised).endswith("): top it up and run again; everything that was bought is kept")
    assert KEY not in "".join(traceback.format_exception(raised))
    assert not got.failures
    server.always = None
    assert len(door.ask(3, questions=2).samples) == len(door.filed()) == sum(server.sold.values()) == 6


def test_a_quota_of_a_minute_is_no_matter_of_credit(door: Door, server: ModelServer) -> None:
    server.faults = [says(429, {"message": "insufficient_quota a minute", "code": "rate_limit_exceeded"})]
    assert len(door.ask(3).samples) == 3


@pytest.mark.parametrize("model", ["openai/m", "deepseek/m"])  # a body as a mapping, and as text
def test_litellm_hands_on_the_code_of_an_error_in_two_ways(
    _litellm: None, server: ModelServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str
) -> None:
    provider = model.partition("/")[0].upper()
    for name, value in (("API_KEY", KEY), ("BASE_URL", server.url), ("API_BASE", server.url)):
        monkeypatch.setenv(f"{provider}_{name}", value)
    server.always = says(429, {"message": "no", "code": "insufficient_quota"})
    (error,) = Door(model, None, tmp_path / "s.db").ask().errors
    assert isinstance(error, ModelError)
    assert "no credit" in str(error)
    assert len(server.calls) == 1


def test_a_storm_of_429_with_and_without_a_wait_ends_with_every_sample_once(
    door: Door, server: ModelServer
) -> None:
    server.faults = [status(429), status(429, **{"Retry-After": "0.01"}), status(503), cut(server)] * 8
    got = door.ask(4, questions=40)
    assert not got.errors
    assert not got.failures
    assert len(got.samples) == len({s.text for s in got.samples}) == len(door.filed()) == 160
    assert got.spent.tokens == server.bill["whole"] == 40 * 10 + 160 * 5
    assert got.spent.usd == pytest.approx(40 * PRICE.of(10, 20), rel=1e-9)
    assert got.lost.tokens >= server.bill["spoilt"] > 0


def test_retry_after_is_read_at_both_doors(door: Door, server: ModelServer) -> None:
    server.always = status(429, **{"Retry-After": "2.5"})
    (error,) = door.ask(1).errors
    assert isinstance(error, ModelFailure)
    assert error.retry_after == 2.5


def test_the_key_goes_to_the_configured_address_only(door: Door, server: ModelServer) -> None:
    server.faults = [status(500), cut(server), status(429)]
    door.ask()
    assert [call.headers["Authorization"] for call in server.calls] == [f"Bearer {KEY}"] * 4
