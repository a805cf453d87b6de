"""CodeT and visible tests: what is asked, which asserts are read, which program is picked, and when nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from solving import QUESTION as NUMBER
from solving import pick, script, solve

from compound.core import Answer, ExpressionError, Question, Sample, SandboxError, Step, TaskError
from compound.models.backend import Call
from compound.sandbox import Limits
from compound.strategies import BestOf, CodeT, Single, Vote, parse
from compound.strategies.asserts import agreement, asserts
from compound.strategies.codet import recorded_accuracy
from compound.strategies.scorers import VisibleTests

META = {
    "entry_point": "double",
    "tests": ["assert double(3) == 6", "assert double(-1) == -2"],
    "visible": ["assert double(2) == 4", "assert double(0) == 0"],
}
QUESTION = Question("Double a number.", "code", metadata=META)
PLUS, TIMES, SQUARE, LOST = (
    f"def double(x):\n    return {body}" for body in ("x + x", "2 * x", "x * x", "undefined")
)
THREE = "def double(x):\n    return 3 * x"
TESTS = "Here:\n```python\nassert double(1) == 2\nassert double(5) == 10, 'five'\n```"


def fenced(source: str) -> str:
    return f"```python\n{source}\n```"


def says(programs: list[str], tests: list[str] | str) -> Callable[[Call, int], str]:
    """Candidate i is told program i, test writer i its tests."""

    def say(call: Call, i: int) -> str:
        lane = call.draws[i].lane[-1]
        if call.parameters["step"] == "tests":
            return tests if isinstance(tests, str) else tests[lane % len(tests)]
        return fenced(programs[lane])

    return say


def picked(programs: list[str], said: list[str] | str, question: Question = QUESTION, **options: Any) -> Answer:
    how = CodeT(Single(), n=len(programs), **{"tests": 3, **options})
    with script(says(programs, said)) as model:
        return solve(how, question, model).answer


def how_it_was_picked(answer: Answer) -> str:
    (asked, how) = answer.step.children[-2:]
    assert asked.name == "tests"
    return how.name


def test_the_largest_group_of_programs_and_tests_that_agree_wins(sandboxed: None) -> None:
    answer = picked([SQUARE, PLUS, LOST, TIMES], TESTS)
    assert answer.value in (PLUS, TIMES)
    assert answer.text == fenced(answer.value)
    assert how_it_was_picked(answer) == "best group"
    assert len(answer.samples) == answer.usage.calls == 4 + 3
    assert answer.ballots == dict.fromkeys((LOST, PLUS, SQUARE, TIMES), 1)


def test_wrong_tests_that_nobody_agrees_on_do_no_harm(sandboxed: None) -> None:
    wrong = [f"assert double(1) == {i}\nassert double(7) == {i}" for i in range(3, 9)]
    assert picked([SQUARE, PLUS, TIMES, THREE], [TESTS, *wrong], tests=7).value in (PLUS, TIMES)


def test_repeated_programs_and_tests_count_once_unless_as_published(sandboxed: None) -> None:
    programs = [SQUARE] * 5 + [PLUS, TIMES]
    tests = ["assert double(5) == 25", "assert double(5) == 25", "assert double(5) == 10\nassert double(6) == 12"]
    assert picked(programs, tests).value in (PLUS, TIMES)  # 1 x 1 against 2 x 2
    # sqrt(5) x 2 against sqrt(2) x 2
    assert picked(programs, tests, as_published=True).value == SQUARE


def test_the_pick_depends_on_the_question_and_never_on_the_order(sandboxed: None) -> None:
    given = [PLUS, TIMES, SQUARE]
    values = set()
    for name in ("one", "two", "three"):
        question = replace(QUESTION, id=name)
        found = {picked(order, TESTS, question).value for order in (given, given[::-1])}
        assert len(found) == 1
        values |= found
    assert values == {PLUS, TIMES}


@pytest.mark.parametrize("tests", ["I cannot.", "assert double(1) == 77", "assert other(1) == 2"])
def test_where_no_test_is_passed_the_most_frequent_program_is_taken_and_that_is_said(
    sandboxed: None, tests: str
) -> None:
    answer = picked([PLUS, SQUARE, PLUS], tests)
    assert answer.value == PLUS
    assert how_it_was_picked(answer) == "no test is passed: the most frequent"


def test_one_program_is_taken_as_it_is_and_none_abstains(no_sandbox: None) -> None:
    alone = picked([PLUS, PLUS + "  # the same", "no program"], TESTS)
    assert (alone.value, alone.usage.calls, alone.abstained) == (PLUS, 3, 1)
    none = picked(["no", "nothing"], TESTS)
    assert (none.value, none.usage.calls, none.abstained) == (None, 2, 2)


def test_a_replay_of_fewer_programs_asks_for_the_same_tests(sandboxed: None, tmp_path) -> None:
    with script(says([SQUARE, PLUS, TIMES], TESTS)) as model:
        first = solve(CodeT(Single(), n=3, tests=2), QUESTION, model, tmp_path / "s.db")
        again = solve(CodeT(Single(), n=2, tests=2), QUESTION, model, tmp_path / "s.db")
    assert first.spent.calls == 5
    assert again.spent.calls == 0
    assert again.answer.usage.calls == 4


def test_what_is_asked_for_shows_the_task_and_the_function() -> None:
    prompts: list[str] = []

    def say(call: Call, i: int) -> str:
        prompts.append(call.request.prompt.messages[-1].content)  # type: ignore[union-attr]
        return fenced([PLUS, TIMES][call.draws[i].lane[-1] % 2])

    with script(say) as model:
        try:
            solve(CodeT(Single(), n=2, tests=1), QUESTION, model)
        except SandboxError:
            pytest.skip("there is no sandbox here")
    assert "Double a number." in prompts[-1]
    assert "`double`" in prompts[-1]
    assert "about 5 assert statements" in prompts[-1]
    assert "double(3) == 6" not in "".join(prompts)  # a hidden test


@pytest.mark.parametrize("question", [NUMBER, Question("q", "code", metadata={"tests": ["assert 1"]})])
def test_a_question_without_a_function_is_refused_before_the_first_call(question: Question) -> None:
    def say(call: Call, i: int) -> str:
        raise AssertionError("nothing may be asked")

    with (
        script(say) as model,
        pytest.raises(TaskError, match=f"question {question.id} is of kind '{question.kind}'"),
    ):
        solve(CodeT(Single(), n=2), question, model)


@pytest.mark.parametrize("text", ["codet(single, n=2)", "best_of(single, n=2, by=visible_tests)"])
def test_without_a_sandbox_nothing_is_bought(no_sandbox: None, text: str) -> None:
    def say(call: Call, i: int) -> str:
        raise AssertionError("nothing may be asked")

    with script(say) as model, pytest.raises(SandboxError):
        parse(text).run(QUESTION, model=model)


def test_expressions() -> None:
    assert repr(parse("codet(single, n=100, tests=100)")) == "codet(single, n=100, tests=100)"
    assert parse("codet(cot)").n == 16
    for text in ("codet(single, tests=0)", "codet(single, asserts=0)", "codet(single, n=0)"):
        with pytest.raises(ExpressionError, match="must be at least 1"):
            parse(text)


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("", []),
        (TESTS, ["assert double(1) == 2", "assert double(5) == 10"]),
        ("assert double(1)==2\n# more\nassert double( 1 ) == 2, 'again'", ["assert double(1) == 2"]),
        ("def test():\n    assert double(1) == 2\n    x = 1\n    assert double(2) == 4",
         ["assert double(1) == 2", "assert double(2) == 4"]),
        ("assert double(\n    1\n) == 2\nprint(1)", ["assert double(1) == 2"]),
        ("assert other(1) == 2\nassert 'double' == 'double'\nassert double", ["assert double"]),
        ("assert double(1) == (2\nassert double(2) == 4", ["assert double(2) == 4"]),
        ("assert double(1) == 2; import os", []),
        ("asserting double(1)\nWe assert double(1) == 2", []),
        ("assert double(1) == '''a\nassert double(2) == 4\n'''", ["assert double(2) == 4"]),
        ("assert double(\0) == 2\nassert double(" + "(" * 10_000, []),
        ("\n".join(f"assert double({i}) == {2 * i}" for i in range(9)),
         [f"assert double({i}) == {2 * i}" for i in range(5)]),
    ],
)  # fmt: skip
def test_asserts_are_read_one_by_one(reply: str, found: list[str]) -> None:
    assert asserts(reply, "double", 5) == found


def test_of_a_truncated_reply_the_last_assert_counts_only_if_something_follows() -> None:
    two = "assert double(1) == 2\nassert double(5) == 10"
    assert asserts(two, "double", 5, truncated=True) == ["assert double(1) == 2"]
    assert len(asserts(two + "\n", "double", 5, truncated=True)) == 2
    assert len(asserts(two + "\n```", "double", 5, truncated=True)) == 2


def test_the_table_of_passes_is_that_of_running_each(sandboxed: None) -> None:
    tests = ["assert double(2) == 4", "assert double(3) == 6", "assert double(3) == 9", "assert double(2) == 4"]
    programs = [SQUARE, PLUS, LOST, SQUARE, "1 / 0"]
    table = asyncio.run(agreement(QUESTION, programs, tests, Limits(seconds=20)))
    assert table.programs == tuple(sorted({SQUARE, PLUS, LOST, "1 / 0"}))
    assert dict(zip(table.programs, table.given.tolist(), strict=True))[SQUARE] == 2
    assert dict(zip(table.tests, table.written.tolist(), strict=True)) == {t: tests.count(t) for t in tests}
    passed = {
        program: {test for test, passed in zip(table.tests, row, strict=True) if passed}
        for program, row in zip(table.programs, table.passes, strict=True)
    }
    assert passed == {SQUARE: {tests[0], tests[2]}, PLUS: {tests[0], tests[1]}, LOST: set(), "1 / 0": set()}


def test_the_exact_accuracy_is_the_mean_over_the_strategys_own_draw(sandboxed: None) -> None:
    programs, right = [PLUS, PLUS, TIMES, SQUARE], {PLUS: True, TIMES: False, SQUARE: False}
    replies = [asserts(TESTS, "double", 5)] * 3
    how = CodeT(Single(), n=4, tests=3)
    exact = asyncio.run(recorded_accuracy(how, QUESTION, programs, replies, right))
    assert exact == pytest.approx(2 / 3)  # PLUS was given twice, TIMES once
    assert asyncio.run(recorded_accuracy(how, QUESTION, programs, [[]], right)) == 1.0  # the most frequent
    assert asyncio.run(recorded_accuracy(how, QUESTION, [], replies, right)) == 0.0


def scored(program: str, question: Question = QUESTION) -> float | None:
    answer = Answer(program, program, step=Step("single", program))
    return asyncio.run(VisibleTests().score(question, answer, None)).value  # type: ignore[arg-type]


def test_visible_tests_score_the_share_that_is_passed(sandboxed: None) -> None:
    assert [scored(program) for program in (PLUS, LOST, "def double(x):\n    return 4", SQUARE)] == [1, 0, 0.5, 1]
    assert scored(THREE) == 0.5
    assert scored(PLUS, Question("q", "code", metadata={**META, "visible": []})) is None
    assert scored("4", NUMBER) is None


def test_best_of_visible_tests_never_sees_the_hidden_ones(sandboxed: None) -> None:
    with script(says([LOST, SQUARE, THREE], "")) as model:
        answer = solve(BestOf(Single(), n=3, by=VisibleTests()), QUESTION, model).answer
    assert answer.value == SQUARE  # right on 0 and 2, which are shown, and on neither of the hidden ones


def test_a_vote_by_similarity_works_on_programs() -> None:
    programs = ["def double(x):\n    return x + x", "def double(x):\n    return (x + x)  # so", LOST]
    values = [program.split("  #")[0].replace("(x + x)", "x + x") for program in programs]
    answers = [Answer(v, fenced(p), step=Step("single", v)) for v, p in zip(values, programs, strict=True)]
    assert pick(Vote(Single(), n=3, by="similarity"), answers, QUESTION).value == PLUS


def test_a_failed_test_writer_costs_its_tests_only(sandboxed: None) -> None:
    from compound.core import ModelFailure

    def say(call: Call, i: int) -> str:
        lane = call.draws[i].lane[-1]
        if call.parameters["step"] == "tests" and lane == 0:
            raise ModelFailure("refused", retryable=False)
        return TESTS if call.parameters["step"] == "tests" else fenced([PLUS, SQUARE][lane])

    with script(say) as model:
        answer = solve(CodeT(Single(), n=2, tests=2), QUESTION, model).answer
    assert answer.value == PLUS
    (asked, _) = answer.step.children[-2:]
    assert [step.failure is not None for step in asked.children] == [True]
    assert [isinstance(sample, Sample) for sample in asked.samples] == [True]
