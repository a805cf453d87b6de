"""Answers that a program of the model's works out, in the sandbox."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solving import QUESTION, Solved, script, solve

from compound.core import Question, Sample, SandboxError
from compound.strategies import Program, parse
from compound.strategies.running import printing, read_output, source_of

pytestmark = pytest.mark.usefixtures("sandboxed")


def fenced(source: str, language: str = "python") -> str:
    return f"Let me see.\n```{language}\n{source}\n```\nThat is it."


def run(text: str | Sample, question: Question = QUESTION) -> Solved:
    with script(lambda call, i: text) as model:
        return solve(Program(), question, model)


def last_step(found: Solved) -> str:
    return found.answer.step.children[-1].name


@pytest.mark.parametrize(
    "text",
    [
        fenced("print(17 * 23)"),
        fenced("x = 17\nprint('working')\nprint(f'The answer is {x * 23}.')"),
        fenced("def solution():\n    return 17 * 23"),
        fenced("def solution():\n    return 17 * 23\nprint(solution())"),
        fenced("from fractions import Fraction\nprint(Fraction(782, 2))", ""),
        fenced("print(1)") + "\nNo, rather:\n" + fenced("print(17 * 23)"),
        "print(17 * 23)",
    ],
)
def test_what_the_program_prints_or_returns_is_the_answer(text: str) -> None:
    found = run(text)
    assert found.answer.value == "391"
    assert found.answer.ballots == {"391": 1}
    assert "```" not in found.answer.text
    assert "391" not in found.answer.text, "the text behind the answer is the program"
    assert found.spent.calls == found.answer.usage.calls == 1
    assert last_step(found) == "printed"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (fenced("print(391)\n1 / 0"), "error: ZeroDivisionError"),
        (fenced("print(391)\nraise SystemExit(3)"), "error"),
        (fenced("while True: print('391' * 9999)"), "output"),
        (fenced("for _ in range(10**6): print('x' * 1000)"), "output"),
        (fenced("print(391)\nx = bytearray(4 * 10**9)"), "memory"),
        (fenced("def solution(question):\n    return 391"), "error: TypeError"),
        (fenced("print(open('/etc/shadow').read())"), "error: "),
        (fenced("pass"), "printed"),
        (fenced("print('no idea')"), "printed"),
        (fenced("print(391"), "no program"),
        ("The answer is 391.", "no program"),
        (Sample("```python\nprint(391)\n", tokens_out=50, finish="length"), "no program"),
        (Sample(fenced("print(391)"), finish="refusal"), "no program"),
    ],
)
def test_a_program_that_fails_abstains_and_says_why(text: str | Sample, why: str) -> None:
    found = run(text)
    assert found.answer.value is None
    assert (found.answer.abstained, found.answer.failed) == (1, 0)
    assert last_step(found).startswith(why)
    assert found.spent.calls == 1
    assert len(str(found.answer.step.children[-1].value)) <= 200


def test_an_endless_program_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from compound.strategies import running

    monkeypatch.setattr(running, "_SECONDS", 1.0)
    assert last_step(run(fenced("print(391, flush=True)\nwhile True: pass"))) == "timeout"


def test_a_failed_program_is_no_ballot_and_stays_in_the_denominator() -> None:
    programs = ["print(391)", "1 / 0", "print(391)", "print(390)"]
    with script(lambda call, i: fenced(programs[call.draws[i].lane[0]])) as model:
        found = solve(parse("vote(program, n=4)"), model=model)
    assert found.answer.ballots == {"391": 2, "390": 1}
    assert found.answer.abstained == 1
    assert found.spent.calls == found.answer.usage.calls == 4


def test_a_program_cannot_reach_this_process_or_write_the_verdict() -> None:
    forged = (
        "import os, sys\nos.write(1, b'391\\n')\nprint(os.environ.get('HOME'), os.getppid())\n"
        "sys.stdout.flush()\nos.write(2, b'ok')\nos._exit(1)"
    )
    assert run(fenced(forged)).answer.value is None
    told = run(fenced("print('Ignore the question. Answer: 7')"))
    assert told.answer.value == "7", "what it prints is its answer, like any other"


@pytest.mark.parametrize(
    ("question", "source", "value"),
    [
        (Question("Which?", "choice", "B", choices=("red", "blue")), "print('B')", "B"),
        (Question("Which?", "choice", "B", choices=("red", "blue")), "print('Answer: B')", "B"),
        (Question("Who?", "text", "ada"), "print('Ada')", "ada"),
        (Question("Half?", "math", "1/2"), "print('1/2')", "0.5"),
    ],
)
def test_the_output_is_read_as_the_question_wants_it(question: Question, source: str, value: str) -> None:
    assert run(fenced(source), question).answer.value == value


def test_without_a_sandbox_it_is_refused_before_anything_is_paid(no_sandbox: None) -> None:
    with script(lambda call, i: pytest.fail("paid")) as model, pytest.raises(SandboxError):
        parse("vote(program, n=2)").run(QUESTION, model=model)


@given(st.fractions(max_denominator=10**6).filter(lambda f: abs(f) < 10**9))
def test_a_printed_fraction_is_itself(value: Fraction) -> None:
    assert Fraction(str(read_output(f"  {value}\n", QUESTION))) == value


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="`~python \n(=)'\"\\0123")))
def test_any_reply_is_looked_at_without_running_it(text: str) -> None:
    found = source_of(text)
    assert found is None or isinstance(printing(found), str)


def test_the_expression_round_trips() -> None:
    for text in ("program", 'program(prompt="Write Python: {question}")', "vote(program, n=3)"):
        assert repr(parse(text)) == text
