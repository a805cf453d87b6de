"""Sample sizes: worked values, the power they give by SciPy's normal and in simulated comparisons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from compound.stats import minimum_detectable_effect, questions_needed

SD = st.floats(0.01, 1)
POWER = st.floats(0.5, 0.99)
ALPHA = st.floats(0.001, 0.2)


def test_worked_values() -> None:
    """The first two: maths.md section 11 (k = 20 against 1, paired; single runs at p = 1/2, independent)."""
    assert questions_needed(0.21, 0.03) == 385
    assert questions_needed(np.sqrt(0.5), 0.03) == 4361
    assert questions_needed(1, 1, power=0.9) == 11  # 10.507: the textbook's 10.5 sd^2 / delta^2
    assert minimum_detectable_effect(1, 1) == pytest.approx(2.801585, abs=1e-6)
    assert isinstance(questions_needed(0.21, 0.03), int)


@given(SD, st.floats(0.02, 0.5), POWER, ALPHA)
def test_the_number_is_the_smallest_with_the_power(sd: float, delta: float, power: float, alpha: float) -> None:
    def found(questions: int) -> float:
        return float(stats.norm.sf(stats.norm.isf(alpha / 2) - delta * np.sqrt(questions) / sd))

    needed = questions_needed(sd, delta, power, alpha)
    assert found(needed) >= power - 1e-9
    assert needed == 1 or found(needed - 1) < power + 1e-9


@given(SD, st.integers(1, 5000), POWER, ALPHA)
def test_the_detectable_effect_takes_just_these_questions(
    sd: float, questions: int, power: float, alpha: float
) -> None:
    effect = minimum_detectable_effect(sd, questions, power, alpha)
    assert questions_needed(sd, effect * (1 + 1e-9), power, alpha) == questions
    assert questions_needed(sd, effect * (1 - 1e-9), power, alpha) == questions + 1
    expected = (stats.norm.isf(alpha / 2) + stats.norm.ppf(power)) * sd / np.sqrt(questions)
    assert effect == pytest.approx(expected, rel=1e-12)


def test_simulated_comparisons_find_the_effect_four_times_in_five() -> None:
    questions = questions_needed(0.21, 0.03)
    values = np.random.default_rng(3).normal(0.03, 0.21, size=(4000, questions))
    found = stats.ttest_1samp(values, 0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=4 * np.sqrt(0.16 / 4000))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: questions_needed(0.0, 0.03), "sd is 0.0"),
        (lambda: questions_needed(float("nan"), 0.03), "sd is nan"),
        (lambda: questions_needed(0.2, 0.0), "delta is 0.0"),
        (lambda: questions_needed(0.2, 0.03, power=80), "power is 80"),
        (lambda: questions_needed(0.2, 0.03, power=0.02), "power is 0.02"),
        (lambda: questions_needed(0.2, 0.03, alpha=5), "alpha is 5"),
        (lambda: minimum_detectable_effect(0.2, 0), "questions is 0"),
        (lambda: minimum_detectable_effect(-0.2, 10), "sd is -0.2"),
    ],
)
def test_what_is_out_of_range_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
