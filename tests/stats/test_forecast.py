"""Forecasts of coverage: intervals that hold, laws that are said not to fit, and recorded pools."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from compound.stats import Interval
from compound.stats.laws import (
    CoverageLaw,
    Forecast,
    Trial,
    beta_binomial_chances,
    choose_beta_binomial,
    exp_power_chances,
    forecast_coverage,
    judge,
    replay_coverage,
)

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "recorded"

LAWS = [beta_binomial_chances, exp_power_chances]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def draw(p: np.ndarray, n: int, source: np.random.Generator) -> np.ndarray:
    return source.random((len(p), n)) < p[:, None]


@lru_cache
def trials(worlds: int, a: float, b: float, questions: int, n: int) -> list[Trial]:
    """As many worlds where p is Beta(a, b), each forecast from its first quarter."""
    found = []
    for seed in range(worlds):
        source = rng(seed)
        right = draw(source.beta(a, b, questions), n, source)
        found.append(replay_coverage(right, draws=200, rng=source))
    return found


def held(found: list[Trial]) -> float:
    return float(np.mean([trial.judgement.inside[-1] for trial in found]))


def rejected(found: list[Trial]) -> float:
    return float(np.mean([(trial.forecast.p_value or 0) < 0.05 for trial in found]))


def error(share: float, trials: int) -> float:
    """Four standard errors of a share."""
    return float(4 * np.sqrt(share * (1 - share) / trials))


def test_nineteen_of_twenty_forecasts_hold_what_is_shown() -> None:
    found = trials(100, 0.3, 0.5, 200, 60)
    assert held(found) == pytest.approx(0.95, abs=error(0.95, 100))
    assert rejected(found) == pytest.approx(0.05, abs=error(0.05, 100))
    # The law knows more than that the coverage stays: it takes most of the constant's error away.
    assert np.nanmedian([trial.judgement.score[-1] for trial in found]) > 0.7


@pytest.mark.slow
@pytest.mark.parametrize(
    ("a", "b", "questions", "n"), [(0.3, 0.5, 200, 100), (0.5, 3.0, 300, 60), (0.2, 0.13, 360, 40)]
)
def test_a_thousand_forecasts_hold_in_93_to_98_of_100(a: float, b: float, questions: int, n: int) -> None:
    found = trials(1000, a, b, questions, n)
    # Whole numbers of questions make the interval a little wider than its level; 0.93 is 0.95 less 3 errors.
    assert 0.93 <= held(found) <= 0.98
    assert rejected(found) == pytest.approx(0.05, abs=error(0.05, 1000))


def test_the_forecast_is_the_posterior_of_the_unsolved_questions() -> None:
    source = rng(3)
    p = source.beta(2, 3, 400) * (source.random(400) >= 0.3)
    c = source.binomial(12, p)
    law = choose_beta_binomial(c, 12).fit.law
    assert law.never > 0.1

    def both(miss: Callable[[float], float]) -> float:
        density = stats.beta(law.a, law.b).pdf
        return law.never + (1 - law.never) * integrate.quad(lambda x: miss(x) * density(x), 0, 1)[0]

    chance = 1 - both(lambda x: (1 - x) ** 40) / both(lambda x: (1 - x) ** 12)
    forecast = forecast_coverage(c, 12, [40], draws=20, rng=rng())
    expected = np.where(c > 0, 1.0, chance).mean()
    assert float(forecast.value.mean[0]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("law", LAWS)
def test_a_forecast_starts_from_what_is_in_hand(law: CoverageLaw) -> None:
    c = rng(1).binomial(10, rng(2).beta(0.4, 1, 80))
    forecast = forecast_coverage(c, 10, [10, 11, 40, 4000], law=law, rng=rng())
    value, solved = forecast.value, (c > 0).mean()
    assert [float(x[0]) for x in (value.mean, value.low, value.high)] == pytest.approx([solved] * 3)
    assert forecast.constant == pytest.approx(solved)
    assert (np.diff(value.mean) > 0).all()
    assert ((value.low >= solved - 1e-12) & (value.low <= value.mean) & (value.mean <= value.high)).all()
    assert value.high[-1] <= 1


@pytest.mark.parametrize("law", LAWS)
def test_the_same_seed_gives_the_same_forecast(law: CoverageLaw) -> None:
    c = rng(1).binomial(10, rng(2).beta(0.4, 1, 80))
    first, again, other = (forecast_coverage(c, 10, [40], law=law, draws=100, rng=rng(s)) for s in (1, 1, 2))
    assert float(first.value.low[0]) == float(again.value.low[0])
    assert first.p_value == again.p_value
    assert (first.value.low[0], first.value.high[0]) != (other.value.low[0], other.value.high[0])


BROKEN = {
    "three points": np.array([0.02, 0.5, 0.95]),
    "two points": np.array([0.05, 0.6]),
    "sure, slow or never": np.array([0.0, 0.02, 1.0]),
}


@pytest.mark.parametrize("points", BROKEN.values(), ids=BROKEN)
def test_a_law_that_does_not_hold_is_said_not_to_fit(points: np.ndarray) -> None:
    for seed in range(5):
        source = rng(seed)
        forecast, judgement = replay_coverage(draw(source.choice(points, 200), 100, source), rng=source)
        assert not judgement.fits
        assert forecast.p_value is not None
        assert forecast.p_value < 0.05
        assert "does not fit" in judgement.reason
        assert "do not follow it (p = 0.0" in judgement.reason


def test_a_gap_below_the_smallest_p_ends_the_power_law() -> None:
    for seed in range(5):
        source = rng(seed)
        p = 0.03 + 0.97 * source.beta(0.3, 0.5, 200)
        _, judgement = replay_coverage(draw(p, 100, source), rng=source)
        assert not judgement.fits
        assert "outside its interval" in judgement.reason
        assert float(judgement.error[-1]) < -0.02  # failure decays exponentially: the forecast is too low


def test_draws_that_get_better_are_not_forecast() -> None:
    source = rng(4)
    p = source.beta(0.3, 1, 200)
    drift = np.concatenate([draw(p, 20, source), draw(np.sqrt(p), 60, source)], axis=1)
    assert not replay_coverage(drift, rng=source).judgement.fits


def test_the_exponentiated_power_law_is_tried_in_the_same_way() -> None:
    source = rng(5)
    right = draw(source.beta(0.3, 0.7, 300), 60, source)
    forecast, judgement = replay_coverage(right, first=15, k=[20, 60], law=exp_power_chances, rng=source)
    assert forecast.p_value is None
    assert judgement.fits
    assert judgement.error.shape == (2,)
    assert float(judgement.score[-1]) > 0.5


def known(mean: list[float], low: list[float], high: list[float], p_value: float | None = None) -> Forecast:
    value = Interval(*(np.array(x) for x in (mean, low, high)))
    return Forecast(np.arange(10, 10 + len(mean)), value, 0.5, p_value, "law")


def test_a_judgement_worked_by_hand() -> None:
    found = judge(known([0.6, 0.7], [0.55, 0.6], [0.65, 0.8], 0.2), [0.7, 0.69])
    np.testing.assert_allclose(found.error, [-0.1, 0.01])
    np.testing.assert_array_equal(found.inside, [False, True])
    np.testing.assert_allclose(found.score, [1 - 0.1 / 0.2, 1 - 0.01 / 0.19])
    assert (found.fits, found.success) == (True, True)
    assert found.reason == "law: fits at k = 11: 70.0% [60.0%, 80.0%], shown 69.0%"


def test_a_wide_interval_is_no_success_and_a_close_one_may_miss() -> None:
    wide = judge(known([0.6], [0.5], [0.8]), [0.75])
    assert (wide.fits, wide.success) == (True, False)
    close = judge(known([0.6], [0.595], [0.605]), [0.61])
    assert (close.fits, close.success) == (False, True)
    stayed = judge(known([0.51], [0.4], [0.6]), [0.5])
    assert np.isnan(stayed.score[0])
    assert not stayed.success  # the constant was exact


def test_counts_that_do_not_follow_the_law_do_not_fit_even_inside() -> None:
    found = judge(known([0.6], [0.5], [0.7], p_value=0.01), [0.6])
    assert not found.fits
    assert found.success
    assert "p = 0.010" in found.reason


def test_all_solved_needs_no_law() -> None:
    forecast = forecast_coverage([3, 4, 4], 4, [100], draws=50, rng=rng())
    assert [float(x[0]) for x in (forecast.value.low, forecast.value.high)] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: forecast_coverage([0, 4, 0], 4, [8], rng=rng()), "no question has both right and wrong"),
        (lambda: forecast_coverage([0, 0], 4, [8], rng=rng()), "draw more to fit a law"),
        (lambda: forecast_coverage([0, 1], 4, [3], rng=rng()), r"k is .*: pass whole numbers of draws, 4 or more"),
        (lambda: forecast_coverage([0, 1], 4, [8], draws=0, rng=rng()), "draws is 0"),
        (lambda: forecast_coverage([0, 1], 4, [8], level=95, rng=rng()), "level is 95"),
        (lambda: replay_coverage(np.ones((3, 8)), rng=rng()), "right is float64"),
        (lambda: replay_coverage(np.ones((3, 7), dtype=bool), rng=rng()), "n is 1: pass 2 or more"),
        (lambda: replay_coverage(np.ones((3, 8), dtype=bool), k=[9], rng=rng()), "k = 9 is above the 8 recorded"),
        (lambda: judge(known([0.6], [0.5], [0.7]), [0.6, 0.7]), r"shown has shape \(2,\)"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def recorded(name: str, coldest: float = 0.0) -> np.ndarray:
    """Which samples of a recording are right, in its order, (Q, n)."""
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not in ../shared/data/recorded")
    rows = []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            warm = [s for s in row["samples"] if s.get("temperature", 1.0) >= coldest]
            rows.append([s["correct"] if "correct" in s else s["answer"] == row["gold"] for s in warm])
    return np.array(rows, dtype=bool)


def test_humaneval_of_codegen_is_forecast_from_25_of_100() -> None:
    """CodeT, 2207.10397: CodeGen-16B on HumanEval, 164 problems; pass@100 of these flags is 73.8."""
    forecast, judgement = replay_coverage(recorded("codet_humaneval_codegen16b"), rng=rng())
    assert judgement.fits, judgement.reason
    assert judgement.success, judgement.reason
    assert forecast.constant < 0.65


@pytest.mark.parametrize("law", LAWS)
def test_game_of_24_is_within_its_wide_interval(law: CoverageLaw) -> None:
    """ToT, 2305.10601: GPT-4 on 100 puzzles; best of 100 is 49. A quarter of the draws found 28 of them."""
    forecast, judgement = replay_coverage(recorded("tot_game24_gpt4_cot"), law=law, rng=rng())
    assert judgement.fits, judgement.reason
    assert float(judgement.score[-1]) > 0.5
    assert forecast.constant == pytest.approx(0.28)


def test_draws_recorded_by_rising_temperature_are_said_not_to_fit() -> None:
    """Renze 2024: Llama 2 7B, ten samples each at 0.5, 0.6 .. 1.0: the cold ones do not forecast the warm."""
    right = recorded("jhu_comprehensive-100_llama-2-7b-chat_chain_of_thought", coldest=0.5)
    assert not replay_coverage(right, rng=rng()).judgement.fits
    shuffled = rng(1).permuted(right, axis=1)
    assert replay_coverage(shuffled, rng=rng()).judgement.fits
