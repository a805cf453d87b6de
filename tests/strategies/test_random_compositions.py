"""Whatever strategies are put together: an answer, a whole trace, an honest bill, and a rerun that buys nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from solving import QUESTION, Solved, questions, script, solve

from compound.core import Answer, ModelFailure, Question, Step
from compound.models.backend import Call
from compound.strategies import (
    CISC,
    REGISTRY,
    AdaptiveVote,
    BestOf,
    Bound,
    CertaintyVote,
    CoT,
    DeepConf,
    EarlyStopVote,
    EconomicVote,
    ExpectedJudge,
    FewShot,
    FilterVote,
    Judge,
    Mix,
    Pooled,
    PTrue,
    Ranked,
    RankedVote,
    RecordedScore,
    Reward,
    Scorer,
    SelfCertainty,
    SequenceProbability,
    Single,
    Strategy,
    TokenConfidence,
    Tournament,
    Universal,
    Verbal,
    Verdict,
    Vote,
    WeightedVote,
    parse,
    reward,
    strategy,
)  # fmt: skip
from compound.strategies.needs import parts
from compound.strategies.ranked_vote import ranking
from compound.strategies.scorers.reward import REWARDS

OTHER = "sim/beta(5,2)?price=3/4&seed=9&abstain=0.1"
WORLDS = st.builds(
    "sim/beta({},{})?price=1/2&abstain={}&truncate={}&judge={}&tokens=20".format,
    st.sampled_from([1, 2, 8]),
    st.sampled_from([1, 2, 8]),
    st.sampled_from([0, 0.3, 1]),
    st.sampled_from([0, 0.3]),
    st.sampled_from([0, 0.6, 1]),
)
KINDS = [
    replace(QUESTION, examples=tuple(questions(4))),
    Question("Which?", "choice", "B", choices=("red", "blue", "green"), examples=tuple(questions(4))),
    Question("Who?", "text", "nobody", examples=tuple(questions(4))),
]


@pytest.fixture(autouse=True, scope="module")
def _registered() -> Iterator[None]:
    """A candidate and a scorer that fail now and then."""

    @strategy("flaky")
    class Flaky(Strategy):
        """Its call fails in every third lane."""

        async def solve(self, question: Question, lm) -> Answer:
            if lm.lane[-1] % 3 == 1:
                raise ModelFailure("rate limit", "slow down")
            return await CoT().solve(question, lm)

    @reward("length")
    def length(question: Question, answer: Answer) -> float | None:
        return None if len(answer.text) % 2 else float(len(answer.text))

    yield
    del REGISTRY["flaky"], REWARDS["length"]


N = st.integers(1, 5)


def bound(asking: st.SearchStrategy) -> st.SearchStrategy:
    return asking | asking.filter(lambda part: not isinstance(part, Bound)).map(lambda part: part @ OTHER)


def scorers(reading: bool) -> st.SearchStrategy[Scorer]:
    """Scorers; `reading` adds those that read the tokens of a reply."""
    asking = st.one_of(
        st.builds(Judge, n=st.integers(1, 3), scale=st.sampled_from([5, 10])), st.just(Verdict()), st.just(Verbal())
    )
    tokens = st.one_of(
        bound(st.sampled_from([ExpectedJudge(), PTrue()])),
        st.sampled_from([SelfCertainty(), SequenceProbability(), RecordedScore()]),
        st.builds(TokenConfidence, statistic=st.sampled_from(["mean", "tail", "bottom", "least"])),
    )
    rewards = st.builds(Reward, st.just("length"))
    return st.one_of(bound(asking), rewards, tokens) if reading else st.one_of(asking, rewards)


def pooled(parts: st.SearchStrategy[Strategy], by: st.SearchStrategy[Scorer]) -> st.SearchStrategy[Strategy]:
    return st.one_of(
        st.builds(Vote, parts, n=N, by=st.sampled_from(["answer", "similarity"]), as_published=st.booleans()),
        st.builds(WeightedVote, parts, n=N, by=by),
        st.builds(CISC, parts, n=N, by=by, temperature=st.sampled_from([0.01, 1, 100])),
        st.builds(DeepConf, parts, n=N, by=by, keep=st.sampled_from([0.1, 0.5, 1.0])),
        st.builds(CertaintyVote, parts, n=N, by=by, power=st.sampled_from([0, 0.5, 300])),
        st.builds(FilterVote, parts, n=N, by=by, as_published=st.booleans()),
        st.builds(BestOf, parts, n=N, by=by),
        st.builds(AdaptiveVote, parts, n=N, rule=st.sampled_from(["beta", "dirichlet"])),
        st.builds(EarlyStopVote, parts, n=N, window=st.integers(1, 3)),
        st.builds(EconomicVote, parts, n=N, price=st.sampled_from([0, 0.01, 2])),
        st.builds(Universal, parts, n=N),
        st.builds(RankedVote, parts, n=N, rule=st.sampled_from(["borda", "irv", "mrr"])),
        st.builds(
            Tournament, parts, n=N, comparisons=st.sampled_from([2, 4]), form=st.sampled_from(["knockout", "pivot"])
        ),
    )


def composed(reading: bool) -> st.SearchStrategy[Strategy]:
    """Up to three pooled strategies inside each other, or mixes of them; `reading` as for `scorers`."""
    named = [Single(), CoT(), FewShot(2), Ranked(), Ranked(2)]
    leaves: st.SearchStrategy[Strategy] = st.deferred(lambda: st.sampled_from([*named, REGISTRY["flaky"]()]))
    bind = bound if reading else st.one_of
    by, found = scorers(reading), bind(leaves)
    for _ in range(3):
        mixes = st.lists(found.filter(lambda part: part.sources == 1), min_size=1, max_size=3).map(Mix)
        found = found | bind(pooled(found | mixes, by))
    return pooled(found, by) | bind(mixes) | leaves


EVERY, PLAIN = composed(True), composed(False)
FEW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def filed(step: Step) -> Counter:
    return Counter(sample.draw.key for node in step.walk() for sample in node.samples)


def sayable(answer: Answer, question: Question) -> set[str | None]:
    """What a composition may answer: nothing, or what one of its samples states or ranks."""
    stated = {node.value for node in answer.step.walk() if node.samples}
    ranked = {value for sample in answer.samples for value in ranking(sample.text, question)}
    return {None} | stated | ranked


def check(how: Strategy, question: Question, found: Solved) -> None:
    answer, spent, stored = found
    assert isinstance(answer, Answer)
    assert answer.value in sayable(answer, question)
    samples = filed(answer.step)
    assert set(samples.values()) <= {1}, "a sample stands in the trace twice"
    assert samples.keys() == stored, "what was bought is not what the trace shows"
    assert answer.usage.calls == spent.calls == len(stored)
    assert answer.usage.tokens_in == pytest.approx(spent.tokens_in)
    assert answer.usage.tokens_out == spent.tokens_out
    assert answer.usage.usd == pytest.approx(spent.usd)
    assert answer.usage.seconds >= max((s.seconds for s in answer.samples), default=0.0) - 1e-9
    assert parse(repr(how)) == how


def attempt(how: Strategy, question: Question, model: str, store: Path | None = None) -> Solved | None:
    """None where the answer's only call failed: nobody draws candidates there, and it is raised."""
    try:
        return solve(how, question, model, store)
    except ModelFailure:
        assert not isinstance(how.part if isinstance(how, Bound) else how, Pooled)
        event("one call, failed")
        return None


@FEW
@given(EVERY, WORLDS, st.sampled_from(KINDS))
def test_every_composition_answers_with_a_whole_trace_and_an_honest_bill(how, world, question) -> None:
    with TemporaryDirectory() as folder:
        store = Path(folder) / "s.db"
        found = attempt(how, question, world, store)
        if found is None:
            return
        event("abstained" if found.answer.value is None else "answered")
        check(how, question, found)
        again = solve(how, question, world, store)
        assert again.spent.calls == 0, "a second run buys nothing"
        assert (again.answer.value, again.answer.text) == (found.answer.value, found.answer.text)
        assert filed(again.answer.step) == filed(found.answer.step)
        assert again.answer.usage == found.answer.usage


@FEW
@given(EVERY)
def test_every_composition_is_its_expression(how) -> None:
    assert parse(repr(how)) == how
    assert repr(parse(repr(how))) == repr(how)
    assert all(isinstance(model, str) for _, model in parts(how, "m"))


@FEW
@given(PLAIN, st.integers(2, 7), st.sampled_from(KINDS[:1]))
def test_calls_that_fail_are_no_hole_in_the_bill(how, often, question) -> None:
    """Every few calls one is refused for good; what the others bought is in the trace and counted."""
    forms = {"judge": "Score: 4", "verdict": "Verdict: correct", "confidence": "Confidence: 60", "letter": "K",
             "compare": "Better: B", "choose": "Choice: 1", "rank": "Ranking: 391; 7"}  # fmt: skip
    asked: set[bytes] = set()

    def says(call: Call, i: int) -> str:
        key = b"".join([call.request.key, str(call.draws[i].lane).encode()])
        if sum(key) % often == 0:
            asked.add(key)
            raise ModelFailure("bad request", "refused for the test", retryable=False)
        return forms.get(call.parameters["step"], f"Answer: {390 + sum(key) % 3}")

    with script(says) as model:
        found = attempt(how, question, model)
    if found is None:
        return
    event(f"{min(len(asked), 1)} refused")
    check(how, question, found)
