"""Dual execution agreement against groups made by hand."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.stats.dual_agreement import agreement_accuracy, best_programs, dual_agreement


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[bool]], list[int], list[int]]:
    """Passes (n, t), how often each program counts, how often each test."""
    n, t = draw(st.integers(1, 7)), draw(st.integers(0, 4))
    passes = draw(st.lists(st.lists(st.booleans(), min_size=t, max_size=t), min_size=n, max_size=n))
    counts = [draw(st.lists(st.integers(1, 5), min_size=size, max_size=size)) for size in (n, t)]
    return passes, *counts


def table(passes: list[list[bool]]) -> np.ndarray:
    return np.array(passes, dtype=bool).reshape(len(passes), -1)


def brute(passes: list[list[bool]], programs: list[int], tests: list[int]) -> list[tuple[int, int]]:
    """Of every program: how many pass exactly its tests, and how many tests these are."""
    return [
        (
            sum(count for other, count in zip(passes, programs, strict=True) if other == row),
            sum(count for passed, count in zip(row, tests, strict=True) if passed),
        )
        for row in passes
    ]


@given(tables())
def test_scores_are_those_of_the_groups(case: tuple[list[list[bool]], list[int], list[int]]) -> None:
    passes, programs, tests = case
    once = brute(passes, [1] * len(programs), [1] * len(tests))
    assert dual_agreement(table(passes)).tolist() == [a * b for a, b in once]
    counted = brute(passes, programs, tests)
    weights = np.array(programs), np.array(tests, dtype=int)
    assert dual_agreement(table(passes), *weights).tolist() == [a * b for a, b in counted]
    found = dual_agreement(table(passes), *weights, root=True)
    assert found.tolist() == pytest.approx([sqrt(a) * b for a, b in counted])


@given(tables())
def test_counts_are_repeated_rows_and_columns(case: tuple[list[list[bool]], list[int], list[int]]) -> None:
    passes, programs, tests = case
    repeated = table(passes).repeat(programs, axis=0).repeat(tests, axis=1)
    counted = dual_agreement(table(passes), np.array(programs), np.array(tests, dtype=int))
    assert dual_agreement(repeated).tolist() == counted.repeat(programs).tolist()


@given(tables(), st.randoms(use_true_random=False))
def test_no_order_matters(case: tuple[list[list[bool]], list[int], list[int]], rng) -> None:
    passes, _, tests = case
    rows, columns = (rng.sample(range(size), size) for size in (len(passes), len(tests)))
    scores = dual_agreement(table(passes))
    assert dual_agreement(table(passes)[rows][:, columns]).tolist() == scores[rows].tolist()


@given(tables(), st.data())
def test_accuracy_is_that_of_a_fair_draw_from_the_best(case, data: st.DataObject) -> None:
    passes, programs, _ = case
    right = data.draw(st.lists(st.booleans(), min_size=len(passes), max_size=len(passes)))
    groups: Counter[tuple[bool, ...]] = Counter(map(tuple, passes))
    score = {key: size * sum(key) for key, size in groups.items()}
    if top := max(score.values()):
        drawn = [i for i, row in enumerate(passes) if score[tuple(row)] == top]
    else:
        drawn = [i for i, count in enumerate(programs) if count == max(programs)]
    exact = Fraction(sum(programs[i] for i in drawn if right[i]), sum(programs[i] for i in drawn))
    scores = dual_agreement(table(passes))
    assert np.flatnonzero(best_programs(scores, np.array(programs))).tolist() == drawn
    assert agreement_accuracy(scores, np.array(right), np.array(programs)) == pytest.approx(float(exact))


def test_two_programs_that_agree_on_two_tests_beat_one_that_passes_three() -> None:
    passes = table([[1, 1, 0, 0], [1, 1, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]])
    assert dual_agreement(passes).tolist() == [4, 4, 3, 0]
    assert dual_agreement(passes, root=True)[:3].tolist() == pytest.approx([2 * sqrt(2)] * 2 + [3])


def test_bad_input_is_named() -> None:
    passes = np.ones((2, 3), dtype=bool)
    with pytest.raises(ValueError, match=r"shape \(2,\): it must be programs by tests"):
        dual_agreement(passes[:, 0])
    with pytest.raises(ValueError, match=r"tests: counts of shape \(2,\) for 3"):
        dual_agreement(passes, tests=np.array([1, 1]))
    with pytest.raises(ValueError, match=r"programs: .* 1 or more"):
        dual_agreement(passes, np.array([1, 0]))
    with pytest.raises(ValueError, match="no programs to choose from"):
        agreement_accuracy(np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))
