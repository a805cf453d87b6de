"""What a strategy would cost: prompts are paid once a call, and a wave that is drawn is paid for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compound.core import Answer, Chat, Draw, Request, Sample, Step
from compound.experiment.cost import Prices, cost_of
from compound.models.budget import Price

ASKED = Request("m", "", Chat.user("?"), ())


def pool(seconds: list[float]) -> list[Answer]:
    """Candidates that ask one request of 100 tokens and reply with 10."""
    samples = [
        Sample("x", tokens_in=100, tokens_out=10, seconds=s, draw=Draw(ASKED, 0, (i,), 0))
        for i, s in enumerate(seconds)
    ]
    return [Answer("x", step=Step("single", "x", (sample,))) for sample in samples]


@given(st.data())
def test_waves_pay_for_the_prompt_as_often_as_they_are_drawn(data: st.DataObject) -> None:
    n, wave, batch = (data.draw(st.integers(1, high)) for high in (14, 16, 6))
    size = min(wave, n)
    stops = [*range(size, n, size), n]
    weights = np.array(data.draw(st.lists(st.integers(0, 5), min_size=len(stops), max_size=len(stops)))) + 0.1
    chance = weights / weights.sum()
    k = np.arange(1, n + 1)
    draws = np.array([sum(p * min(stop, cap) for p, stop in zip(chance, stops, strict=True)) for cap in k])
    cost = cost_of(pool([1.0] * n), batch, Prices({"m": Price(1.0, 0.0)}), draws=draws, wave=wave)

    def calls(drawn: int) -> int:
        return sum(-(-min(size, drawn - start) // batch) for start in range(0, drawn, size))

    def waves(drawn: int) -> int:
        return -(-drawn // size)

    expected = [sum(p * calls(min(stop, cap)) for p, stop in zip(chance, stops, strict=True)) for cap in k]
    # One candidate alone has nobody to share a prompt with.
    assert np.allclose(cost.usd, 100 * np.array(expected))
    one_after_another = [sum(p * waves(min(stop, cap)) for p, stop in zip(chance, stops, strict=True)) for cap in k]
    assert np.allclose(cost.seconds, one_after_another)
    assert np.allclose(cost.calls, draws)


def test_the_first_candidate_costs_the_same_in_a_vote_and_in_waves() -> None:
    answers = pool([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    draws = np.array([1.0, 2.0, 3.0, 3.5, 4.0, 4.5])
    vote = cost_of(answers, 8, Prices({"m": Price(1.0, 1.0)}))
    stopped = cost_of(answers, 8, Prices({"m": Price(1.0, 1.0)}), draws=draws, wave=3)
    assert stopped.usd[0] == vote.usd[0] == 110
    assert stopped.seconds[0] == vote.seconds[0] == 3.5
    assert stopped.usd[2] == vote.usd[2] == 130
    assert stopped.usd[5] == 100 * 1.5 + 45


def test_every_model_has_its_own_price_and_an_unknown_one_makes_the_dollars_unknown() -> None:
    dear = Request("dear", "", Chat.user("?"), ())
    checked = Sample("y", tokens_in=50, tokens_out=5, seconds=1.0, draw=Draw(dear, 0, (0,), 0))
    answers = [
        Answer("x", step=Step("single", "x", answer.step.samples, (Step("judge", samples=(checked,)),)))
        for answer in pool([1.0, 1.0])
    ]
    prices = Prices({"m": Price(1.0, 1.0), "dear": Price(10.0, 20.0)})
    cost = cost_of(answers, 8, prices)
    assert np.allclose(cost.usd, [100 + 10 + 600, 100 + 20 + 500 + 200])
    assert np.isnan(cost_of(answers, 8, Prices({"m": Price(1.0, 1.0), "dear": None})).usd).all()
    assert np.allclose(cost.tokens, cost_of(answers, 8, Prices({})).tokens)
