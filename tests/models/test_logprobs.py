"""What replies say of log-probabilities: three shapes, one reading; and nothing that they say can crash it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.core import ModelError
from compound.models import logprobs
from compound.models.logprobs import as_one, asked, read

Trace = list[tuple[float, list[float]]]  # of every token its log-probability and those of its alternatives

values = st.floats(-50, 0)
traces = st.lists(st.tuples(values, st.lists(values, max_size=5)), min_size=1, max_size=12)


def name(i: int, j: int) -> str:
    return f"t{i}.{j}"


def entries(trace: Trace) -> list[dict[str, Any]]:
    return [
        {
            "token": "x",
            "bytes": [120],
            "logprob": chosen,
            "top_logprobs": [{"token": name(i, j), "logprob": p} for j, p in enumerate(row)],
        }
        for i, (chosen, row) in enumerate(trace)
    ]


def chat(trace: Trace) -> dict[str, Any]:
    return {"message": {"content": "x"}, "logprobs": {"content": entries(trace), "refusal": None}}


def native(trace: Trace) -> dict[str, Any]:
    return {"content": "x", "completion_probabilities": entries(trace)}


def legacy(trace: Trace) -> dict[str, Any]:
    rows = [{name(i, j): p for j, p in enumerate(row)} or None for i, (_, row) in enumerate(trace)]
    told = {"tokens": ["x"] * len(trace), "token_logprobs": [c for c, _ in trace], "top_logprobs": rows}
    return {"text": "x", "logprobs": told}


def confidences(trace: Trace, top: int) -> list[float]:
    """Of every token that came with alternatives minus the mean of the most probable ones."""
    kept = [sorted(row, reverse=True)[:top] for _, row in trace]
    return [-math.fsum(row) / len(row) for row in kept if row]


@given(traces, st.integers(1, 6))
def test_the_three_shapes_are_read_alike_and_right(trace: Trace, top: int) -> None:
    logprob, confidence = read(chat(trace), top)
    assert read(native(trace), top) == read(legacy(trace), top) == (logprob, confidence)
    assert confidence is not None
    assert logprob == pytest.approx(math.fsum(chosen for chosen, _ in trace))
    assert confidence.tokens == len(trace)
    expected = confidences(trace, top)
    assert confidence.top == max((min(top, len(row)) for _, row in trace), default=0)
    if not expected:
        assert confidence.alternatives == ()
        assert confidence.mean is confidence.tail is confidence.bottom is confidence.least is None
        return
    assert confidence.mean == pytest.approx(math.fsum(expected) / len(expected))
    assert confidence.mean == pytest.approx(confidence.tail)  # shorter than a window: all are the mean
    assert confidence.tail == confidence.bottom == confidence.least
    for i, (told, (_, row)) in enumerate(zip(confidence.alternatives, trace, strict=False)):
        assert [p for _, p in told] == sorted(row, reverse=True)[:top]
        assert all(p == row[int(token.removeprefix(f"t{i}."))] for token, p in told)
    assert len(confidence.alternatives) == min(4, len(trace))


@given(st.lists(values, min_size=1, max_size=60), st.integers(1, 25))
def test_windows_against_brute_force(levels: list[float], size: int) -> None:
    kept = logprobs.WINDOW
    logprobs.WINDOW = size
    try:
        _, confidence = read(chat([(p, [p]) for p in levels]), 1)
    finally:
        logprobs.WINDOW = kept
    assert confidence is not None
    size = min(size, len(levels))
    windows = [-math.fsum(levels[i : i + size]) / size for i in range(len(levels) - size + 1)]
    lowest = sorted(windows)[: max(1, len(windows) // 10)]
    close = {"abs": 1e-9, "rel": 1e-9}
    assert confidence.mean == pytest.approx(-math.fsum(levels) / len(levels), **close)
    assert confidence.tail == pytest.approx(windows[-1], **close)
    assert confidence.bottom == pytest.approx(math.fsum(lowest) / len(lowest), **close)
    assert confidence.least == pytest.approx(min(windows), **close)


def test_a_long_trace_of_many_windows() -> None:
    trace = [(-0.5, [-0.1 - (i >= 20_000)] * 4) for i in range(30_000)]
    logprob, confidence = read(chat(trace), 4)
    assert logprob == pytest.approx(-15_000)
    assert confidence is not None
    assert confidence.mean == pytest.approx(0.1 + 1 / 3)
    assert confidence.tail == pytest.approx(1.1)
    assert confidence.bottom == confidence.least == pytest.approx(0.1)


def test_a_chosen_token_that_is_added_to_the_alternatives_is_left_out_again() -> None:
    told = {"token_logprobs": [-9.0], "top_logprobs": [{"rare": -9.0, "a": -0.1, "b": -3.0}]}
    _, confidence = read({"text": "rare", "logprobs": told}, 2)
    assert confidence is not None
    assert confidence.alternatives == ((("a", -0.1), ("b", -3.0)),)
    assert confidence.mean == pytest.approx(1.55)


def test_two_tokens_that_read_the_same_are_two_alternatives() -> None:
    row = [{"token": "\ufffd", "logprob": -1.0}, {"token": "\ufffd", "logprob": -2.0}]
    _, confidence = read({"completion_probabilities": [{"token": "", "logprob": -1.0, "top_logprobs": row}]}, 2)
    assert confidence is not None
    assert confidence.top == 2
    assert confidence.mean == pytest.approx(1.5)


def test_nothing_is_read_that_was_not_asked_for() -> None:
    assert read(chat([(-1.0, [-1.0])]), None) == (None, None)
    logprob, confidence = read(chat([(-1.0, [-1.0])]), 0)
    assert (logprob, confidence and confidence.alternatives) == (-1.0, ())


def test_a_refusal_has_its_log_probabilities_elsewhere() -> None:
    told = {"content": None, "refusal": entries([(-1.5, [])])}
    assert read({"message": {"content": None, "refusal": "No."}, "logprobs": told}, 0)[0] == -1.5


def test_a_probability_of_zero_is_the_floor_and_rounding_above_one_is_one() -> None:
    reply = json.loads('{"logprobs": {"token_logprobs": [-Infinity, 1e-7, -99999], "top_logprobs": null}}')
    assert read(reply, 0)[0] == 2 * logprobs.FLOOR


@pytest.mark.parametrize(
    "choice",
    [
        {"text": "", "logprobs": None},
        {"message": {"content": ""}},
        {"text": "", "logprobs": {"content": []}},
        {"text": "", "logprobs": {"content": None}},
        {"text": "", "logprobs": {"tokens": [], "token_logprobs": [], "top_logprobs": []}},
        {"content": "", "completion_probabilities": []},
        {"text": "x", "logprobs": {"token_logprobs": [None, -1.0], "top_logprobs": None}},
        {"text": "x", "logprobs": {"token_logprobs": [math.nan]}},
        {"text": "x", "logprobs": {"token_logprobs": [0.5]}},
        {"text": "x", "logprobs": {"token_logprobs": [10**400]}},
        {"text": "x", "logprobs": {"token_logprobs": [[-1.0]]}},
        {"text": "x", "logprobs": {"token_logprobs": [-1.0], "top_logprobs": [{"a": None}]}},
        {"text": "x", "logprobs": {"content": [{"token": "x"}]}},
        {"text": "x", "logprobs": {"content": [{"logprob": -1, "top_logprobs": [{"logprob": -1}]}]}},
        {"text": "x", "logprobs": "none"},
        None,
    ],
)
def test_what_is_absent_or_cannot_be_read_is_none(choice: Any) -> None:
    assert read(choice, 2) == (None, None)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
words = st.sampled_from(["logprobs", "content", "token_logprobs", "top_logprobs", "token", "logprob", "refusal"])
jsons = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=12
)


@given(jsons, words | st.just("completion_probabilities"))
def test_nothing_that_a_server_says_crashes(said: Any, key: str) -> None:
    for choice in (said, {"logprobs": said}, {"completion_probabilities": said}, {"logprobs": {key: said}}):
        logprob, confidence = read(choice, 3)
        assert (logprob is None) == (confidence is None)
        assert logprob is None or logprob <= 0


def test_how_they_are_asked_for() -> None:
    assert asked({}) is asked({"logprobs": None}) is asked({"logprobs": False}) is None
    assert asked({"logprobs": True}) == asked({"logprobs": True, "top_logprobs": 0}) == 0
    assert asked({"logprobs": True, "top_logprobs": 5}) == 5
    assert as_one({"a": 1, "logprobs": True, "top_logprobs": 5}, "n_probs") == {"a": 1, "n_probs": 5}
    assert as_one({"logprobs": True}, "n_probs") == {"n_probs": 1}
    assert as_one({"a": 1, "logprobs": False}, "n_probs") == {"a": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"logprobs": 5},
        {"logprobs": 1},
        {"logprobs": "yes"},
        {"top_logprobs": 5},
        {"logprobs": False, "top_logprobs": 5},
        {"logprobs": True, "top_logprobs": -1},
        {"logprobs": True, "top_logprobs": True},
    ],
)
def test_a_wrong_way_to_ask_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"logprobs is .*logprobs"):
        asked(wrong)
