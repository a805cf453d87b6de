"""Cross-fitting against a plain loop, in worlds of equal arms, and where tuning flatters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from compound.stats.choosing import CrossFit, cross_fit, threshold_outcomes
from compound.stats.mean import mean_interval


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def ends(fit: CrossFit) -> list[float]:
    return [float(x) for i in (fit.interval, fit.optimism) for x in (i.mean, i.low, i.high)]


def by_loop(values: np.ndarray, fold: np.ndarray) -> tuple[list[int], list[float]]:
    choices, held_out = [], [0.0] * len(values)
    for f in range(int(fold.max()) + 1):
        others = [row for row, g in zip(values.tolist(), fold, strict=True) if g != f]
        means = [sum(column) / len(others) for column in zip(*others, strict=True)]
        choices.append(max(range(len(means)), key=lambda a: (means[a], -a)))
        for q in np.flatnonzero(fold == f):
            held_out[q] = float(values[q, choices[-1]])
    return choices, held_out


@pytest.mark.parametrize("folds", [2, 5, 37])
def test_each_fold_is_reported_by_the_arm_that_is_best_on_the_others(folds: int) -> None:
    values = rng(1).random((37, 6))
    fit = cross_fit(values, folds=folds, draws=50, rng=rng(2))
    choices, held_out = by_loop(values, fit.fold)
    assert fit.choices.tolist() == choices
    assert fit.held_out.tolist() == held_out
    assert float(fit.interval.mean) == pytest.approx(np.mean(held_out))
    assert fit.best == values.mean(axis=0).argmax()
    assert float(fit.optimism.mean) == pytest.approx(values.mean(axis=0).max() - np.mean(held_out))
    assert np.ptp(np.bincount(fit.fold, minlength=folds)) <= 1


def test_a_fold_has_no_part_in_its_own_choice() -> None:
    values = rng(1).random((40, 8))
    fit = cross_fit(values, draws=2, rng=rng(3))
    for f in range(5):
        spoilt = values.copy()
        spoilt[fit.fold == f] = rng(4).random((int((fit.fold == f).sum()), 8)) * 100
        assert cross_fit(spoilt, draws=2, rng=rng(3)).choices[f] == fit.choices[f]


def test_with_a_reference_the_choices_stay_and_the_values_are_differences() -> None:
    values = rng(1).random((60, 5))
    plain, over = (cross_fit(values, reference=r, draws=20, rng=rng(2)) for r in (None, 3))
    assert plain.choices.tolist() == over.choices.tolist()
    np.testing.assert_allclose(over.held_out, plain.held_out - values[:, 3])
    assert float(over.optimism.mean) == pytest.approx(float(plain.optimism.mean))


def test_clusters_stay_whole_and_strata_are_dealt_evenly() -> None:
    clusters = [f"{'ab'[i // 3 % 2]}{i // 3}" for i in range(120)]
    strata = [label[0] for label in clusters]
    fit = cross_fit(rng(1).random((120, 4)), clusters=clusters, strata=strata, draws=20, rng=rng(2))
    by_cluster = fit.fold.reshape(40, 3)
    assert (by_cluster == by_cluster[:, :1]).all()
    for stratum in "ab":
        assert np.bincount(fit.fold[np.array(strata) == stratum]).tolist() == [12] * 5
    expected = mean_interval(fit.held_out, bounds=(0, 1), strata=strata)
    assert float(fit.interval.mean) == pytest.approx(float(expected.mean))


def test_every_fold_has_its_part_of_every_stratum() -> None:
    for seed in range(10):
        strata = rng(seed).choice(list("abc"), size=103, p=[0.6, 0.3, 0.1])
        fold = cross_fit(rng(1).random((103, 2)), strata=strata, draws=2, rng=rng(seed)).fold
        assert all(np.ptp(np.bincount(fold[strata == label], minlength=5)) <= 1 for label in "abc")


def test_strata_count_equally_in_the_choice() -> None:
    """Arm 0 is best on the small task, arm 1 by less on the large one: the macro average takes arm 0."""
    strata = ["large"] * 200 + ["small"] * 20
    values = np.where(np.array(strata)[:, None] == "large", [0.5, 0.6], [0.9, 0.5])
    assert set(cross_fit(values, strata=strata, draws=20, rng=rng(1)).choices) == {0}
    assert set(cross_fit(values, draws=20, rng=rng(1)).choices) == {1}


def test_of_equal_arms_the_first_is_chosen() -> None:
    column = rng(1).random((50, 1))
    fit = cross_fit(np.tile(column, 4), reference=2, draws=50, rng=rng(2))
    assert fit.choices.tolist() == [0] * 5
    assert ends(fit) == [0.0] * 6


def test_a_clear_winner_has_the_interval_of_its_own_mean_and_no_optimism() -> None:
    values = rng(1).random((400, 6))
    values[:, 4] += 1.0
    fit = cross_fit(values, draws=4000, rng=rng(2))
    own = mean_interval(values[:, 4], bounds=(0, 2))
    assert fit.choices.tolist() == [4] * 5
    assert float(fit.interval.high - fit.interval.low) == pytest.approx(float(own.high - own.low), rel=0.05)
    assert ends(fit)[3:] == pytest.approx([0.0] * 3, abs=1e-12)


def test_the_same_seed_gives_the_same_result_in_chunks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    values = rng(1).random((30, 4))
    first, again, other = (cross_fit(values, draws=60, rng=rng(s)) for s in (1, 1, 2))
    assert ends(first) == ends(again) != ends(other)
    monkeypatch.setattr("compound.stats.choosing._MEANS", 7 * 20)
    np.testing.assert_allclose(ends(cross_fit(values, draws=60, rng=rng(1))), ends(first), rtol=1e-9)


def outcomes(source: np.random.Generator, arms: int) -> np.ndarray:
    return (source.random((100, arms)) < source.beta(1, 1, size=(100, 1))).astype(float)


def neighbours(source: np.random.Generator, arms: int) -> np.ndarray:
    """Like thresholds or numbers of votes: arms next to each other are alike."""
    walk: np.ndarray = source.normal(size=(100, arms)).cumsum(axis=1) / np.sqrt(arms) + source.normal(size=(100, 1))
    return walk


def quiet_reference(source: np.random.Generator, arms: int) -> np.ndarray:
    values = source.normal(size=(100, arms))
    values[:, 0] *= 0.01
    return values


World = Callable[[np.random.Generator, int], np.ndarray]


def false_claims(world: World, worlds: int, arms: int, folds: int) -> dict[str, int]:
    """How often the best arm is said to differ from the first one, when all are equally good."""
    found = {"better": 0, "worse": 0, "in sample": 0}
    for w in range(worlds):
        source = rng(w, arms, folds)
        values = world(source, arms)
        fit = cross_fit(values, reference=0, folds=folds, draws=200, rng=source)
        found["better"] += bool(fit.interval.low > 0)
        found["worse"] += bool(fit.interval.high < 0)
        gain = values[:, fit.best] - values[:, 0]
        found["in sample"] += fit.best != 0 and bool(stats.ttest_1samp(gain, 0).pvalue < 0.05)
    return found


def test_the_best_of_forty_equal_arms_beats_none_of_them() -> None:
    """An interval that takes the choices as given fails here in one world of six."""
    found = false_claims(quiet_reference, 70, arms=40, folds=10)
    assert found["better"] <= stats.binom.ppf(0.999, 70, 0.025)
    assert found["worse"] <= stats.binom.ppf(0.999, 70, 0.025)
    assert found["in sample"] > 0.4 * 70


@pytest.mark.slow
@pytest.mark.parametrize("folds", [2, 10])
@pytest.mark.parametrize("world", [outcomes, neighbours, quiet_reference])
def test_no_more_false_claims_than_the_level_in_a_thousand_worlds(world: World, folds: int) -> None:
    found = false_claims(world, 1000, arms=40, folds=folds)
    assert found["better"] + found["worse"] <= stats.binom.ppf(0.99, 1000, 0.05)
    assert found["in sample"] > 60


def test_a_true_winner_is_found() -> None:
    found = 0
    for w in range(20):
        values = rng(w).normal(size=(100, 40))
        values[:, 17] += 0.8
        found += bool(cross_fit(values, reference=0, draws=200, rng=rng(w)).interval.low > 0)
    assert found >= 17


def leaks(worlds: int, arms: int, lead: float) -> float:
    """How often the best arm is seen to be flattered by the questions that chose it."""
    shown = 0
    for w in range(worlds):
        source = rng(w)
        values = (source.random((200, arms)) < 0.5).astype(float)
        values[:, 0] = (source.random(200) < 0.5 + lead).astype(float)
        shown += bool(cross_fit(values, folds=2, draws=100, rng=source).optimism.low > 0)
    return shown / worlds


def test_a_leak_is_shown_where_many_useless_settings_were_tried() -> None:
    assert leaks(12, arms=1000, lead=0.0) >= 0.7
    assert leaks(6, arms=1000, lead=0.4) == 0.0  # one setting is truly best, and any questions choose it


def test_optimism_is_what_fresh_questions_take_away() -> None:
    """The tuned threshold of a useless score, reported from the questions that tuned it and from fresh ones."""
    flattery, fresh = [], []
    for w in range(60):
        source = rng(w)
        values, others = (
            threshold_outcomes(
                source.random(100), source.random(100) < 0.5, source.random(100) < 0.5, np.linspace(0, 1, 41)
            )
            for _ in range(2)
        )
        fit = cross_fit(values, draws=2, rng=source)
        flattery.append(float(fit.optimism.mean))
        fresh.append(values[:, fit.best].mean() - others[:, fit.best].mean())
    error = np.sqrt((np.var(flattery) + np.var(fresh)) / 60)
    assert np.mean(fresh) > 3 * np.std(fresh) / np.sqrt(60)
    assert abs(np.mean(flattery) - np.mean(fresh)) < 3 * error


def test_threshold_outcomes_by_hand() -> None:
    table = threshold_outcomes([0.2, 0.6, 1.0], [1, 0, 1], [0, 0.5, 0], [0.0, 0.6, 0.7, np.inf])
    assert table.tolist() == [[1, 0, 0, 0], [0, 0, 0.5, 0.5], [1, 1, 1, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cross_fit([1.0, 2.0], rng=rng()), r"shape \(2,\)"),
        (lambda: cross_fit(np.ones((4, 2)), rng=rng()), "folds is 5 for 4"),
        (lambda: cross_fit(np.ones((9, 2)), folds=1, rng=rng()), "folds is 1"),
        (lambda: cross_fit(np.ones((9, 2)), clusters=["a"] * 9, rng=rng()), "folds is 5 for 1"),
        (lambda: cross_fit(np.ones((9, 2)), reference=2, rng=rng()), "reference is 2"),
        (lambda: cross_fit(np.ones((9, 2)), draws=1, rng=rng()), "draws is 1"),
        (lambda: cross_fit(np.ones((9, 2)), level=95, rng=rng()), "level is 95"),
        (lambda: cross_fit(np.full((9, 2), np.nan), rng=rng()), "question 0 are not finite"),
        (lambda: cross_fit(np.ones((9, 2)), strata=["a"], rng=rng()), "strata has 1 labels for 9"),
        (lambda: threshold_outcomes([0.5], [1, 0], [1], [0.5]), "shapes"),
        (lambda: threshold_outcomes([np.nan], [1], [1], [0.5]), "nan"),
        (lambda: threshold_outcomes([0.5], [2], [1], [0.5]), "kept has values outside"),
    ],
)
def test_what_cannot_be_chosen_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
