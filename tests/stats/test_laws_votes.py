"""The vote law: exact on its own curves, non-negative, and tried on simulated votes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.stats import Pool, plurality_curves
from compound.stats.laws import VoteLaw, fit_vote_law, forecast_votes, majority, replay_votes, vote_limits

K = np.array([2, 5, 10, 20, 50, 100])
SLOPE = st.floats(0, 0.1)


@settings(deadline=None)
@given(SLOPE, SLOPE, st.floats(0, 2), st.sampled_from([1.0, 0.5, 0.0]))
def test_a_curve_of_the_law_is_fitted_exactly(a1: float, a2: float, a3: float, limit: float) -> None:
    law = VoteLaw(np.array([[a1, a2, a3]]), np.array([limit]))
    again = fit_vote_law(K, law.curves(K), law.limits)
    np.testing.assert_allclose(again.curves(K), law.curves(K), atol=1e-9)
    np.testing.assert_allclose(again.curves([7, 200]), law.curves([7, 200]), atol=1e-6)


def test_parameters_are_found_again() -> None:
    slopes = np.array([[0.01, 0.1, 0.3], [0.05, 0.0, 0.7]])
    law = VoteLaw(slopes, np.array([1.0, 0.0]))
    np.testing.assert_allclose(fit_vote_law(K, law.curves(K), law.limits).slopes, slopes, atol=1e-8)


def test_a_right_mode_never_falls_and_a_wrong_one_never_rises() -> None:
    source = np.random.default_rng(1)
    curves, limits = source.random((40, 6)), np.repeat([1.0, 0.0], 20)
    law = fit_vote_law(K, curves, limits)
    assert (law.slopes[:, :2] >= 0).all()
    steps = np.diff(law.curves(np.arange(1, 200)), axis=1)
    assert (steps[:20] >= 0).all()
    assert (steps[20:] <= 0).all()


def test_a_settled_question_stays_settled() -> None:
    law = fit_vote_law([1, 2, 3], [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.5]], [1.0, 0.0, 0.5])
    np.testing.assert_array_equal(law.curves([1, 1000]), [[1, 1], [0, 0], [0.5, 0.5]])


def test_limits_are_the_share_of_right_modes() -> None:
    pools = [
        Pool([5, 3], [True, False]),
        Pool([5, 3], [False, True]),
        Pool([4, 4], [True, False]),
        Pool([3, 3, 3], [True, False, True]),
        Pool([], [], 9),
    ]
    np.testing.assert_allclose(vote_limits(pools), [1, 0, 1 / 2, 2 / 3, 0])


def test_the_best_number_of_votes_is_the_peak_of_the_mean() -> None:
    law = VoteLaw(np.array([[0.5, 0.0, 0.1], [0.01, 0.0, 0.1]]), np.array([1.0, 0.0]))
    curve = [float(law.curves([k]).mean()) for k in range(1, 101)]
    peak = law.best_votes(100)
    assert peak == int(np.argmax(curve)) + 1
    assert 1 < peak < 100


def binary_pools(p: np.ndarray, n: int, seed: int) -> list[Pool]:
    right = np.random.default_rng(seed).binomial(n, p)
    return [
        Pool([c for c in (r, n - r) if c], [ok for ok, c in ((True, r), (False, n - r)) if c])
        for r in right.tolist()
    ]


def test_clear_modes_are_forecast() -> None:
    p = np.repeat([0.7, 0.75, 0.3], 60)
    forecast, judgement = replay_votes(binary_pools(p, 40, 1), binary_pools(p, 120, 2), [1, 21, 61])
    np.testing.assert_allclose(forecast.value.mean, [majority(p, k).mean() for k in (1, 21, 61)], atol=0.04)
    assert judgement.fits, judgement.reason
    assert judgement.inside.all()


def test_a_mode_mistaken_by_few_samples_is_said_not_to_fit() -> None:
    p = np.full(200, 0.55)  # with 9 samples in hand 38% of the modes are wrong, of which the law is sure
    forecast, judgement = replay_votes(binary_pools(p, 9, 1), binary_pools(p, 199, 2))
    assert not judgement.fits
    assert not judgement.success
    assert "does not fit at k = 199" in judgement.reason
    assert "outside its interval" in judgement.reason
    assert float(judgement.error[0]) < -0.1
    assert forecast.p_value is None


def test_the_constant_is_the_vote_of_all_in_hand() -> None:
    pools = binary_pools(np.linspace(0.2, 0.9, 30), 15, 3)
    assert forecast_votes(pools, [20]).constant == pytest.approx(plurality_curves(pools)[:, -1].mean())
    single = forecast_votes([Pool([1], [True]), Pool([1], [False])], [1, 9])
    np.testing.assert_allclose(single.value.mean, [0.5, 0.5])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_vote_law([1, 2], [[0.5]], [1.0]), r"curves has shape \(1, 1\): pass \(1, 2\)"),
        (lambda: fit_vote_law([1], [[50.0]], [1.0]), "outside 0..1"),
        (lambda: fit_vote_law([0], [[0.5]], [1.0]), r"k is \[0\]"),
        (lambda: replay_votes([Pool([1], [True])], []), "first holds 1 questions and held_out 0"),
        (lambda: replay_votes([Pool([2], [True])], [Pool([3], [True])], [4]), "k = 4 is above the 3 held-out"),
        (lambda: forecast_votes([Pool([2], [True])], [1], level=95), "level is 95"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
