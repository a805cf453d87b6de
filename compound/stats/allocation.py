"""Many questions or many samples of each? How to split a budget so that the mean accuracy is known best.

A sample of question i is right with probability p_i. The mean accuracy from Q questions with m samples each then
has the variance

    between / Q + within / (Q m),    between = Var(p_i),  within = mean of p_i (1 - p_i),

and m samples of a question cost cost_question + m cost_sample. With real numbers the best m is
sqrt(within / between * cost_question / cost_sample), whatever the budget (two-stage sampling: Cochran 1977,
Sampling Techniques, chapter 10). For a comparison of two arms the components are those of the difference.

They hold for the mean of single samples. For an accuracy that is itself computed from the m samples, such as a vote
of k, the second term is only a guide; `min_samples` keeps m at the largest k.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike

from compound.stats._types import FloatArray


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """Where the variance of a mean over questions comes from.

    Attributes:
        between: variance from question to question of what is true of each, 0 or more.
        within: mean variance of one sample (one sample of each arm) of a question, 0 or more.
    """

    between: float
    within: float

    def standard_error(self, questions: int, samples: int) -> float:
        """Standard error of the mean over so many questions with so many samples of each.

        Raises:
            ValueError: a number is below 1.
        """
        if questions < 1 or samples < 1:
            raise ValueError(f"questions is {questions} and samples is {samples}: pass 1 or more of each")
        return sqrt((self.between + self.within / samples) / questions)


@dataclass(frozen=True, slots=True)
class Split:
    """A plan for a budget.

    Attributes:
        questions: how many.
        samples: of each question (by each arm).
        standard_error: of the mean, in units of accuracy.
        cost: of all of it, in the unit of the prices.
    """

    questions: int
    samples: int
    standard_error: float
    cost: float


def variance_components(c: ArrayLike, n: ArrayLike) -> VarianceComponents:
    """Variance between and within questions from counts of right samples (one-way analysis of variance).

    within is the mean of c (n - c) / (n (n - 1)), and between what the variance of c / n over questions has more
    than the mean of c (n - c) / (n^2 (n - 1)), which sampling puts there. Both are unbiased; a negative between,
    which chance gives where questions hardly differ, is then set to 0.

    Args:
        c: right samples of each question, shape (Q,), Q >= 2.
        n: samples of each question, 2 or more: one number, or shape (Q,).

    Raises:
        ValueError: counts are not whole or out of range, or there are too few questions or samples.
    """
    rate, noise = _rates(c, n, "c", "n")
    samples = np.broadcast_to(np.asarray(n, dtype=float), noise.shape)
    return _components(rate, noise, noise / samples)


def paired_components(c_a: ArrayLike, n_a: ArrayLike, c_b: ArrayLike, n_b: ArrayLike) -> VarianceComponents:
    """The same for the difference of two arms on the same questions, whose samples are drawn apart from each other.

    within is that of one sample of each arm: a price of a sample is then the price of one of each.

    Args:
        c_a: right samples of the first arm, shape (Q,).
        n_a: samples of the first arm, 2 or more: one number, or shape (Q,).
        c_b: right samples of the second arm, shape (Q,).
        n_b: samples of the second arm.

    Raises:
        ValueError: as `variance_components`, or the arms differ in the number of questions.
    """
    rate_a, noise_a = _rates(c_a, n_a, "c_a", "n_a")
    rate_b, noise_b = _rates(c_b, n_b, "c_b", "n_b")
    if rate_a.shape != rate_b.shape:
        raise ValueError(
            f"c_a has {len(rate_a)} questions and c_b {len(rate_b)}: pass both arms on the same questions"
        )
    within = noise_a + noise_b
    return _components(rate_a - rate_b, within, noise_a / np.asarray(n_a) + noise_b / np.asarray(n_b))


def best_split(
    components: VarianceComponents,
    budget: float,
    *,
    cost_question: float = 0.0,
    cost_sample: float,
    min_samples: int = 1,
    max_questions: int | None = None,
) -> Split:
    """The whole numbers of questions and samples with the least standard error that the budget can buy.

    Every number of questions is tried, each with all the samples it leaves money for: floats in proportion to the
    questions that the budget can buy. Near its minimum the error is flat, so twice too many samples hurt little.

    Args:
        components: from a pilot, of an accuracy or of a paired difference; between > 0.
        budget: what may be spent, in any unit.
        cost_question: what one more question costs before its first sample (writing, labelling), 0 or more.
        cost_sample: what one more sample of a question costs, > 0; of both arms if they are compared.
        min_samples: at least so many of each question: 2 to see the variance within, or the largest k of a vote.
        max_questions: how many there are; no limit if left out.

    Raises:
        ValueError: a price or number is out of range, the budget does not pay for one question, or between is 0.
    """
    _check_split(components, budget, cost_question, cost_sample, min_samples, max_questions)
    least = cost_question + min_samples * cost_sample
    most = int(_whole(budget / least))
    if most < 1:
        raise ValueError(f"budget is {budget}, one question with {min_samples} samples costs {least}: pass more")
    questions = np.arange(1, (most if max_questions is None else min(most, max_questions)) + 1)
    samples = np.maximum(_whole((budget / questions - cost_question) / cost_sample), min_samples)
    best = int(np.argmin((components.between + components.within / samples) / questions))
    q, m = int(questions[best]), int(samples[best])
    return Split(q, m, components.standard_error(q, m), q * (cost_question + m * cost_sample))


def _whole(value: ArrayLike) -> FloatArray:
    """Rounded down, with 2.9999999999 taken as 3: prices such as 0.1 are not exact."""
    return np.asarray(np.floor(np.asarray(value) * (1 + 1e-12)))


def _rates(c: ArrayLike, n: ArrayLike, c_name: str, n_name: str) -> tuple[FloatArray, FloatArray]:
    """Share of right samples of each question, and the unbiased variance of one sample, both (Q,)."""
    right, samples = np.asarray(c), np.asarray(n)
    if right.ndim != 1 or len(right) < 2 or samples.shape not in ((), right.shape):
        raise ValueError(
            f"{c_name} has shape {right.shape} and {n_name} {samples.shape}: pass counts of Q questions, 2 or more"
        )
    if right.dtype.kind not in "iu" or samples.dtype.kind not in "iu":
        raise ValueError(f"{c_name} is {right.dtype} and {n_name} {samples.dtype}: pass counts, not rates")
    if (samples < 2).any():
        raise ValueError(f"{n_name} is {samples.min()} for a question: pass 2 or more, one shows no spread")
    if ((right < 0) | (right > samples)).any():
        i = int(((right < 0) | (right > samples)).argmax())
        raise ValueError(f"{c_name} of question {i} is {right[i]}: pass a number of its right samples")
    rate = right / samples
    return rate, rate * (1 - rate) * samples / (samples - 1)


def _components(values: FloatArray, noise: FloatArray, of_mean: FloatArray) -> VarianceComponents:
    """From the mean of each question, the variance of one sample of it, and that of its mean."""
    return VarianceComponents(max(0.0, float(values.var(ddof=1) - of_mean.mean())), float(noise.mean()))


def _check_split(
    components: VarianceComponents,
    budget: float,
    cost_question: float,
    cost_sample: float,
    min_samples: int,
    max_questions: int | None,
) -> None:
    if not 0 < components.between < inf or not 0 <= components.within < inf:
        raise ValueError(
            f"between is {components.between} and within is {components.within}: without spread between questions "
            "one question would do, and that cannot be checked; measure more questions first"
        )
    for name, value in (("cost_sample", cost_sample), ("budget", budget)):
        if not 0 < value < inf:
            raise ValueError(f"{name} is {value}: pass a number above 0")
    if not 0 <= cost_question < inf:
        raise ValueError(f"cost_question is {cost_question}: pass 0 or more")
    if min_samples < 1 or (max_questions is not None and max_questions < 1):
        raise ValueError(f"min_samples is {min_samples}, max_questions {max_questions}: pass 1 or more")
