"""Worlds with a known truth get the verdict that they should, as often as they should."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from planted import HEALTHY, decisions, differences, interval

from compound.claims import Gate, Rule, Tier, Verdict, decide
from compound.claims.measured import Measured
from compound.stats import mean_interval

PUBLISHED = 0.10
RULE = Rule(effect="vote less one draw", published=PUBLISHED)
MATCHED = Rule(effect="vote less one draw", published=PUBLISHED, equal_cost="calls")
CLOSE = Rule(effect="adaptive vote less the full one", test="equivalence", margin=0.05)


def shares(rule: Rule, effect: float, worlds: int = 1000, **world: object) -> dict[Verdict, float]:
    found = Counter(d.verdict for d in decisions(rule, effect, worlds=worlds, **world))  # type: ignore[arg-type]
    return {verdict: found[verdict] / worlds for verdict in Verdict}


def test_a_true_effect_is_supported() -> None:
    assert shares(RULE, PUBLISHED, worlds=500)[Verdict.SUPPORTED] > 0.97


def test_an_effect_of_the_minimum_detectable_size_is_supported_in_four_of_five_worlds() -> None:
    # (1.96 + 0.84) sqrt(.2) / sqrt(400) = .0626
    assert 0.75 < shares(RULE, 0.0626, seed=3)[Verdict.SUPPORTED] < 0.85


def test_no_effect_is_not_supported_where_the_published_one_would_have_been_found() -> None:
    found = shares(RULE, 0.0, worlds=2000)
    assert found[Verdict.NOT_SUPPORTED] > 0.93
    assert found[Verdict.SUPPORTED] < 0.035
    assert found[Verdict.REFUTED] < 0.035
    assert found[Verdict.INCONCLUSIVE] == 0


@pytest.mark.parametrize("effect", [0.0, PUBLISHED])
def test_few_questions_hardly_ever_say_not_supported(effect: float) -> None:
    found = shares(RULE, effect, questions=40)
    assert found[Verdict.NOT_SUPPORTED] < 0.015  # a spread underestimated by a third
    assert found[Verdict.INCONCLUSIVE] > 0.6


def test_a_reversed_effect_is_refuted() -> None:
    assert shares(RULE, -PUBLISHED)[Verdict.REFUTED] > 0.97


@pytest.mark.parametrize(
    ("equal", "verdict"), [(0.10, Verdict.SUPPORTED), (0.0, Verdict.UNMATCHED), (-0.10, Verdict.UNMATCHED)]
)
def test_what_vanishes_at_equal_cost_is_supported_without_it_alone(equal: float, verdict: Verdict) -> None:
    assert shares(MATCHED, 0.15, equal=equal)[verdict] > 0.93


def test_what_was_not_compared_at_equal_cost_is_never_plainly_supported() -> None:
    found = shares(MATCHED, 0.15)
    assert found[Verdict.SUPPORTED] == 0
    assert found[Verdict.UNMATCHED] > 0.97


def test_a_family_of_nulls_seldom_supports_anything_and_uncorrected_often_does() -> None:
    def any_supported(comparisons: int) -> float:
        families = np.array(
            [
                [
                    d.verdict is Verdict.SUPPORTED
                    for d in decisions(RULE, 0.0, worlds=500, seed=i, comparisons=comparisons)
                ]
                for i in range(8)
            ]
        )
        return float(families.any(axis=0).mean())

    assert any_supported(comparisons=8) < 0.045
    assert any_supported(comparisons=1) > 0.12


def test_arms_that_are_close_are_equivalent_and_the_margin_is_kept() -> None:
    assert shares(CLOSE, 0.0, questions=1500, worlds=300)[Verdict.SUPPORTED] > 0.97
    assert shares(CLOSE, 0.05, questions=800, worlds=1500)[Verdict.SUPPORTED] < 0.065
    assert shares(CLOSE, 0.12, questions=1500, worlds=300)[Verdict.REFUTED] > 0.97
    assert shares(CLOSE, 0.0, questions=100)[Verdict.NOT_SUPPORTED] == 0


@pytest.mark.parametrize("effect", [-0.15, 0.0, 0.15])
@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (Gate(parsed=0.5, accuracy=0.5, active=0.6), "50.0% of the replies could be read"),
        (Gate(parsed=0.0, accuracy=0.0, active=0.0), "0.0% of the replies could be read"),
        (Gate(parsed=1.0, accuracy=0.98, active=0.6), "at the ceiling"),
        (Gate(parsed=1.0, accuracy=0.27, guess=0.25, active=0.6), "on the floor"),
        (Gate(parsed=1.0, accuracy=0.5, active=0.0, mechanism="the draws differ"), "the draws differ on 0.0%"),
    ],
)
def test_what_could_not_have_shown_it_is_untested_whatever_came_out(effect: float, gate: Gate, said: str) -> None:
    for decision in decisions(RULE, effect, worlds=20, gate=gate):
        assert decision.verdict is Verdict.UNTESTED
        assert decision.agrees is None
        assert said in decision.reason


@pytest.mark.parametrize(("effect", "agrees"), [(0.15, True), (0.0, None), (-0.15, False)])
def test_a_simulation_derives_and_never_supports(effect: float, agrees: bool | None) -> None:
    found = list(decisions(RULE, effect, tier=Tier.SIMULATION))
    assert {d.verdict for d in found} == {Verdict.DERIVED}
    assert np.mean([d.agrees is agrees for d in found]) > 0.9


def test_arithmetic_is_called_that_on_either_side() -> None:
    rule = Rule(effect="dollars for the data", unit="usd", reference=9e8, direction="lower")
    for cost, agrees in ((1.5e9, False), (5e8, True)):
        decision = decide(rule, Measured(interval(cost, 1e8), 0, Tier.ARITHMETIC))
        assert decision.verdict is Verdict.ARITHMETIC
        assert decision.agrees is agrees
    exact = decide(rule, Measured(interval(1.5e9, 0), 0, Tier.ARITHMETIC))
    assert exact.reason.startswith("dollars for the data 1,500,000,000 usd (arithmetic): ")


def test_a_forecast_is_refuted_by_what_it_missed_and_vague_ones_show_nothing() -> None:
    rule = Rule(effect="held-out coverage less forecast", test="forecast", margin=0.1)
    rng = np.random.default_rng(5)
    errors = rng.normal(0, 0.02, 2000)
    half = 1.96 * 0.02

    def verdicts(shift: float, half: float) -> Counter[Verdict]:
        return Counter(
            decide(rule, Measured(interval(float(e) + shift, half), 100, Tier.RECORDED, HEALTHY)).verdict
            for e in errors
        )

    assert 0.93 < verdicts(0, half)[Verdict.SUPPORTED] / 2000 < 0.97
    assert verdicts(0.12, half)[Verdict.REFUTED] / 2000 > 0.97
    assert verdicts(0.0, 0.3)[Verdict.INCONCLUSIVE] == 2000


def test_the_worlds_have_the_truth_that_they_are_said_to_have() -> None:
    found = mean_interval(differences(0.1, 200_000, 1, 0)[:, 0])
    assert float(found.low) < 0.1 < float(found.high)
    assert float(found.high - found.low) < 0.005
