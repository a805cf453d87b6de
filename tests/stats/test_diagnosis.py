"""The parts of a vote against their identities, and halves of samples against all splits."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.stats import Pool
from compound.stats._halves import halves, tallies
from compound.stats.diagnosis import error_split, helped_and_hurt, modal_wrong, stably_wrong, vote_curves


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def pool_of(samples: list[str]) -> Pool:
    """Right is "r", unparsed "-", all else wrong."""
    counts = Counter(s for s in samples if s != "-")
    return Pool(list(counts.values()), [a == "r" for a in counts], samples.count("-"))


def pools_of(*words: str) -> list[Pool]:
    return [pool_of(list(word)) for word in words]


WORDS = st.lists(st.text("rabc-", min_size=6, max_size=6), min_size=1, max_size=5)


@given(WORDS)
def test_the_parts_add_up(words: list[str]) -> None:
    curves = vote_curves(pools_of(*words))
    gain = curves.accuracy - curves.accuracy[:, :1]
    np.testing.assert_allclose(curves.retrying + curves.agreeing, gain, atol=1e-12)
    np.testing.assert_allclose(curves.missing + curves.gap, 1 - curves.accuracy, atol=1e-12)
    assert (curves.gap >= -1e-12).all()
    parsed = ["-" not in word for word in words]
    np.testing.assert_allclose(curves.retrying[parsed], 0, atol=1e-12)


def test_a_gain_that_is_only_retrying_is_not_agreement() -> None:
    curves = vote_curves(pools_of("rrr---", "aaa---"))
    np.testing.assert_allclose(curves.agreeing, 0, atol=1e-12)
    assert curves.retrying[0, -1] == pytest.approx(0.5)


def test_what_fails_is_named() -> None:
    never, outvoted, noisy = ["aaabbb"] * 30, ["aaaarr"] * 30, ["aaaarr", "abcdef"] * 15
    problems = [error_split(vote_curves(pools_of(*words)), 6).problem for words in (never, outvoted, noisy)]
    assert problems == ["sampling", "selection", "not clear"]
    split = error_split(vote_curves(pools_of(*outvoted, *never)), 6)
    assert [float(i.mean) for i in split] == pytest.approx([0.5, 0.5, 0.0])
    with pytest.raises(ValueError, match="k is 7: pass 1 to 6"):
        error_split(vote_curves(pools_of("aaabbb")), 7)


def test_a_modal_answer_may_be_partly_wrong() -> None:
    found = modal_wrong(pools_of("rrra--", "rraabb", "aaarrb", "------", "rrrrrr"))
    np.testing.assert_allclose(found, [0, 2 / 3, 1, 1, 0])


def modes(samples: tuple[str, ...]) -> dict[str, Fraction]:
    counts = Counter(s for s in samples if s != "-")
    top = [a for a, c in counts.items() if c == max(counts.values())]
    return {a: Fraction(1, len(top)) for a in top}


def by_all_halves(word: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every way to take two disjoint halves; of an odd number one is left out."""
    size, found = len(word) // 2, []
    for first in combinations(range(len(word)), size):
        rest = [i for i in range(len(word)) if i not in first]
        found += [
            (tuple(word[i] for i in first), tuple(word[i] for i in second)) for second in combinations(rest, size)
        ]
    return found


@pytest.mark.parametrize("word", ["aaabrr", "aabbrr", "aaar--", "aabbcrr", "------", "rrrrra"])
def test_stably_wrong_is_the_mean_over_all_halves(word: str) -> None:
    agreed = [
        sum((w * modes(second).get(a, 0) for a, w in modes(first).items() if a != "r"), Fraction(0))
        for first, second in by_all_halves(word)
    ]
    found = stably_wrong(pools_of(word) * 4000, splits=1, rng=rng(1))
    assert found.mean() == pytest.approx(float(sum(agreed) / len(agreed)), abs=4 * 0.5 / np.sqrt(4000))


def test_noise_is_not_stably_wrong_and_a_settled_error_is() -> None:
    source = rng(3)
    noise = ["".join(source.choice(list("abcdefgh"), size=40)) for _ in range(100)]
    settled = ["a" * 36 + "rrrr"] * 100
    assert stably_wrong(pools_of(*settled), rng=rng()).tolist() == [1.0] * 100
    assert modal_wrong(pools_of(*noise)).mean() == 1.0
    assert stably_wrong(pools_of(*noise), rng=rng()).mean() < 0.25


@given(st.text("rabc-", min_size=2, max_size=9), st.integers(0, 2**32))
def test_halves_are_disjoint_samples(word: str, seed: int) -> None:
    whole = tallies(pools_of(word))
    first, second = halves(whole, rng(seed))
    assert first.n == second.n == len(word) // 2
    left = whole.counts - first.counts - second.counts
    assert (left >= 0).all()
    assert left.sum() == len(word) % 2


def test_halves_are_dealt_evenly() -> None:
    whole = tallies(pools_of(*["aabr--"] * 6_000))
    first = halves(whole, rng(5))[0].counts
    every = [Counter(half) for half, _ in by_all_halves("aabr--")]
    for column, answer in enumerate("abr-"):
        for number in range(3):
            exact = np.mean([half[answer] == number for half in every])
            assert (first[:, column] == number).mean() == pytest.approx(exact, abs=0.03)


def answers(p: float, questions: int, seed: int) -> list[Pool]:
    """Two answers, the right one with probability p, 40 samples a question."""
    c = rng(seed).binomial(40, p, size=questions)
    return [pool_of(list("r" * k + "a" * (40 - k))) for k in c]


def test_where_voting_does_nothing_none_is_helped_or_hurt() -> None:
    """Questions of chance 1/2: in sample nearly all of them seem to be helped or hurt, each by much."""
    pools = answers(0.5, 300, seed=1)
    gain = vote_curves(pools).accuracy[:, -1] - vote_curves(pools).accuracy[:, 0]
    assert (gain > 0.01).mean() > 0.35
    assert gain[gain > 0.01].mean() > 0.3
    for effect in helped_and_hurt(pools, draws=1000, rng=rng(2)):
        assert float(effect.share.mean) > 0.35
        assert float(effect.confirmed.low) < 0 < float(effect.confirmed.high)
        assert float(effect.gain.low) < 0 < float(effect.gain.high)


def test_helped_and_hurt_questions_are_told_apart() -> None:
    pools = answers(0.75, 60, seed=1) + answers(0.25, 30, seed=2) + answers(1.0, 30, seed=3)
    helped, hurt = helped_and_hurt(pools, draws=1000, rng=rng(4))
    assert [float(e.share.mean) for e in (helped, hurt)] == pytest.approx([0.5, 0.25], abs=0.02)
    assert [float(e.confirmed.mean) for e in (helped, hurt)] == pytest.approx([0.5, 0.25], abs=0.03)
    assert float(helped.gain.low) > 0.2
    assert float(hurt.gain.high) < -0.2


@pytest.mark.parametrize("p", [0.4, 0.5, 0.55, 0.65])
def test_the_confirmed_share_does_not_overstate(p: float) -> None:
    helped, hurt = helped_and_hurt(answers(p, 400, seed=7), draws=10, rng=rng(8))
    assert float(helped.confirmed.low) <= (p > 0.5)
    assert float(hurt.confirmed.low) <= (p < 0.5)


def test_a_class_without_questions_has_no_gain() -> None:
    _, hurt = helped_and_hurt(pools_of(*["rrrrrr"] * 5), draws=20, rng=rng())
    assert np.isnan(hurt.gain.mean)
    assert (float(hurt.gain.low), float(hurt.gain.high)) == (-1.0, 1.0)


def test_one_sample_has_no_halves() -> None:
    with pytest.raises(ValueError, match="pools hold 1 sample"):
        stably_wrong(pools_of("r"), rng=rng())
    with pytest.raises(ValueError, match="splits is 0"):
        helped_and_hurt(pools_of("rr"), splits=0, rng=rng())
    with pytest.raises(ValueError, match="group the questions by n"):
        stably_wrong(pools_of("rr", "rrr"), rng=rng())
