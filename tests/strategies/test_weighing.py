"""Votes in which every candidate has a weight: their limits, their ties, and their curves."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solving import QUESTION, drawn, expected, pick, pool_of, solve

from compound.core import Answer, ExpressionError
from compound.strategies import (
    CISC,
    BestOf,
    CertaintyVote,
    CoT,
    DeepConf,
    FilterVote,
    Pooled,
    TokenConfidence,
    Vote,
    WeightedVote,
    parse,
)

C = CoT()
EVERY: list[Pooled] = [
    WeightedVote(C),
    CISC(C),
    CISC(C, temperature=0.02),
    DeepConf(C, keep=0.5),
    DeepConf(C, keep=1.0),
    CertaintyVote(C),
    CertaintyVote(C, power=3),
    FilterVote(C),
]
VALUES = st.sampled_from([None, "1", "2", "3"])
SCORES = st.none() | st.sampled_from([0.0, 0.1, 0.5, 0.6, 1.0, 9.0])
POOLS = st.lists(st.builds(drawn, VALUES, SCORES), min_size=1, max_size=9)
FEW = settings(max_examples=25, deadline=None, derandomize=True)


def named(how: Pooled) -> str:
    return repr(how)


def scored(values: str, scores: list[float | None]) -> list[Answer]:
    """Candidates of one letter each; `-` abstained, and has no score."""
    pairs = zip(values, scores, strict=True)
    return [drawn(None if v == "-" else v, None if v == "-" else s) for v, s in pairs]


@pytest.mark.parametrize("how", EVERY, ids=named)
class TestEqualScores:
    @FEW
    @given(st.lists(VALUES, min_size=1, max_size=9), st.none() | st.sampled_from([0.0, 0.3, 1.0, 7.0]))
    def test_t19_are_a_plain_vote(self, how: Pooled, values: list[str | None], score: float | None) -> None:
        answers = [drawn(value, None if value is None else score) for value in values]
        assert pick(how, answers).value == pick(Vote(C), answers).value

    @pytest.mark.parametrize("score", [None, 0.0, 0.4])
    def test_t19_have_the_curve_of_a_plain_vote(self, how: Pooled, score: float | None) -> None:
        answers = scored("1122311-", [score] * 8)
        plain = Vote(C).curve([pool_of(answers)], np.random.default_rng(0)).accuracy[0]
        found = np.mean(
            [how.curve([pool_of(answers)], np.random.default_rng(seed)).accuracy[0] for seed in range(3)], axis=0
        )
        assert found == pytest.approx(plain, abs=0.1)
        assert found[-1] == pytest.approx(plain[-1], abs=1e-12)


@pytest.mark.parametrize("how", [*EVERY, Vote(C), Vote(C, by="similarity"), BestOf(C)], ids=named)
@FEW
@given(answers=POOLS, order=st.randoms(use_true_random=False))
def test_t12_the_order_of_the_candidates_changes_nothing(how: Pooled, answers: list[Answer], order) -> None:
    before = pick(how, answers)
    mixed = list(answers)
    order.shuffle(mixed)
    after = pick(how, mixed)
    assert (after.value, after.text) == (before.value, before.text)


@pytest.mark.parametrize("how", EVERY, ids=named)
@FEW
@given(answers=POOLS)
def test_t10_an_abstention_never_wins(how: Pooled, answers: list[Answer]) -> None:
    given_ = {a.value for a in answers} - {None}
    picked = pick(how, answers).value
    assert picked in given_ if given_ else picked is None


@pytest.mark.parametrize("how", EVERY, ids=named)
@pytest.mark.parametrize(
    ("values", "scores"),
    [
        ("12213", [0.9, 0.2, 0.5, 0.1, 0.7]),
        ("1-2231", [0.9, None, 0.2, 0.3, None, 0.6]),
        ("12122", [1.0, 1.0, 0.0, 0.0, 0.0]),  # ties among those that count
        ("112233", [0.0, 0.0, 1.0, 0.0, 1.0, None]),
        ("123", [1e-9, 2e-9, 5.0]),
    ],
)
def test_the_curve_is_the_mean_over_all_subsets(how: Pooled, values: str, scores: list[float | None]) -> None:
    answers = scored(values, scores)
    exact = [
        np.mean([expected(how, some) for some in combinations(answers, k)]) for k in range(1, len(answers) + 1)
    ]
    curves = [how.curve([pool_of(answers)], np.random.default_rng(seed)).accuracy[0] for seed in range(4)]
    # The standard error of 400 orders is at most 0.025; all of them agree at the last k.
    assert np.mean(curves, axis=0) == pytest.approx(np.array(exact), abs=0.08)
    assert curves[0][-1] == pytest.approx(exact[-1], abs=1e-12)


class TestWeightedVote:
    def test_the_largest_sum_wins(self) -> None:
        assert pick(WeightedVote(C), scored("1222", [0.9, 0.2, 0.2, 0.2])).value == "1"
        assert pick(WeightedVote(C), scored("1222", [0.9, 0.2, 0.2, 0.6])).value == "2"

    def test_sums_that_differ_by_rounding_are_tied(self) -> None:
        answers = scored("1112", [0.1, 0.1, 0.1, 0.3])
        assert 0.1 + 0.1 + 0.1 != 0.3
        assert expected(WeightedVote(C), answers) == 0.5

    def test_a_tie_of_weights_is_not_decided_by_how_many_share_them(self) -> None:
        assert expected(WeightedVote(C), scored("122", [2.0, 1.0, 1.0])) == 0.5
        assert expected(FilterVote(C), scored("1222", [1, 1, 0, 0])) == 0.5

    def test_t19_a_negative_score_is_refused_with_a_way_out(self) -> None:
        with pytest.raises(ExpressionError, match=r"weighted_vote: .*gave the score -0\.5.*best_of and cisc"):
            pick(WeightedVote(C), scored("12", [0.5, -0.5]))
        assert pick(CISC(C), scored("12", [0.5, -0.5])).value == "1"

    def test_weighted_best_of_is_a_vote_by_the_judge(self) -> None:
        assert repr(parse("weighted_best_of(cot, n=4)")) == "weighted_vote(cot, n=4, by=judge)"
        assert solve(parse("weighted_best_of(cot, n=4)")).spent.calls == 8


class TestCISC:
    @FEW
    @given(POOLS)
    def test_t_to_infinity_is_the_vote(self, answers: list[Answer]) -> None:
        given_ = [a for a in answers if a.value is not None and a.score is not None]
        assert pick(CISC(C, temperature=1e15), given_).value == pick(Vote(C), given_).value

    @FEW
    @given(st.lists(VALUES, min_size=1, max_size=9), st.randoms(use_true_random=False))
    def test_t_to_zero_is_the_best_single_one(self, values: list[str | None], order) -> None:
        ranks = list(range(len(values)))
        order.shuffle(ranks)
        answers = [drawn(v, None if v is None else float(r)) for v, r in zip(values, ranks, strict=True)]
        assert pick(CISC(C, temperature=1e-6), answers).value == pick(BestOf(C), answers).value

    def test_the_weights_are_a_softmax(self) -> None:
        found = CISC(C, temperature=0.5).weights(np.array([0.1, 0.7, 0.3]))
        direct = np.exp(np.array([0.1, 0.7, 0.3]) / 0.5)
        assert found / found.sum() == pytest.approx(direct / direct.sum())

    def test_a_common_shift_of_the_confidence_changes_nothing(self) -> None:
        answers, moved = scored("1222", [9, 8, 8, 8]), scored("1222", [-991, -992, -992, -992])
        assert pick(CISC(C, temperature=0.7), answers).value == pick(CISC(C, temperature=0.7), moved).value

    def test_at_a_low_temperature_the_curve_weighs_among_those_drawn(self) -> None:
        """Without the best candidate the second best decides, however little it weighs against the best."""
        answers = scored("1222", [0.6, 0.1, 0.2, 0.9])
        curve = CISC(C, temperature=0.01).curve([pool_of(answers)], np.random.default_rng(3)).accuracy[0]
        # The answer of the highest score drawn: right unless the last is drawn, or neither of the two highest.
        right = [
            sum(max(s, key=lambda a: a.score).value == "1" for s in combinations(answers, k)) for k in range(1, 5)
        ]
        assert curve == pytest.approx([r / math.comb(4, k + 1) for k, r in enumerate(right)], abs=0.12)


class TestDeepConf:
    @FEW
    @given(POOLS)
    def test_with_all_kept_it_is_a_weighted_vote(self, answers: list[Answer]) -> None:
        assert pick(DeepConf(C, keep=1.0), answers).value == pick(WeightedVote(C), answers).value

    def test_t23_it_returns_the_weighted_winner_not_the_majority(self) -> None:
        answers = scored("11222", [9.0, 9.0, 1.0, 1.0, 1.0])
        assert pick(DeepConf(C, keep=1.0), answers).value == "1"
        assert pick(Vote(C), answers).value == "2"

    @pytest.mark.parametrize(
        ("size", "keep", "kept"),
        [(10, 0.1, 1), (100, 0.07, 7), (11, 0.1, 2), (3, 0.1, 1), (10, 0.9, 9), (5, 1.0, 5)],
    )
    def test_it_keeps_the_share_that_it_says(self, size: int, keep: float, kept: int) -> None:
        weights = DeepConf(C, keep=keep).weights(np.arange(1.0, size + 1))
        assert (weights > 0).sum() == kept
        assert weights[-1] == size

    def test_those_as_confident_as_the_last_kept_are_kept(self) -> None:
        assert list(DeepConf(C, keep=0.4).weights(np.array([1.0, 3.0, 3.0, 3.0, 2.0]))) == [0, 3, 3, 3, 0]


class TestCertaintyVote:
    @FEW
    @given(POOLS)
    def test_power_zero_is_a_plain_vote_of_those_with_a_score(self, answers: list[Answer]) -> None:
        known = [a for a in answers if a.value is not None and a.score is not None]
        assert pick(CertaintyVote(C, power=0), known).value == pick(Vote(C), known).value

    @FEW
    @given(POOLS)
    def test_only_the_order_of_the_scores_counts(self, answers: list[Answer]) -> None:
        bent = [drawn(a.value, None if a.score is None else math.exp(a.score) - 50) for a in answers]
        assert pick(CertaintyVote(C), answers).value == pick(CertaintyVote(C), bent).value

    def test_the_weights_are_those_of_the_paper(self) -> None:
        found = CertaintyVote(C, power=0.5).weights(np.array([0.2, 0.9, 0.5]))
        assert found / found[0] == pytest.approx([1, 3**0.5, 2**0.5])
        tied = CertaintyVote(C, power=2).weights(np.array([0.2, 0.9, 0.9, 0.5]))
        assert tied / tied[0] == pytest.approx([1, 3.5**2, 3.5**2, 2**2])

    def test_a_large_power_takes_the_most_certain(self) -> None:
        answers = scored("12222", [0.9, 0.8, 0.7, 0.6, 0.5])
        assert pick(CertaintyVote(C, power=300), answers).value == "1"
        assert pick(CertaintyVote(C, power=0.5), answers).value == "2"


class TestFilterVote:
    def test_survivors_vote(self) -> None:
        assert pick(FilterVote(C), scored("11222", [1, 1, 0, 0, 1])).value == "1"

    @pytest.mark.parametrize("verdicts", [[0, 0, 0, 0, 0], [None] * 5, [0, None, 0, None, 0]])
    def test_t16_without_a_survivor_all_vote(self, verdicts: list[float | None]) -> None:
        answers = scored("12233", verdicts)
        assert pick(FilterVote(C), scored("12223", verdicts)).value == "2"
        assert {pick(FilterVote(C), answers).value, pick(Vote(C), answers).value} <= {"2", "3"}
        assert pick(FilterVote(C), answers).value == pick(Vote(C), answers).value

    def test_as_published_takes_the_alphabetically_first_without_one(self) -> None:
        published = FilterVote(C, as_published=True)
        assert pick(published, scored("3221", [0, None, 0, 0])).value == "1"
        assert pick(published, scored("3221", [0, 1, 1, 0])).value == "2"
        assert pick(published, scored("--", [None, None])).value is None
        curve = published.curve([pool_of(scored("3221", [0, 0, 0, 0]))], np.random.default_rng(0))
        assert curve.accuracy[0, -1] == 1.0

    def test_a_filter_that_is_always_right_leaves_nothing_but_right_answers(self) -> None:
        for number in range(12):
            question = type(QUESTION)(f"{number} + 1?", "number", str(number + 1))
            answer = solve(FilterVote(C, n=8), question, "sim/beta(2,2)?judge=1").answer
            assert answer.value == question.gold or question.gold not in answer.ballots


@pytest.mark.parametrize(
    "make",
    [lambda: CISC(C, temperature=0), lambda: DeepConf(C, keep=0), lambda: DeepConf(C, keep=1.1),
     lambda: CertaintyVote(C, power=-1)],
)  # fmt: skip
def test_impossible_parameters_are_refused_by_name(make) -> None:
    with pytest.raises(ExpressionError, match=r"temperature|keep|power"):
        make()


def test_live_the_default_scorers_weigh_by_the_candidates_own_tokens() -> None:
    answer, spent, _ = solve(DeepConf(C, n=8, keep=0.5, by=TokenConfidence()), model="sim/beta(2,2)?judge=0.95")
    assert spent.calls == 8
    assert all(dict(s.draw.request.parameters)["top_logprobs"] == 20 for s in answer.samples)
    kept = sorted(answer.samples, key=lambda s: -s.confidence.tail)[:4]
    sums = {}
    for sample in kept:
        sums[sample.text] = sums.get(sample.text, 0.0) + sample.confidence.tail
    assert answer.text == max(sums, key=sums.__getitem__)
