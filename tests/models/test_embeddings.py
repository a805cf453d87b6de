"""Embeddings from a real server on this machine, through LiteLLM and by its address: bought once, and metered."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from model_server import Call, ModelServer, body, hang, status, vector_of

from compound.core import (
    BudgetExhaustedError,
    CompoundError,
    MissingAbilityError,
    ModelError,
    ModelFailure,
    Question,
    Sample,
)
from compound.models.budget import Budget
from compound.models.embedding import unit_vectors
from compound.models.lm import LM
from compound.models.session import Session, wait_for

QUESTION = Question("What is 3 + 4?", "number", "7")
KEY = "sk-DISTINCTIVE-0123456789"
MODEL = "openai/text-embedding-3-small"
PRICE = 0.02e-6
TEXTS = ["one", "a longer text", "ünïcödé ☃"]


@pytest.fixture(params=["hosted", "server"])
def where(request: pytest.FixtureRequest, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The server, once as the address that the environment gives to LiteLLM and once as --base-url."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    if request.param == "server":
        return {"base_url": server.url}
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    return {}


def within(work: Callable[[LM, Session], Awaitable[Any]], store: Path | None = None, **options: Any) -> Any:
    """What some work gives in a session of its own."""

    async def done() -> Any:
        async with Session(store, **{"timeout": 20, **options}) as session:
            return await work(session.lm("sim/beta(2,2)", QUESTION), session)

    return wait_for(done())


def embed(texts: list[str], store: Path | None = None, **options: Any) -> tuple[list[Sample], Session]:
    async def work(lm: LM, session: Session) -> tuple[list[Sample], Session]:
        return list((await lm.embed(texts, MODEL)).samples), session

    found: tuple[list[Sample], Session] = within(work, store, **options)
    return found


def numbers(sample: Sample) -> list[float]:
    return np.frombuffer(sample.vector or b"", "<f4").tolist()


@pytest.mark.filterwarnings("ignore:Pydantic serializer")  # LiteLLM's, of base64 that it did not ask for
@pytest.mark.parametrize(("in_base64", "backwards"), [(False, False), (False, True), (True, False), (True, True)])
def test_each_text_gets_its_own_vector(server: ModelServer, where, in_base64: bool, backwards: bool) -> None:
    server.coded, server.backwards = in_base64, backwards
    samples, session = embed(TEXTS, **where)
    assert [numbers(sample) for sample in samples] == [vector_of(text) for text in TEXTS]
    (call,) = server.calls
    assert (call.path, call.body["input"]) == ("/v1/embeddings", TEXTS)
    assert call.headers["Authorization"] == f"Bearer {KEY}"
    spent = session.budget.spent
    assert (spent.calls, spent.tokens_in, spent.tokens_out) == (0, 9, 0)
    assert spent.usd == (None if where else pytest.approx(9 * PRICE))
    assert sum(sample.usage.tokens_in for sample in samples) == 9
    assert samples[1].usage.tokens_in > samples[0].usage.tokens_in  # by length
    assert {sample.fingerprint for sample in samples} == {"fake-1"}


def test_a_vector_is_bought_once_whoever_asks_and_when(server: ModelServer, where, tmp_path: Path) -> None:
    server.delay = 0.05
    store = tmp_path / "s.db"

    async def at_once(lm: LM, session: Session) -> Any:
        asked = (lm.fork(i).embed([TEXTS[i % 3], "shared", "shared"], MODEL) for i in range(12))
        found = await asyncio.gather(*asked)
        other = session.lm("sim/beta(2,2)", Question("Another?"), replicate=1)
        return found, await other.embed(["shared"], MODEL), session.budget.spent

    found, other, spent = within(at_once, store, **where)
    assert server.sold == dict.fromkeys([*TEXTS, "shared"], 1)
    assert all(numbers(each.samples[1]) == vector_of("shared") for each in found)
    bills = [each.usage for each in found]
    assert sum(bill.tokens_in for bill in bills) == spent.tokens_in == 12, "one bill for one text of one solve"
    assert other.usage == other.samples[0].usage, "another question's bill is its own"
    asked_before = len(server.calls)
    again, session = embed([*TEXTS, "shared"], store, **where)
    assert [numbers(sample) for sample in again] == [vector_of(text) for text in [*TEXTS, "shared"]]
    assert len(server.calls) == asked_before
    assert session.budget.spent.tokens == 0


def test_many_texts_go_in_a_few_calls_and_large_ones_in_smaller(server: ModelServer, where) -> None:
    texts = [f"text {i}" for i in range(200)] + ["x" * 120_000 + str(i) for i in range(3)]
    samples, _ = embed(texts, **where)
    assert [numbers(sample) for sample in samples] == [vector_of(text) for text in texts]
    assert sorted(len(call.body["input"]) for call in server.calls) == [1, 10, 96, 96]
    assert all(sum(map(len, call.body["input"])) <= 250_000 for call in server.calls)


def test_missing_usage_is_charged_as_reserved(server: ModelServer, where) -> None:
    server.usage = False
    samples, session = embed(TEXTS, **where)
    assert all(sample.estimated for sample in samples)
    assert session.budget.spent.tokens == sum(len(text.encode()) + 1 for text in TEXTS)


@pytest.mark.parametrize(("code", "reason"), [(429, "rate limit"), (503, "server error")])
def test_faults_are_retried_by_us_alone(server: ModelServer, where, code: int, reason: str) -> None:
    server.faults = [status(code)] * 2
    samples, session = embed(TEXTS, **where)
    assert len(samples) == len(server.calls) == 3
    assert session.budget.spent.tokens == 9
    server.always = status(code)
    with pytest.raises(ModelFailure, match=reason):
        embed(TEXTS, **where)
    assert len(server.calls) == 9


def entries(*vectors: Any) -> dict[str, Any]:
    return {"data": [{"index": i, "embedding": vector} for i, vector in enumerate(vectors)]}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (entries([1.0], [2.0]), "2 embeddings for 3 texts"),
        (entries([1.0], [2.0], [3.0], [4.0]), "4 embeddings for 3 texts"),
        (entries([1.0], [2.0], [3.0, 4.0]), "different lengths"),
        (entries([1.0], [2.0], []), "empty"),
        (entries([1.0], [2.0], ["x"]), "no embeddings"),
        (entries([1.0], [2.0], [None]), "no embeddings"),
        (entries([1.0], [2.0], [1e300]), "finite"),
        (entries([1.0], [2.0], "not base64"), "no embeddings"),
        ({"data": [{"index": 1, "embedding": [1.0]}] * 3}, "no embeddings"),
        ({"data": {"a": 1, "b": 2, "c": 3}}, "no embeddings"),
    ],
)
def test_a_reply_that_is_no_embeddings_is_a_named_failure(server: ModelServer, reply: dict, said: str) -> None:
    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        return web.json_response(reply)

    server.always = fault

    async def work(lm: LM, session: Session) -> Any:
        with pytest.raises(ModelFailure, match=rf"bad reply: .*{said}"):
            await lm.embed(TEXTS, MODEL)
        assert session.store.count() == 0
        return len(session.store.failures()), session.budget.lost.tokens

    failures, lost = within(work, base_url=server.url)
    assert failures == 3
    assert lost == 6 * sum(len(text.encode()) + 1 for text in TEXTS), "whoever replies may charge"


def test_a_wrong_number_of_vectors_is_named_through_litellm_too(server: ModelServer, where) -> None:
    server.faults = [body('{"object": "list", "data": [{"index": 0, "embedding": [1.0]}], "model": "m"}')] * 6
    with pytest.raises(ModelFailure, match="1 embeddings for 3 texts"):
        embed(TEXTS, **where)
    assert len(server.calls) == 6


def too_long(limit: int, most: int = 1000):
    """400 for a text above a limit, or for more texts than it takes."""

    async def fault(request: web.Request, call: Call) -> web.StreamResponse | None:
        if len(call.body["input"]) <= most and all(len(text) <= limit for text in call.body["input"]):
            return None
        return web.json_response({"error": {"message": "maximum context length"}}, status=400)

    return fault


def test_one_text_that_is_refused_fails_alone(server: ModelServer, where) -> None:
    server.always = too_long(100)
    texts = [f"text {i}" for i in range(20)]

    async def work(lm: LM, session: Session) -> Any:
        with pytest.raises(ModelFailure, match=r"bad request: .*maximum context length"):
            await lm.embed([*texts, "y" * 101], MODEL)
        stored = session.store.count()
        kept = await lm.embed(texts, MODEL)
        return stored, [numbers(sample) for sample in kept.samples], session.store.failures()

    stored, kept, failures = within(work, **where)
    assert stored == len(kept) == len(texts)
    assert kept == [vector_of(text) for text in texts]
    assert len(failures) == 1


def test_a_provider_that_takes_fewer_texts_at_once_gets_fewer(server: ModelServer, where) -> None:
    server.always = too_long(100, most=16)
    samples, session = embed([f"text {i}" for i in range(60)], **where)
    assert len(samples) == 60
    assert session.budget.spent.tokens == 180
    assert len(server.calls) < 12


@pytest.mark.parametrize("cap", [{"tokens": 20}, {"usd": 10 * PRICE}])
def test_no_call_goes_out_that_a_cap_may_not_allow(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, cap: dict[str, Any]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    budget = Budget(**cap)
    with pytest.raises(BudgetExhaustedError):
        embed(TEXTS, budget=budget)
    assert 3 * sum(server.sold.values()) == budget.spent.tokens
    assert all(len("".join(call.body["input"]).encode()) <= 20 for call in server.calls)
    assert len(embed(["one"], budget=Budget(**cap))[0]) == 1


def test_a_cap_in_dollars_needs_a_price(server: ModelServer) -> None:
    with pytest.raises(ModelError, match="price of openai/text-embedding-3-small is unknown"):
        embed(TEXTS, budget=Budget(usd=1.0), base_url=server.url)
    assert not server.calls


def test_a_server_that_says_nothing_is_given_up(server: ModelServer, where) -> None:
    server.always = hang
    with pytest.raises(ModelFailure, match="timeout"):
        embed(["one"], timeout=0.05, **where)


def echo(code: int):
    async def fault(request: web.Request, call: Call) -> web.StreamResponse:
        said = f"Incorrect API key provided: {call.headers.get('Authorization')}"
        return web.json_response({"error": {"message": said}}, status=code)

    return fault


@pytest.mark.parametrize("code", [None, 400, 401, 429])
def test_the_key_is_nowhere_but_at_the_server(
    server: ModelServer, where, heard, tmp_path: Path, code: int | None
) -> None:
    server.always = echo(code) if code else None
    seen: list[str] = []

    async def work(lm: LM, session: Session) -> None:
        try:
            await lm.embed(TEXTS, MODEL)
        except CompoundError as error:
            seen.extend([repr(error), *traceback.format_exception(error)])
        seen.append(repr(session.store.failures()))

    within(work, tmp_path / "s.db", observer=heard, **where)
    assert server.calls
    assert all(call.headers["Authorization"] == f"Bearer {KEY}" for call in server.calls)
    assert KEY not in "".join(seen) + repr(heard.events)
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("local/smollm2-135m", "local/smollm2-135m makes no embeddings: leave `embedding` out"),
        ("recorded/mine", "recorded/mine makes no embeddings"),
        ("openai/gpt-4o-mini", "openai/gpt-4o-mini makes no embeddings .*'chat'.*text-embedding-3-small"),
    ],
)
def test_who_cannot_embed_is_named_before_anything_is_sent(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, model: str, said: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    with pytest.raises(MissingAbilityError, match=said):
        within(lambda lm, _: lm.embed(TEXTS, model))
    assert not server.calls


def test_a_missing_key_is_named_with_a_way_out_that_fits() -> None:
    with pytest.raises(ModelError, match="set OPENAI_API_KEY, or leave `embedding` out"):
        embed(TEXTS)


def test_an_index_is_looked_up_once_and_again_after_a_failure(server: ModelServer) -> None:
    async def work(lm: LM, session: Session) -> Any:
        server.always = status(400)
        with pytest.raises(ModelFailure):
            await lm.index(TEXTS, MODEL)
        server.always = None
        reads, read = [], session.store.read
        session.store.read = lambda draws: reads.append(1) or read(draws)  # type: ignore[method-assign]
        found = await asyncio.gather(*(lm.index(TEXTS, MODEL) for _ in range(50)))
        found.append(await lm.index(TEXTS, MODEL))
        samples = (await lm.embed(TEXTS, MODEL)).samples
        return found, unit_vectors(samples), len(reads)

    found, vectors, reads = within(work, base_url=server.url)
    assert reads == 2, "one for the index, one for what was embedded after it"
    for index in found:
        np.testing.assert_array_equal(index, vectors)
    np.testing.assert_allclose((vectors**2).sum(axis=1), 1)
    raw = np.array([vector_of(text) for text in TEXTS])
    cosines = raw @ raw.T / np.outer(np.linalg.norm(raw, axis=1), np.linalg.norm(raw, axis=1))
    np.testing.assert_allclose(vectors @ vectors.T, cosines, atol=1e-6)


def test_another_model_behind_the_same_id_is_noticed(server: ModelServer) -> None:
    async def work(lm: LM, session: Session) -> None:
        samples = list((await lm.embed(TEXTS, MODEL)).samples)
        server.faults = [body('{"data": [{"index": 0, "embedding": [1.0, 2.0]}]}')]
        samples += (await lm.embed(["new"], MODEL)).samples
        unit_vectors(samples)

    with pytest.raises(ModelError, match=r"embeddings of 2 and 3 numbers: another model"):
        within(work, base_url=server.url)


def test_zeros_are_like_nothing_and_no_trouble() -> None:
    vectors = unit_vectors([Sample("", vector=np.array(row, "<f4").tobytes()) for row in ([0, 0], [3, 4])])
    np.testing.assert_allclose(vectors, [[0, 0], [0.6, 0.8]], atol=1e-7)


def test_a_simulated_vector_follows_from_the_words_and_costs_what_is_declared() -> None:
    async def work(lm: LM, session: Session) -> Any:
        found = await lm.embed(["red apple", "Apple, red!", "blue sky", ""], "sim/beta(2,2)?price=10/20")
        return unit_vectors(found.samples), found, session.budget.spent

    vectors, found, spent = within(work)
    like = vectors @ vectors.T
    assert like[0, 1] == pytest.approx(1)
    assert abs(like[0, 2]) < 0.6
    assert not vectors[3].any()
    assert found.usage == spent
    assert spent.usd == pytest.approx(spent.tokens_in * 10e-6)
    assert {sample.fingerprint for sample in found.samples} == {"simulation"}
