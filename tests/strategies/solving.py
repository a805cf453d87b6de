"""What tests of strategies share: solving in a session, pools by hand, a model that says what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from compound.core import Answer, Question, Sample, Step, Usage, ballots
from compound.models.backend import Call, Families, Family, Traits
from compound.models.budget import FREE, Price
from compound.models.session import Session, wait_for
from compound.strategies import AnswerPool, Pooled, Strategy, best_of, ranked_vote, similarity, weighing

QUESTION = Question("What is 17 * 23?", "number", "391")
Said = str | Sample | Awaitable[str]
SCRIPTS: dict[str, Callable[[Call, int], Said]] = {}


class Solved(NamedTuple):
    """An answer, what the meter says of it, and the draws that are in the store."""

    answer: Answer
    spent: Usage
    stored: set[tuple[Any, ...]]


def solve(
    how: Strategy, question: Question = QUESTION, model: str = "sim/beta(2,2)", store: Any = None, **options: Any
) -> Solved:
    async def solved() -> Solved:
        async with Session(store) as session:
            answer = await how.solve(question, session.lm(model, question, **options))
            filed = {draw.key for draw, _ in session.store.everything()}
            return Solved(answer, session.budget.spent, filed)

    return wait_for(solved())


def solve_all(how: Strategy, questions: Sequence[Question], model: str) -> list[Answer]:
    """One answer a question, all in one session."""

    async def solved() -> list[Answer]:
        async with Session() as session:
            return await asyncio.gather(*(how.solve(q, session.lm(model, q)) for q in questions))

    return wait_for(solved())


def questions(count: int, text: str = "What is {i} + 1?") -> list[Question]:
    return [Question(text.format(i=i), "number", str(i + 1)) for i in range(count)]


def drawn(value: str | None, score: float | None = None, text: str | None = None) -> Answer:
    """A candidate."""
    return Answer(value, f"Answer: {value}" if text is None else text, score=score, step=Step("cot", value))


def pick(how: Pooled, answers: Sequence[Answer], question: Question = QUESTION) -> Answer:
    """What a free selector picks."""
    selecting = how.select(question, answers, None)  # type: ignore[arg-type]
    try:
        selecting.send(None)
    except StopIteration as done:
        picked: Answer = done.value
        return picked
    raise AssertionError("a free selector waited for something")


def pool_of(answers: Sequence[Answer], question: Question = QUESTION, right: str = "1") -> AnswerPool:
    return AnswerPool(question, answers, {a.value: a.value == right for a in answers if a.value is not None})


def expected(how: Pooled, answers: Sequence[Answer], right: str = "1") -> float:
    """The accuracy of what is picked: of tied answers each is taken once, whatever the question's id says."""
    ties: list[int] = []
    found: list[bool] = []

    def among(tied: Sequence[str], salt: str) -> str:
        ties.append(len(tied))
        return sorted(tied)[len(found)]

    with ExitStack() as patched:
        for module in (ballots, best_of, ranked_vote, similarity, weighing):
            patched.enter_context(mock.patch.object(module, "among", among))
        while len(found) < (ties[0] if ties else 1):
            found.append(pick(how, answers).value == right)
    assert len(ties) <= len(found), "several draws for one answer are not averaged here"
    return float(np.mean(found))


@dataclass
class Scripted:
    """The backend of `script/NAME`: what `SCRIPTS[NAME]` says to a call and its i-th draw."""

    model: str
    endpoint = ""

    def __post_init__(self) -> None:
        self.traits = Traits("simulation", defaults={"max_tokens": 50}, by_question=True, by_shown=True)

    async def open(self) -> None:
        pass

    def price(self) -> Price:
        return FREE

    async def complete(self, call: Call) -> list[Sample]:
        found = []
        for i in range(call.n):
            said = SCRIPTS[self.model.removeprefix("script/")](call, i)
            if not isinstance(said, str | Sample):
                said = await said
            found.append(
                said if isinstance(said, Sample) else Sample(said, tokens_in=10, tokens_out=5, seconds=1.0)
            )
        return found

    async def close(self) -> None:
        pass


@contextmanager
def script(says: Callable[[Call, int], Said]) -> Iterator[str]:
    """The id of a model that says what a function does."""
    SCRIPTS["it"] = says
    Families.by_prefix["script/"] = Family("solving:Scripted", "script/it", "a test")
    try:
        yield "script/it"
    finally:
        del Families.by_prefix["script/"], SCRIPTS["it"]


SAME = [replace(QUESTION, id=f"q{i}") for i in range(200)]  # one question under many ids, which break ties
FEW = settings(max_examples=40, deadline=None, derandomize=True)
POOLS = st.lists(
    st.builds(drawn, st.sampled_from([None, "1", "2", "3"]), st.none() | st.sampled_from([0.0, 0.5, 1.0, 5.0])),
    min_size=1,
    max_size=8,
)


def lane(call: Call, i: int = 0) -> int:
    return call.draws[i].lane[0]


def step_of(call: Call) -> str:
    return str(call.parameters["step"])
