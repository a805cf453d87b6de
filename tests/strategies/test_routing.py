"""Routed votes, cascades and routers: their limits, their bills, and what they learn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fitting_helpers import STRONG, WEAK, fit
from solving import QUESTION, questions, script, solve, solve_all

from compound.answers import grade
from compound.core import Answer, ExpressionError, ModelFailure, Question, TaskError
from compound.models.backend import Call
from compound.models.simulated import World
from compound.strategies import Cascade, CoT, Route, Routed, Vote, parse
from compound.strategies.router import Router, held_out_chances

ALL = questions(80)
TRAIN, TEST = ALL[:40], ALL[40:]
PAIR = f'cascade([vote(cot, n=5), cot @ "{STRONG}"], threshold={{}})'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOUND_FITTED", str(tmp_path / "fitted"))


def values(answers: list[Answer]) -> list[str | None]:
    return [answer.value for answer in answers]


def greedy(question: Question) -> str:
    """What the simulated weak model says at temperature 0."""
    answers, weights = World.parse(WEAK).answers(question)
    return answers[int(np.argmax(weights))]


def saying(*said: str) -> Callable[[Call, int], str]:
    """Candidate i says number i; at temperature 0 the answer is 9."""

    def says(call: Call, i: int) -> str:
        if call.parameters.get("temperature") == 0:
            return "Answer: 9"
        return said[call.draws[i].lane[0]]

    return says


class TestRouted:
    def test_a_threshold_of_0_is_the_vote_and_one_above_1_the_greedy_answer(self) -> None:
        vote = solve_all(Vote(CoT(), n=7), TEST, WEAK)
        low, high = (solve_all(Routed(CoT(), n=7, threshold=t), TEST, WEAK) for t in (0, 1.01))
        assert values(low) == values(vote)
        assert [(a.ballots, a.usage) for a in low] == [(a.ballots, a.usage) for a in vote]
        assert values(high) == [greedy(q) for q in TEST] != values(vote)
        assert {a.usage.calls for a in high} == {8}

    @pytest.mark.parametrize(
        ("said", "threshold", "value"),
        [
            (("Answer: 1",) * 3 + ("Answer: 2",) * 2, 0.6, "1"),
            (("Answer: 1",) * 3 + ("Answer: 2",) * 2, 0.61, "9"),
            (("Answer: 1",) * 3 + ("no idea",) * 2, 0.6, "1"),
            (("Answer: 1",) * 3 + ("no idea",) * 2, 0.7, "9"),  # who abstains does not agree
            (("no idea",) * 5, 0.2, "9"),
            (("no idea",) * 5, 0, None),
        ],
    )
    def test_the_share_is_that_of_the_most_frequent_answer(self, said, threshold, value) -> None:
        with script(saying(*said)) as model:
            answer, spent, _ = solve(Routed(CoT(), n=5, threshold=threshold), model=model)
        assert answer.value == value
        assert spent.calls == answer.usage.calls == 5 + (value == "9")

    def test_the_greedy_answer_is_that_of_the_strategy_alone(self, tmp_path: Path) -> None:
        """Asked in its own lane: a baseline that was drawn before is not bought again, nor one for another n."""
        store = tmp_path / "s.db"
        solve(parse("single"), QUESTION, WEAK, store, parameters={"temperature": 0})
        assert solve(Routed(CoT(), n=4, threshold=2), QUESTION, WEAK, store, parameters={}).spent.calls == 4
        assert solve(Routed(CoT(), n=6, threshold=2), QUESTION, WEAK, store).spent.calls == 2

    def test_if_the_greedy_call_fails_the_vote_stands_and_the_trace_says_so(self) -> None:
        def says(call: Call, i: int) -> str:
            if call.parameters.get("temperature") == 0:
                raise ModelFailure("bad request", "no temperature", retryable=False)
            return f"Answer: {call.draws[i].lane[0] % 2}"

        with script(says) as model:
            answer = solve(Routed(CoT(), n=5, threshold=0.9), model=model).answer
        assert answer.value == "0"
        assert any(step.failure and "no temperature" in step.failure for step in answer.step.walk())

    def test_the_fitted_threshold_is_the_best_of_the_sweep_and_the_sweep_is_what_solving_gives(self) -> None:
        how = Routed(CoT(), n=4)
        found = fit(how, TRAIN)
        (said,) = found.fitted.said
        assert [row["threshold"] for row in said["sweep"]] == [0, 0.25, 0.5, 0.75, 1, 1.01]
        for row in said["sweep"]:
            answers = solve_all(Routed(CoT(), n=4, threshold=row["threshold"]), TRAIN, WEAK)
            right = [grade(a.value, q) for a, q in zip(answers, TRAIN, strict=True)]
            assert row["accuracy"] == pytest.approx(np.mean(right))
            assert row["direct"] == pytest.approx(np.mean([a.usage.calls == 5 for a in answers]))
        best = max(row["accuracy"] for row in said["sweep"])
        lowest = min(row["threshold"] for row in said["sweep"] if row["accuracy"] == best)
        assert found.fitted.strategy.threshold == lowest

    def test_where_reasoning_hurts_it_learns_to_answer_directly(self) -> None:
        def says(call: Call, i: int) -> str:
            return f"Answer: {call.question.gold if call.parameters.get('temperature') == 0 else -1}"

        with script(says) as model:
            (said,) = fit(Routed(CoT(), n=3), TRAIN, model=model).fitted.said
        assert parse(said["strategy"]).threshold == 1.01


class TestCascade:
    def test_the_expression_of_the_design(self) -> None:
        how = parse('cascade([vote(cot, n=5) @ "small", cot @ "large"], threshold=0.8)')
        assert repr(how) == 'cascade([vote(cot, n=5) @ "small", cot @ "large"], threshold=0.8)'
        bound = parse(f'cascade([vote(cot, n=5) @ "{WEAK}", cot @ "{STRONG}"], threshold=0.8)')
        free = solve_all(parse(PAIR.format(0.8)), TEST, WEAK)
        assert values(solve_all(bound, TEST, "sim/beta(1,1)?seed=99")) == values(free)

    def test_it_accepts_a_score_of_at_least_the_threshold(self) -> None:
        vote, strong = solve_all(Vote(CoT(), n=5), TEST, WEAK), solve_all(CoT(), TEST, STRONG)
        for threshold in (0, 0.4, 0.6, 0.8, 1, 1.01):
            found = solve_all(parse(PAIR.format(threshold)), TEST, WEAK)
            sure = [max(a.ballots.values()) / 5 >= threshold for a in vote]
            expected = [v if keep else s for v, s, keep in zip(vote, strong, sure, strict=True)]
            assert values(found) == values(expected)
            for answer, v, s, keep in zip(found, vote, strong, sure, strict=True):
                assert answer.usage == (v.usage if keep else v.usage + s.usage), "all weak calls are counted"
        assert any(v.value != s.value for v, s in zip(vote, strong, strict=True))

    def test_an_abstention_is_never_accepted_while_there_is_another_stage(self) -> None:
        stages = (Vote(CoT(), n=3) @ "sim/beta(2,2)?abstain=1", Vote(CoT(), n=2), CoT() @ STRONG)
        answer = solve(Cascade(stages, threshold=(0, 2)), QUESTION, WEAK).answer
        assert answer.usage.calls == 3 + 2 + 1
        assert [step.name for step in answer.step.children] == ["vote", "vote", "cot"]

    @pytest.mark.parametrize("threshold", [0, 0.6, 0.8, 2])
    @pytest.mark.parametrize("by", ["", ", by=judge", f', by=judge(n=2) @ "{STRONG}"'])
    def test_what_it_says_it_took_is_what_the_meter_counts(self, threshold: float, by: str) -> None:
        text = PAIR.format(threshold)[:-1] + by + ")"
        found = set()
        for question in TEST[:6]:
            answer, spent, stored = solve(parse(text), question, WEAK)
            assert answer.usage.calls == spent.calls == len(answer.samples) == len(stored)
            assert (answer.usage.usd, answer.usage.tokens_out) == (pytest.approx(spent.usd), spent.tokens_out)
            assert answer.usage.seconds >= max(s.seconds for s in answer.samples)
            found.add(spent.calls)
        judged = 0 if not by else 2 if "n=2" in by else 1
        assert found <= {5 + judged, 6 + judged}

    def test_a_failed_stage_is_passed_over_and_a_failed_last_one_is_owed(self) -> None:
        def says(call: Call, i: int) -> str:
            if call.draws[i].lane == (0,) and "steps" not in str(call.request.prompt.payload()):
                raise ModelFailure("timeout", "too slow", retryable=False)
            return "Answer: 1"

        with script(says) as model:
            passed = solve(parse("cascade([single, cot], by=judge, threshold=1)"), model=model).answer
            owed = solve(parse("cascade([vote(cot, n=3), single], threshold=2)"), model=model)
        assert passed.value == "1"
        assert passed.failure is None
        assert (owed.answer.value, owed.answer.failure) == (None, "timeout: too slow")
        assert owed.answer.usage.calls == owed.spent.calls == 3, "what the weak calls took is on the bill"

    @pytest.mark.parametrize("budget", [None, 0.0008, 0.0015, 0.003])
    def test_fitted_it_is_the_best_within_its_budget_as_solving_shows(self, budget: float | None) -> None:
        how = Cascade((Vote(CoT(), n=5), CoT() @ STRONG), budget=budget)
        found = fit(how, TRAIN).fitted
        (said,) = found.said
        assert (said["unit"], len(said["sweep"])) == ("usd", 5)
        met = []
        for row in said["sweep"]:
            answers = solve_all(parse(PAIR.format(row["threshold"][0])), TRAIN, WEAK)
            assert row["accuracy"] == pytest.approx(
                np.mean([grade(a.value, q) for a, q in zip(answers, TRAIN, strict=True)])
            )
            assert row["cost"] == pytest.approx(np.mean([a.usage.usd for a in answers]))
            if budget is None or row["cost"] <= budget:
                met.append((row["accuracy"], -row["cost"], row["threshold"][0]))
        assert found.strategy.threshold == max(met)[2]

    def test_three_stages_learn_two_thresholds(self) -> None:
        how = parse(f'cascade([vote(cot, n=3), vote(cot, n=5) @ "{WEAK}&seed=8", cot @ "{STRONG}"])')
        found = fit(how, TRAIN, TEST)
        assert len(found.fitted.strategy.threshold) == 2
        assert np.mean([grade(a.value, q) for a, q in zip(found.answers, TEST, strict=True)]) > 0.6

    def test_a_budget_that_cannot_be_kept_is_refused(self) -> None:
        pair = (Vote(CoT(), n=5), CoT() @ STRONG)
        with pytest.raises(TaskError, match=r"first stage alone takes \$.* a question, and budget is 1e-06"):
            fit(Cascade(pair, budget=1e-6), TRAIN)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("cascade([vote(cot)], threshold=0.5)", "two stages or more"),
            ("cascade([cot, vote(cot)], threshold=0.5)", r"cot casts no votes .* vote\(cot, n=5\), or by=judge"),
            ('cascade([cot @ "a", cot @ "b"])', "casts no votes"),
            ("cascade([vote(cot), cot], threshold=[0.5, 0.6])", "2 thresholds for 2 stages"),
            ("cascade([vote(cot), cot], threshold=0.5, budget=1)", "leave one of threshold and budget out"),
            ("cascade([vote(cot), cot], budget=0)", "above 0"),
            ("routed(cot, threshold=-1)", "at least 0"),
            ("route([cot])", "two parts or more"),
            ("route([cot, single], k=0)", "k must be at least 1"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(ExpressionError, match=said):
            parse(text)


def sums_and_poems(count: int, start: int = 0) -> list[Question]:
    """Questions of two sorts that their words tell apart."""
    return [
        Question(f"Add {i} and {i + 3}." if i % 2 else f"How many verses has poem {i}?", "number", str(i))
        for i in range(start, start + count)
    ]


def adds(call: Call, i: int) -> str:
    """Right about sums, never about poems."""
    return f"Answer: {call.question.gold if 'Add' in call.question.text else -1}"


class TestRoute:
    @pytest.mark.parametrize("by", ["knn", "logistic"])
    def test_it_learns_which_part_is_good_at_what(self, by: str) -> None:
        how = Route((CoT(), CoT() @ STRONG), by=by, k=7, budget=0.0025)  # half of the questions, and no more
        with script(adds) as model:
            found = fit(how, sums_and_poems(40), sums_and_poems(20, 100), model)
        to = ["Add" in q.text for q in sums_and_poems(20, 100)]
        assert [answer.usage.usd == 0 for answer in found.answers] == to
        assert all(answer.usage.calls == 1 for answer in found.answers)
        (said,) = found.fitted.said
        assert said["accuracy"][0] == 0.5
        assert said["held_out"]["accuracy"] > 0.85

    def test_without_a_budget_the_part_that_is_right_more_often_gets_everything(self) -> None:
        found = fit(Route((CoT(), CoT() @ STRONG), k=40), TRAIN, TEST)
        assert values(found.answers) == values(solve_all(CoT(), TEST, STRONG))

    def test_a_dearer_part_that_is_no_better_gets_nothing(self) -> None:
        found = fit(Route((CoT(), CoT() @ f"{WEAK.replace('1/2', '50/50')}")), TRAIN, TEST)
        share = found.fitted.said[0]["accuracy"]
        assert abs(share[0] - share[1]) < 0.3
        cheap = fit(Route((CoT(), CoT() @ f"{WEAK.replace('1/2', '50/50')}"), per_usd=1e6), TRAIN, TEST)
        assert values(cheap.answers) == values(solve_all(CoT(), TEST, WEAK))

    def test_the_mean_price_falls_with_the_budget_and_keeps_to_it(self) -> None:
        prices, train = [], sums_and_poems(60)
        with script(adds) as model:
            for budget in (0.0001, 0.001, 0.002, 0.003, 1.0):
                (said,) = fit(Route((CoT(), CoT() @ STRONG), k=7, budget=budget), train, model=model).fitted.said
                prices.append(float(np.dot(said["held_out"]["share"], said["usd"])))
                assert prices[-1] <= budget + 1e-12
        assert prices == sorted(prices)
        assert prices[0] == 0 < prices[-1]

    def test_neighbours_by_hand(self) -> None:
        texts = ["red apple", "red cherry", "blue sky", "blue sea"]
        right = np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=float)
        router = Router(texts, right, "knn", 2)
        np.testing.assert_allclose(router.chances(["red rose"]), [[(2 + 0.75) / 3, (0 + 0.5) / 3]])
        np.testing.assert_allclose(router.chances(["blue rose"]), [[(1 + 0.75) / 3, (2 + 0.5) / 3]])

    @pytest.mark.parametrize("by", ["knn", "logistic"])
    def test_chances_are_held_out(self, by: str) -> None:
        """Outcomes by a coin: who had seen a question would know its own; who has not is right half the time."""
        rng = np.random.default_rng(0)
        texts = [f"q{i} q{i} x{i % 3}" for i in range(120)]
        right = (rng.random((120, 1)) < 0.5).astype(float)
        held = held_out_chances(texts, right, by, 1)[:, 0]
        router = Router(texts, right, by, 1)
        seen = router.chances(texts)[:, 0]
        agreed = [np.mean((chance > right.mean()) == right[:, 0]) for chance in (held, seen)]
        assert agreed[0] < 0.65
        assert agreed[1] > 0.95
        assert ((held >= 0) & (held <= 1)).all()

    def test_a_part_that_is_always_right_and_texts_without_words_are_no_trouble(self) -> None:
        right = np.array([[1, 0], [1, 1], [1, 0]], dtype=float)
        for by in ("knn", "logistic"):
            assert Router(["a", "b c", "d"], right, by, 2).chances(["b"])[0, 0] == 1.0
            np.testing.assert_allclose(Router([" ", "  ", ""], right, by, 3).chances([""]), [[1, 1 / 3]], atol=1e-9)


def test_unknown_prices_are_no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    from solving import Scripted

    monkeypatch.setattr(Scripted, "price", lambda self: None)
    with script(lambda call, i: "Answer: 1") as model:
        for text in ("cascade([vote(cot, n=2), single], budget=1)", "route([cot, single], budget=1)"):
            with pytest.raises(TaskError, match="price"):
                fit(parse(text), TRAIN[:5], model=model)
        assert fit(parse("route([cot, single])"), TRAIN[:5], model=model).fitted.usage.usd is None
        (said,) = fit(parse("cascade([vote(cot, n=2), single])"), TRAIN[:5], model=model).fitted.said
        assert said["unit"] == "calls"
