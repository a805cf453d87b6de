"""Mixtures of agents and self-aggregation; and whatever is composed of strategies whose calls read each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from solving import QUESTION, questions, script, solve, solve_all
from test_cost_formulas import cost
from test_random_compositions import KINDS, WORLDS, check

from compound.core import Answer, ExpressionError, ModelFailure, Sample, Text
from compound.models.backend import Call
from compound.models.simulated import World
from compound.strategies import (
    REGISTRY,
    Aggregate,
    BestOf,
    CoT,
    Debate,
    Decompose,
    JudgeDebate,
    Mix,
    MoA,
    Reflect,
    Strategy,
    Verify,
    Vote,
    parse,
    strategy,
)
from compound.strategies.aggregate import drawn_from

SHOWN = re.compile(r'<reply number="\d+">\n(.*?)\n</reply>', re.DOTALL)
A, B = "sim/beta(2,2)?seed=1", "sim/beta(2,2)?seed=2"


def shown(sample: Sample) -> list[str]:
    prompt = sample.draw.request.prompt
    return SHOWN.findall("\n".join(m.content for m in prompt.messages))


def at(answer: Answer, step: str) -> list[Sample]:
    return [s for node in answer.step.walk() if node.name == step for s in node.samples]


def numbered(call: Call, i: int) -> str:
    """Candidates answer with the number of their lane, what is made of them with 10 more."""
    return f"Answer: {call.draws[i].lane[0] + 10 * (call.parameters['step'] == 'aggregate')}"


class TestMoA:
    @pytest.mark.parametrize(("layers", "calls"), [(2, 7), (3, 13)])
    def test_layers_of_proposals_and_one_aggregator(self, layers: int, calls: int) -> None:
        with script(numbered) as model:
            answer, spent, _ = solve(MoA(CoT(), layers=layers), model=model)
        assert spent.calls == answer.usage.calls == calls
        *between, last = at(answer, "aggregate")
        first = [f"Answer: {i}" for i in range(6)]
        assert [sorted(shown(sample)) for sample in between] == [first] * (layers - 2) * 6
        assert sorted(shown(last)) == (first if layers == 2 else [f"Answer: {10 + i}" for i in range(6)])
        assert [m.role for m in last.draw.request.prompt.messages] == ["system", "user"]
        assert answer.value == "10"

    def test_its_proposals_are_the_draws_of_a_vote(self, tmp_path) -> None:
        solve(Vote(CoT(), n=6), store=tmp_path / "s.db")
        assert solve(MoA(CoT(), n=6), store=tmp_path / "s.db").spent.calls == 1

    def test_of_a_list_each_part_proposes_once_and_the_whole_aggregates(self) -> None:
        how = parse(f'moa([cot @ "{A}", cot @ "{B}"], layers=3)')
        assert repr(how) == f'moa(mix([cot @ "{A}", cot @ "{B}"]), n=2, layers=3)'
        assert parse(repr(how)) == how
        models = [s.draw.request.model for s in solve(how, model="sim/beta(9,1)").answer.samples]
        assert models == [A, B, A, B, "sim/beta(9,1)"]
        assert len(solve(replace(how, n=4)).answer.samples) == 9

    def test_t12_in_which_order_the_proposals_came_changes_nothing(self) -> None:
        def prompts(values: str) -> Any:
            with script(lambda call, i: f"Answer: {values[call.draws[i].lane[0]]}") as model:
                return at(solve(MoA(CoT(), n=4), model=model).answer, "aggregate")[0].draw.request.prompt

        assert prompts("1234") == prompts("4213") != prompts("1235")

    def test_t21_what_cannot_be_read_is_left_out_and_never_padded(self) -> None:
        def says(call: Call, i: int) -> str:
            lost = call.parameters["step"] == "answer" and call.draws[i].lane[0] % 2
            return "no idea" if lost else numbered(call, i)

        with script(says) as model:
            (last,) = at(solve(MoA(CoT(), n=5), model=model).answer, "aggregate")
        assert sorted(shown(last)) == ["Answer: 0", "Answer: 2", "Answer: 4"]

    def test_without_a_proposal_the_aggregator_answers_alone(self) -> None:
        with script(lambda call, i: "Answer: 8" if call.parameters["step"] == "aggregate" else "no") as model:
            answer = solve(MoA(CoT(), n=3), model=model).answer
        assert (answer.value, answer.usage.calls, answer.abstained, answer.failed) == ("8", 4, 3, 0)
        assert [m.role for m in at(answer, "aggregate")[0].draw.request.prompt.messages] == ["user"]

    @pytest.mark.parametrize("layers", [2, 3])
    def test_calls_that_fail(self, layers: int) -> None:
        def failing(*steps: str) -> Callable[[Call, int], str]:
            def says(call: Call, i: int) -> str:
                if call.parameters["step"] in steps:
                    raise ModelFailure("bad request", "refused", retryable=False)
                return "Answer: 4"

            return says

        with script(failing("aggregate")) as model:
            answer = solve(MoA(CoT(), n=3, layers=layers), model=model).answer
        assert (answer.value, answer.usage.calls, answer.failure) == ("4" if layers == 2 else None, 3, None)
        assert "vote instead" in {step.name for step in answer.step.walk()}
        with script(failing("answer")) as model:
            answer, spent, _ = solve(MoA(CoT(), n=3, layers=layers), model=model)
        assert (answer.value, answer.failed, spent.calls) == (None, 3, 0)
        assert answer.failure == "every candidate failed: bad request: refused"

    def test_t32_what_is_configured_reaches_every_call(self) -> None:
        for published, wanted in ((False, (0.3, 99)), (True, (0.7, 2048))):
            answer = solve(
                MoA(CoT(), n=2, layers=3, as_published=published), parameters={"temperature": 0.3, "max_tokens": 99}
            ).answer
            sent = [dict(s.draw.request.parameters) for s in answer.samples]
            assert [(p["temperature"], p["max_tokens"]) for p in sent] == [(0.3, 99)] * 4 + [wanted]

    def test_plain_texts_are_continued(self) -> None:
        how = parse('moa(few_shot(form="text", examples=2), n=3)')
        asked = replace(QUESTION, examples=tuple(questions(3)))
        with script(lambda call, i: str(call.draws[i].lane[0])) as model:
            (last,) = at(solve(how, asked, model).answer, "aggregate")
        prompt = last.draw.request.prompt
        assert isinstance(prompt, Text)
        assert sorted(prompt.text.split("\n\n")[-1].split("\n")) == [
            "A:", "Another answer: 0", "Another answer: 1", "Another answer: 2", f"Q: {QUESTION.text}"
        ]  # fmt: skip
        assert dict(last.draw.request.parameters)["stop"] == ["\n"]

    def test_an_aggregator_that_is_always_right_finds_what_was_proposed(self) -> None:
        asked = questions(40)
        for q, a in zip(asked, solve_all(MoA(CoT(), n=3), asked, "sim/beta(2,2)?judge=1"), strict=True):
            assert (a.value == q.gold) == (q.gold in a.ballots)


class TestAggregate:
    def test_every_loop_draws_the_population_anew(self) -> None:
        answer, spent, _ = solve(Aggregate(CoT(), n=5, k=2, loops=4))
        assert spent.calls == answer.usage.calls == 20
        assert [s.name for s in answer.step.children] == ["cot"] * 5 + ["loop 2", "loop 3", "loop 4"]
        assert answer.value == answer.step.children[-1].value

    def test_one_loop_is_the_vote(self) -> None:
        one, vote = solve(Aggregate(CoT(), n=7, loops=1)).answer, solve(Vote(CoT(), n=7)).answer
        assert (one.value, one.text, one.ballots, one.usage) == (vote.value, vote.text, vote.ballots, vote.usage)

    def test_each_member_is_shown_k_others_of_the_loop_before_without_replacement(self) -> None:
        with script(numbered) as model:
            answer = solve(Aggregate(CoT(), n=6, k=3, loops=2), model=model).answer
            again = solve(Aggregate(CoT(), n=6, k=3, loops=3), model=model).answer
        sets = [shown(sample) for sample in at(answer, "aggregate")]
        assert [len(set(s)) for s in sets] == [3] * 6
        assert {text for s in sets for text in s} <= {f"Answer: {i}" for i in range(6)}
        assert len({tuple(s) for s in sets}) > 2
        assert [shown(s) for s in at(again, "aggregate")][:6] == sets, "drawn from question, loop and member alone"

    def test_subsets_are_drawn_evenly(self) -> None:
        population = [Answer(str(i)) for i in range(5)]
        counts = np.zeros(5)
        for i in range(600):
            for answer in drawn_from([*population, Answer(None)], 2, QUESTION, 2 + i % 10, i):
                counts[int(answer.value)] += 1
        assert counts.sum() == 1200
        assert counts / 600 == pytest.approx(np.full(5, 0.4), abs=4 * (0.24 / 600) ** 0.5)

    def test_a_member_whose_call_fails_stays_as_it_was(self) -> None:
        def says(call: Call, i: int) -> str:
            if call.parameters["step"] == "aggregate" and call.draws[i].lane[0]:
                raise ModelFailure("bad request", "refused", retryable=False)
            return numbered(call, i)

        with script(says) as model:
            answer, spent, _ = solve(Aggregate(CoT(), n=3, k=2, loops=2), model=model)
        assert answer.value in {"10", "1", "2"}
        assert (spent.calls, answer.usage.calls, answer.failed) == (4, 4, 0)
        assert [s.value for s in answer.step.children[-1].children] == ["10", None, None]
        with script(lambda call, i: says(call, i) if call.draws[i].lane[0] else "Answer: 2") as model:
            assert solve(Aggregate(CoT(), n=3, k=2, loops=3), model=model).answer.value == "2", "of 2, 1, 2"
        with script(lambda call, i: "no idea") as model:
            assert solve(Aggregate(CoT(), n=3, loops=2), model=model).answer.value is None

    def test_loops_lift_the_share_as_the_closed_form_says(self) -> None:
        """With k = 1 and a judge of 1 nothing changes; with k = 2 a member is right if one of the two is."""
        asked, model = questions(80), "sim/beta(2,2)?judge=1"
        for k in (1, 2):
            found = solve_all(Aggregate(CoT(), n=4, k=k, loops=2), asked, model)
            p = np.array([World.parse(model).difficulty(q) for q in asked])
            right = np.array([
                np.mean([s.value == q.gold for s in a.step.children[-1].children])
                for q, a in zip(asked, found, strict=True)
            ])  # fmt: skip
            difference = right - (1 - (1 - p) ** k)
            assert abs(difference.mean()) < 4 * difference.std() / 80**0.5


@pytest.mark.parametrize("text", ["moa(cot, layers=1)", "moa(cot, n=-1)", "moa([])", "aggregate(cot, k=0)",
                                  "aggregate(cot, loops=0)", "moa([mix([cot, single]), cot])"])  # fmt: skip
def test_impossible_parameters_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"at least|needs at least|list all parts"):
        parse(text)


@pytest.fixture(autouse=True, scope="module")
def _registered() -> Iterator[None]:
    """A candidate whose call fails in some lanes."""

    @strategy("shaky")
    class Shaky(Strategy):
        """Its call fails in every third lane."""

        async def solve(self, question: Any, lm: Any) -> Answer:
            if lm.lane[-1] % 3 == 1:
                raise ModelFailure("rate limit", "slow down")
            return await CoT().solve(question, lm)

    yield
    del REGISTRY["shaky"]


FEW = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SMALL = st.integers(1, 3)


def reading(parts: st.SearchStrategy[Strategy]) -> st.SearchStrategy[Strategy]:
    """Strategies whose calls read what calls before them said."""
    lists = parts | st.lists(parts.filter(lambda part: part.sources == 1), min_size=1, max_size=2)
    topology = st.sampled_from(["full", "ring", "star"])
    return st.one_of(
        st.builds(Debate, lists, agents=SMALL, rounds=SMALL, topology=topology, as_published=st.booleans()),
        st.builds(JudgeDebate, lists, rounds=SMALL, as_published=st.booleans()),
        st.builds(Reflect, parts, n=SMALL, as_published=st.booleans()),
        st.builds(Verify, parts, questions=SMALL),
        st.builds(Decompose, questions=SMALL),
        st.builds(MoA, lists, n=st.integers(0, 3), layers=st.integers(2, 3)),
        st.builds(Aggregate, lists, n=SMALL, k=SMALL, loops=SMALL, as_published=st.booleans()),
    )


def composed() -> st.SearchStrategy[Strategy]:
    leaves: st.SearchStrategy[Strategy] = st.deferred(
        lambda: st.sampled_from([CoT(), parse("few_shot(examples=2)"), CoT() @ A, REGISTRY["shaky"]()])
    )
    pooled = st.builds(Vote, leaves, n=SMALL) | st.builds(BestOf, leaves, n=SMALL)
    inner = reading(leaves | pooled)
    return (
        inner | reading(inner) | st.builds(Vote, inner, n=SMALL) | st.lists(inner, min_size=1, max_size=2).map(Mix)
    )


@FEW
@given(composed(), WORLDS, st.sampled_from(KINDS))
def test_every_composition_answers_with_a_whole_trace_and_an_honest_bill(how, world, question) -> None:
    world += "&conform=0.5&convert=0.1"
    with TemporaryDirectory() as folder:
        store = Path(folder) / "s.db"
        found = solve(how, question, world, store)  # it raises for none of the failures
        check(how, question, found)
        again = solve(how, question, world, store)
        assert (again.spent.calls, again.answer.value) == (0, found.answer.value)
        assert again.answer.usage == found.answer.usage


def inside(part: Any) -> Iterator[Any]:
    yield part
    for one in part.inner():
        yield from inside(one)


def uneven(part: Any) -> bool:
    """Whether parts that take turns cost different things: a formula knows one c."""
    return isinstance(part, Mix) and len({cost(one) for one in part.parts}) > 1


@FEW
@given(composed().filter(lambda how: "shaky" not in repr(how) and not any(map(uneven, inside(how)))))
def test_the_cost_formula_is_the_meter(how) -> None:
    _, formula = cost(how.parts[0] if isinstance(how, Mix) else how)
    most = any(part.cost.startswith("<=") for part in inside(how))
    spent = solve(how, KINDS[0], "sim/beta(2,2)?judge=0.3").spent.calls
    assert spent <= formula if most else spent == formula
