"""Two other ways to vote: as the published code does it, and by similarity."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from solving import drawn, expected, pick, pool_of

from compound.strategies import CoT, Vote

C = CoT()


def test_t10_only_as_published_an_abstention_is_an_answer() -> None:
    answers = [drawn(None), drawn(None), drawn("2"), drawn(None), drawn("1"), drawn("1")]
    assert pick(Vote(C), answers).value == "1"
    assert pick(Vote(C, as_published=True), answers).value is None


def test_as_published_the_first_given_wins_a_tie() -> None:
    published = Vote(C, as_published=True)
    assert [
        pick(published, [drawn(None if c == "-" else c) for c in v]).value for v in ("3113", "1331", "-1-1")
    ] == ["3", "1", None]
    curve = published.curve([pool_of([drawn("1"), drawn("2")])], np.random.default_rng(0)).accuracy[0]
    assert curve == pytest.approx([0.5, 0.5], abs=0.15)
    abstained = [drawn(None), drawn(None), drawn("1")]
    assert published.curve([pool_of(abstained)], np.random.default_rng(0)).accuracy[0, -1] == 0.0
    assert Vote(C).curve([pool_of(abstained)], np.random.default_rng(0)).accuracy[0, -1] == 1.0


def test_a_call_that_failed_is_owed_and_no_ballot_even_as_published() -> None:
    lost = drawn(None)
    lost = replace(lost, failed=1, step=replace(lost.step, failure="timeout"))
    assert pick(Vote(C, as_published=True), [lost, lost, drawn("1")]).value == "1"
    assert pick(Vote(C, as_published=True), [lost, lost]).value is None


@pytest.mark.parametrize("measure", ["bleu", pytest.param("tfidf", marks=pytest.mark.slow)])
def test_the_medoid_is_the_one_most_like_the_others(measure) -> None:
    texts = ["the cat sat on the mat", "the cat sat on a mat", "the cat lay on the mat", "stock prices fell"]
    answers = [drawn(str(i), text=t) for i, t in enumerate(texts)]
    assert pick(Vote(C, by="similarity", measure=measure), answers).value == "0"
    assert pick(Vote(C, by="similarity", measure=measure), answers[3:]).value == "3"
    assert pick(Vote(C, by="similarity", measure=measure), [drawn(None)]).value is None


def test_its_curve_is_the_mean_over_all_subsets() -> None:
    texts = ["a b c d", "a b c e", "a b x y", "p q r s", "p q r t", "p q r s"]
    answers = [drawn(v, text=t) for v, t in zip("112332", texts, strict=True)] + [drawn(None)]
    how = Vote(C, by="similarity")
    exact = [np.mean([expected(how, s) for s in combinations(answers, k)]) for k in range(1, 8)]
    curves = [how.curve([pool_of(answers)], np.random.default_rng(i)).accuracy[0] for i in range(8)]
    assert np.mean(curves, axis=0) == pytest.approx(np.array(exact), abs=0.06)
