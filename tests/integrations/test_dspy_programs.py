"""A DSPy program as a candidate strategy."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from dspy_replies import answered, fields, prompt_of
from solving import QUESTION, script, solve

from compound.core import BudgetExhaustedError, ExpressionError, ModelError, ModelFailure, Question, Sample
from compound.models.backend import Call
from compound.models.budget import Budget
from compound.models.session import Session, wait_for
from compound.strategies import parse


def test_every_rollout_is_a_draw_of_its_own_and_all_is_counted(ours: Any, dspy: Any, tmp_path: Path) -> None:
    @ours.dspy_program("qa")
    def qa() -> Any:
        return dspy.ChainOfThought("question -> answer")

    lanes: list[tuple[int, ...]] = []

    def says(call: Call, i: int) -> str:
        lanes.append(call.draws[i].lane)
        return fields(reasoning="So.", answer=["391", "390"][call.draws[i].lane[0] % 2])

    how = parse('vote(dspy_program("qa"), n=9)')
    assert repr(how) == 'vote(dspy_program(program="qa"), n=9)'
    with script(says) as model:
        found = solve(how, model=model, store=tmp_path / "s.db")
        again = solve(how, model=model, store=tmp_path / "s.db")
    assert found.answer.ballots == {"391": 5, "390": 4}
    assert found.answer.value == "391"
    assert sorted(lanes) == [(i,) for i in range(9)]
    assert found.answer.usage.calls == found.spent.calls == len(found.stored) == 9
    assert found.answer.usage.tokens == found.spent.tokens
    assert again.spent.calls == 0, "a rerun buys nothing, whatever DSPy keeps"
    assert again.answer.ballots == found.answer.ballots


def test_calls_of_one_rollout_stay_in_its_lane(ours: Any, dspy: Any) -> None:
    class Twice(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.guess, self.judge = dspy.Predict("question -> answer"), dspy.Predict("first, second -> answer")

        def forward(self, question: str) -> Any:
            first, second = (self.guess(question=question).answer for _ in range(2))
            return self.judge(first=first, second=second)

    ours.dspy_program("twice")(Twice)
    drawn: list[tuple[Any, ...]] = []

    def says(call: Call, i: int) -> str:
        drawn.append((call.draws[i].lane, call.draws[i].k, "first" in prompt_of(call)))
        return fields(answer=str(390 + call.draws[i].k))

    with script(says) as model:
        found = solve(parse('dspy_program("twice")'), model=model)
    assert drawn == [((0,), 0, False), ((0,), 1, False), ((0,), 0, True)], "the same request again is another draw"
    assert [step.name for step in found.answer.step.children] == ["call"] * 3
    assert found.answer.usage.calls == found.spent.calls == 3
    assert found.answer.usage.seconds == 3


def test_nothing_that_a_program_remembers_reaches_another_rollout(ours: Any, dspy: Any) -> None:
    from dspy.clients.base_lm import GLOBAL_HISTORY

    class Counting(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen, self.predict = [], dspy.Predict("question -> answer")

        def forward(self, question: str) -> Any:
            self.seen.append(question)
            self.predict.demos.append(dspy.Example(question="x", answer="y"))
            assert len(self.seen) == len(self.predict.demos) == 1
            return self.predict(question=question)

    made = Counting()
    ours.dspy_program("copied")(made)
    ours.dspy_program("made")(Counting)
    before, trace = len(GLOBAL_HISTORY), len(dspy.settings.trace)
    with script(answered("391")) as model:
        for name in ("copied", "made"):
            assert solve(parse(f'vote(dspy_program("{name}"), n=5)'), model=model).answer.ballots == {"391": 5}
    assert made.seen == [] == made.predict.demos == made.history
    assert (len(GLOBAL_HISTORY), len(dspy.settings.trace)) == (before, trace)


def test_a_language_model_of_the_programs_own_is_not_asked(ours: Any, dspy: Any) -> None:
    program = dspy.Predict("question -> answer")
    program.set_lm(dspy.utils.DummyLM([{"answer": "stolen"}] * 9))
    ours.dspy_program("own")(program)
    with script(answered("391")) as model, dspy.context(lm=dspy.utils.DummyLM([{"answer": "stolen"}] * 9)):
        found = solve(parse('vote(dspy_program("own"), n=2)'), model=model)
    assert (found.answer.value, found.spent.calls) == ("391", 2)


def test_programs_that_await_or_ask_at_once_work_too(ours: Any, dspy: Any) -> None:
    class Awaiting(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.predict = dspy.Predict("question -> answer")

        async def aforward(self, question: str) -> Any:
            found = await asyncio.gather(*(self.predict.acall(question=question) for _ in range(3)))
            return found[0]

    class AtOnce(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.predict = dspy.Predict("question -> answer")

        def forward(self, question: str) -> Any:
            pairs = [(self.predict, dspy.Example(question=f"{question} {i}").with_inputs("question"))
                     for i in range(4)]  # fmt: skip
            return dspy.Parallel(num_threads=4, disable_progress_bar=True)(pairs)[0]

    ours.dspy_program("awaiting")(Awaiting)
    ours.dspy_program("at_once")(AtOnce)
    with script(answered("391")) as model:
        for name, calls in [("awaiting", 3), ("at_once", 4)]:
            found = solve(parse(f'vote(dspy_program("{name}"), n=3)'), model=model)
            assert found.answer.ballots == {"391": 3}
            assert found.spent.calls == found.answer.usage.calls == 3 * calls


def test_more_rollouts_than_threads_do_not_wait_for_each_other(ours: Any, dspy: Any) -> None:
    ours.dspy_program("qa")(lambda: dspy.Predict("question -> answer"))
    with script(answered("391")) as model:
        assert solve(parse('vote(dspy_program("qa"), n=100)'), model=model).answer.ballots == {"391": 100}


@pytest.mark.parametrize(
    ("says", "calls"),
    [
        ("no form at all", 2),  # DSPy asks once more, for JSON
        ("[[ ## answer ## ]]\nnobody knows\n\n[[ ## completed ## ]]", 1),
        ("[[ ## answer ## ]]\n", 1),
        (Sample("[[ ## answer ## ]]\n39", tokens_out=50, finish="length"), 1),
        (Sample("[[ ## answer ## ]]\n391", finish="refusal"), 1),
        ("[[ ## answer ## ]]\n__import__('os').system('true')", 1),
        ("", 2),
    ],
)
def test_what_cannot_be_read_abstains_and_is_paid(ours: Any, dspy: Any, says: Any, calls: int) -> None:
    ours.dspy_program("qa")(lambda: dspy.Predict("question -> answer"))
    with script(lambda call, i: says) as model:
        found = solve(parse('dspy_program("qa")'), model=model)
    assert found.answer.value is None
    assert (found.answer.abstained, found.answer.failed) == (1, 0)
    assert found.answer.usage.calls == found.spent.calls == calls


def test_a_failed_call_is_owed_even_if_the_program_swallows_it(ours: Any, dspy: Any) -> None:
    class Swallowing(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.predict = dspy.Predict("question -> answer")

        def forward(self, question: str) -> Any:
            first = self.predict(question=question)
            try:
                return self.predict(question="again")
            except Exception:
                return first

    ours.dspy_program("swallowing")(Swallowing)
    tried: list[int] = []

    def says(call: Call, i: int) -> str:
        if "again" in prompt_of(call) and call.draws[i].lane == (1,):
            tried.append(1)
            raise ModelFailure("bad request", "no", retryable=False)
        return fields(answer="391")

    with script(says) as model:
        found = solve(parse('vote(dspy_program("swallowing"), n=3)'), model=model)
    assert (found.answer.ballots, found.answer.failed) == ({"391": 2}, 1)
    assert found.answer.usage.calls == found.spent.calls == 5
    assert len(tried) == 1, "DSPy retries nothing"
    assert "bad request" in str(found.answer.step.children[1].failure)


def test_a_cap_stops_it_as_itself(ours: Any, dspy: Any) -> None:
    ours.dspy_program("qa")(lambda: dspy.Predict("question -> answer"))

    async def capped(model: str) -> None:
        async with Session(budget=Budget(tokens=5)) as session:
            await parse('dspy_program("qa")').solve(QUESTION, session.lm(model, QUESTION))

    with script(answered("391")) as model, pytest.raises(BudgetExhaustedError):
        wait_for(capped(model))


def test_what_cannot_be_asked_and_what_is_broken_is_said(ours: Any, dspy: Any) -> None:
    class Broken(dspy.Module):
        def forward(self, question: str) -> Any:
            raise ZeroDivisionError("my own mistake")

    ours.dspy_program("seeded")(lambda: dspy.Predict("question -> answer", seed=3))
    ours.dspy_program("broken")(Broken)
    ours.dspy_program("qa")(lambda: dspy.Predict("question -> answer"))
    with script(answered("391")) as model:
        with pytest.raises(ModelError, match="seed"):
            solve(parse('dspy_program("seeded")'), model=model)
        with pytest.raises(ZeroDivisionError, match="my own mistake"):
            solve(parse('dspy_program("broken")'), model=model)
        with pytest.raises(ExpressionError, match="no field 'anser': did you mean 'answer'"):
            solve(parse('dspy_program("qa", output="anser")'), model=model)
    with pytest.raises(ExpressionError, match="did you mean 'qa'"):
        parse('dspy_program("q")')


def test_settings_of_a_predictor_are_part_of_the_request(ours: Any, dspy: Any) -> None:
    ours.dspy_program("three")(lambda: dspy.Predict("question -> answer", n=3, temperature=0.3, max_tokens=7))
    asked: list[Call] = []

    def says(call: Call, i: int) -> str:
        asked.append(call)
        return fields(answer="391")

    with script(says) as model:
        found = solve(parse('dspy_program("three")'), model=model)
    assert [call.draws[0].k for call in asked] == [0, 1, 2]
    assert {(c.parameters["temperature"], c.parameters["max_tokens"]) for c in asked} == {(0.3, 7)}
    assert found.answer.usage.calls == 3


def test_a_cancelled_rollout_ends_its_thread(ours: Any, dspy: Any) -> None:
    ended, began = threading.Event(), threading.Event()

    class Waiting(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.predict = dspy.Predict("question -> answer")

        def forward(self, question: str) -> Any:
            try:
                return self.predict(question=question)
            finally:
                ended.set()

    ours.dspy_program("waiting")(Waiting)

    async def endless() -> str:
        began.set()
        await asyncio.sleep(0.3)
        return fields(answer="391")

    async def cancelled(model: str) -> None:
        async with Session() as session:
            task = asyncio.ensure_future(
                parse('dspy_program("waiting")').solve(QUESTION, session.lm(model, QUESTION))
            )
            await asyncio.to_thread(began.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with script(lambda call, i: endless()) as model:
        wait_for(cancelled(model))
    assert ended.wait(10)


def test_on_a_simulation_every_call_is_counted(ours: Any, dspy: Any) -> None:
    """It knows nothing of DSPy's form, so all abstain: that costs, and is shown."""
    ours.dspy_program("qa")(lambda: dspy.Predict("question -> answer"))
    found = solve(parse('vote(dspy_program("qa"), n=4)'), model="sim/beta(2,2)")
    assert (found.answer.value, found.answer.abstained) == (None, 4)
    assert found.answer.usage.calls == found.spent.calls == 8


def test_the_question_may_have_choices(ours: Any, dspy: Any) -> None:
    ours.dspy_program("qa")(lambda: dspy.Predict("question -> answer"))
    question = Question("Which?", "choice", "B", choices=("red", "blue"))
    with script(answered("(B)")) as model:
        assert solve(parse('dspy_program("qa")'), question, model).answer.value == "B"
