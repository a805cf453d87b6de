"""How many questions a comparison takes, and what a given number of them can show.

Both take the mean of Q differences as normal with a known spread (Cohen 1988, Statistical Power Analysis for the
Behavioral Sciences, chapter 2). For arms paired by question sd is that of the differences question by question,
from a pilot or an earlier run. For independent arms it is sqrt(sd_a^2 + sd_b^2), and the answer is questions in
each arm. Questions in clusters carry less than their number.
"""

from __future__ import annotations

from math import ceil, inf, sqrt
from statistics import NormalDist


def questions_needed(sd: float, delta: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Questions at which a true difference of delta is found: ceil((z_(1-alpha/2) + z_power)^2 sd^2 / delta^2).

    Args:
        sd: standard deviation of the difference over questions, > 0, in the unit of delta.
        delta: the difference to find, > 0.
        power: the chance to find it, between alpha / 2 and 1.
        alpha: two-sided level of the test, between 0 and 1.

    Returns:
        A number of questions, 1 or more.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check_positive(sd, "sd")
    _check_positive(delta, "delta")
    return ceil((_distance(power, alpha) * sd / delta) ** 2)


def minimum_detectable_effect(sd: float, questions: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest true difference found with the given power: (z_(1-alpha/2) + z_power) sd / sqrt(questions).

    Args:
        sd: standard deviation of the difference over questions, > 0.
        questions: how many there are, 1 or more.
        power: the chance to find it, between alpha / 2 and 1.
        alpha: two-sided level of the test, between 0 and 1.

    Returns:
        A difference > 0, in the unit of sd.

    Raises:
        ValueError: an argument is out of its range.
    """
    _check_positive(sd, "sd")
    if questions < 1:
        raise ValueError(f"questions is {questions}: pass 1 or more")
    return _distance(power, alpha) * sd / sqrt(questions)


def _distance(power: float, alpha: float) -> float:
    """Standard errors from 0 at which the true difference must lie."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}: pass a level between 0 and 1, such as 0.05")
    if not alpha / 2 < power < 1:
        raise ValueError(f"power is {power}: pass a chance between alpha / 2 = {alpha / 2} and 1, such as 0.8")
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)


def _check_positive(value: float, name: str) -> None:
    if not 0 < value < inf:
        raise ValueError(f"{name} is {value}: pass a number above 0")
