"""Strategies on the simulated backend: the real session, store, budget and loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from compound import CoT, FewShot, Single, Vote
from compound.core import Answer, ModelError, ModelFailure, Question, TaskError
from compound.models.session import Session, wait_for
from compound.strategies import REGISTRY, Pooled, Strategy, strategy

MODEL = "sim/beta(2,2)?abstain=0.1&price=1/2"
QUESTION = Question("What is 17 * 23?", "number", "391")


async def _solve(how, question, **options):
    async with Session(options.pop("store", None)) as session:
        answer = await how.solve(question, session.lm(options.pop("model", MODEL), question, **options))
        return answer, session.budget.spent


def solve(how, question=QUESTION, **options):
    return wait_for(_solve(how, question, **options))


def candidates(answer):
    return [sample.text for sample in answer.samples]


@pytest.fixture
def registered():
    """Puts the registry back after a test that defines strategies of its own."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def flaky(*fails, error=None):
    """A candidate whose call fails in some lanes."""

    @strategy("flaky")
    class Flaky(Strategy):
        async def solve(self, question, lm):
            if lm.lane[0] in fails:
                raise error or ModelFailure("rate limit", "slow down")
            return await CoT().solve(question, lm)

    return Flaky()


def test_a_vote_of_one_is_its_candidate():
    question = replace(QUESTION, id="readable")
    one, vote = (
        solve(CoT(), question, model="sim/beta(2,2)")[0],
        solve(Vote(CoT(), n=1), question, model="sim/beta(2,2)")[0],
    )
    assert (vote.value, vote.text, vote.ballots, vote.abstained) == (
        one.value,
        one.text,
        one.ballots,
        one.abstained,
    )
    assert (vote.usage, candidates(vote), vote.failed) == (one.usage, candidates(one), 0)
    assert [s.draw for s in vote.samples] == [s.draw for s in one.samples]


def test_a_vote_draws_each_candidate_in_its_own_lane_once():
    answer, _ = solve(Vote(CoT(), n=16))
    assert [sample.draw.lane for sample in answer.samples] == [(i,) for i in range(16)]
    assert {sample.draw.k for sample in answer.samples} == {0}
    assert len({sample.draw.request.key for sample in answer.samples}) == 1


def test_a_nested_vote_draws_below_its_lanes():
    answer, spent = solve(Vote(Vote(CoT(), n=3), n=2))
    assert [s.draw.lane for s in answer.samples] == [(i, j) for i in range(2) for j in range(3)]
    assert answer.usage.calls == spent.calls == 6
    inner = [step.value for step in answer.step.children]
    assert answer.ballots == {value: inner.count(value) for value in answer.ballots}
    assert sum(answer.ballots.values()) + answer.abstained == 2
    assert [step.name for step in answer.step.walk()] == ["vote", *(["vote"] + ["cot"] * 3) * 2]


def test_a_smaller_vote_uses_the_first_draws_of_a_larger_one():
    small, large = solve(Vote(CoT(), n=8))[0], solve(Vote(CoT(), n=16))[0]
    assert candidates(small) == candidates(large)[:8]
    assert [step.value for step in small.step.children] == [step.value for step in large.step.children][:8]
    assert candidates(solve(CoT())[0]) == candidates(large)[:1]


def test_a_larger_vote_buys_only_what_a_smaller_one_left(tmp_path):
    first = solve(Vote(CoT(), n=8), store=tmp_path / "s.db")[1]
    again = solve(Vote(CoT(), n=8), store=tmp_path / "s.db")[1]
    more = solve(Vote(CoT(), n=12), store=tmp_path / "s.db")[1]
    assert (first.calls, again.calls, more.calls) == (8, 0, 4)


def test_the_usage_adds_up_to_what_the_session_spent():
    answer, spent = solve(Vote(Vote(CoT(), n=5), n=4))
    assert answer.usage.calls == spent.calls == 20
    assert answer.usage.tokens_in == pytest.approx(spent.tokens_in)
    assert answer.usage.tokens_out == spent.tokens_out > 0
    assert answer.usage.usd == pytest.approx(spent.usd)
    assert answer.usage.usd > 0
    assert answer.usage.seconds == max(sample.seconds for sample in answer.samples)


def test_ballots_and_abstentions_account_for_every_candidate():
    for number in range(20):
        question = replace(QUESTION, text=f"What is {number} + 1?", id="", gold=str(number + 1))
        answer = solve(Vote(CoT(), n=16), question, model="sim/beta(2,2)?abstain=0.3")[0]
        values = [step.value for step in answer.step.children]
        assert answer.ballots == {value: values.count(value) for value in answer.ballots}
        assert answer.abstained == values.count(None)
        assert sum(answer.ballots.values()) + answer.abstained == 16
        assert answer.ballots.get(answer.value, 0) == max(answer.ballots.values(), default=0)


@pytest.mark.parametrize("broken", ["abstain=1", "truncate=1"])
def test_t11_where_nothing_can_be_read_the_vote_abstains(broken):
    answer = solve(Vote(CoT(), n=4), model=f"sim/beta(2,2)?{broken}")[0]
    assert (answer.value, answer.text, answer.ballots, answer.abstained, answer.failed) == (None, "", {}, 4, 0)
    assert answer.failure is None
    assert answer.usage.tokens_out > 0, "what could not be read is paid for all the same"


@pytest.mark.usefixtures("registered")
class TestFailures:
    def test_t33_a_failed_call_is_a_failed_candidate_and_no_vote(self):
        answer = solve(Vote(flaky(0, 2), n=6), model="sim/beta(2,2)")[0]
        assert (answer.failed, answer.abstained, sum(answer.ballots.values())) == (2, 0, 4)
        assert answer.value is not None
        assert answer.failure is None
        failures = [step.failure for step in answer.step.children]
        assert failures == ["rate limit: slow down", None] * 2 + [None, None]
        assert candidates(answer) == [
            candidates(solve(Vote(CoT(), n=6), model="sim/beta(2,2)")[0])[i] for i in (1, 3, 4, 5)
        ]

    def test_a_vote_without_a_single_call_has_a_reason_and_no_value(self):
        answer = solve(Vote(flaky(0, 1), n=2))[0]
        assert (answer.value, answer.ballots, answer.abstained, answer.failed) == (None, {}, 0, 2)
        assert answer.failure == "every candidate failed: rate limit: slow down"

    def test_an_inner_vote_that_failed_whole_is_a_failed_candidate(self):
        answer = solve(Vote(Vote(flaky(0, 1), n=2), n=3), model="sim/beta(2,2)")[0]
        assert (answer.failed, answer.abstained, sum(answer.ballots.values())) == (2, 0, 1)

    def test_a_single_call_that_fails_raises(self):
        with pytest.raises(ModelFailure, match="slow down"):
            flaky(0).run(QUESTION, model=MODEL)

    def test_what_the_user_must_fix_is_raised_from_inside_a_vote(self):
        with pytest.raises(TaskError, match="mend it"):
            Vote(Vote(flaky(1, error=TaskError("mend it")), n=3), n=3).run(QUESTION, model=MODEL)
        with pytest.raises(ModelError, match="does not declare"):
            Vote(CoT() @ "sim/nonsense", n=3).run(QUESTION, model=MODEL)

    def test_two_strategies_of_one_name_are_refused(self):
        def other():
            @strategy("vote")
            class NotAVote(Strategy):
                async def solve(self, question, lm):
                    return Answer(None)

        with pytest.raises(Exception, match=r"two strategies are called 'vote'.*NotAVote"):
            other()
        assert REGISTRY["vote"] is Vote


@pytest.mark.usefixtures("registered")
class TestStopping:
    def define(self, late=()):
        @strategy("until")
        class Until(Pooled):
            """Stops at three equal answers."""

            def enough(self, ballots):
                return max(ballots.counts.values(), default=0) >= 3

            async def select(self, question, answers, lm):
                return await Vote.select(Vote(self.candidate), question, answers, lm)

        return Until

    def test_it_stops_in_submission_order_on_the_draws_of_the_vote(self):
        until, everything = solve(self.define()(CoT(), n=16))[0], solve(Vote(CoT(), n=16))[0]
        values = [step.value for step in everything.step.children]
        stop = next(k for k in range(1, 17) if max(map(values[:k].count, set(values[:k]) - {None}), default=0) >= 3)
        assert stop < 16
        assert candidates(until) == candidates(everything)[:stop]
        assert until.usage.calls == stop

    def test_candidates_asked_one_after_the_other_add_their_seconds(self):
        answer = solve(self.define()(CoT(), n=16))[0]
        assert answer.usage.seconds == pytest.approx(sum(sample.seconds for sample in answer.samples))

    def test_it_stops_at_n_where_the_rule_never_says_so(self):
        assert solve(self.define()(CoT(), n=2))[0].usage.calls == 2

    def test_a_rule_that_is_content_with_nothing_still_draws_one(self):
        @strategy("content")
        class Content(self.define()):
            def enough(self, ballots):
                return True

        assert solve(Content(CoT(), n=5))[0].usage.calls == 1


class TestLoops:
    def test_arun_works_in_a_loop_of_its_own(self):
        async def several():
            return await asyncio.gather(*(Vote(CoT(), n=4).arun(QUESTION, model=MODEL) for _ in range(3)))

        expected = Vote(CoT(), n=4).run(QUESTION, model=MODEL)
        assert {a.value for a in asyncio.run(several())} == {expected.value}

    def test_run_works_inside_a_running_loop_as_in_a_notebook(self):
        async def cell():
            return Vote(CoT(), n=4).run(QUESTION, model=MODEL)

        assert asyncio.run(cell()).ballots == Vote(CoT(), n=4).run(QUESTION, model=MODEL).ballots

    def test_run_from_eight_threads_gives_what_one_gives(self, tmp_path):
        questions = [replace(QUESTION, text=f"{i} + 1?", gold=str(i + 1), id="") for i in range(8)]
        ask = lambda q: Vote(CoT(), n=6).run(q, model=MODEL, store=tmp_path / "s.db")  # noqa: E731
        with ThreadPoolExecutor(8) as threads:
            at_once = list(threads.map(ask, questions))
        assert [a.ballots for a in at_once] == [a.ballots for a in map(ask, questions)]

    def test_a_question_may_be_given_as_text(self):
        with pytest.raises(TaskError, match="unknown answer kind 'numbr': did you mean 'number'"):
            CoT().run("What is 2 + 2?", model=MODEL, kind="numbr")
        with pytest.raises(ModelError, match="needs questions whose right answer is known"):
            CoT().run("What is 2 + 2?", model=MODEL, kind="number")

    def test_a_strategy_carries_nothing_from_one_question_to_the_next(self):
        how = Vote(CoT(), n=4)
        before = (repr(how), hash(how), vars(how).copy())
        said = lambda answer: (answer.value, answer.ballots, answer.usage, candidates(answer))  # noqa: E731
        first = said(how.run(QUESTION, model=MODEL))
        how.run(replace(QUESTION, text="1 + 1?", gold="2", id=""), model=MODEL)
        assert said(how.run(QUESTION, model=MODEL)) == first
        assert (repr(how), hash(how), vars(how)) == before


def test_a_bound_part_asks_its_own_model():
    answer = solve(Vote(CoT() @ "sim/beta(50,1)", n=3))[0]
    assert {sample.draw.request.model for sample in answer.samples} == {"sim/beta(50,1)"}
    assert [sample.draw.lane for sample in answer.samples] == [(0,), (1,), (2,)]


def test_the_text_behind_the_winner_is_one_that_says_so():
    answer = solve(Vote(CoT(), n=16))[0]
    assert answer.text in candidates(answer)
    assert answer.text == f"Answer: {answer.value}"


class TestPrompts:
    def prompt(self, how, question=QUESTION):
        return solve(how, question, model="sim/beta(2,2)")[0].samples[0].draw.request.prompt

    @pytest.mark.parametrize("text", ["{format}", "{question}", "{0} {x!r} {{", "a set {1, 2} and }"])
    @pytest.mark.parametrize("how", [Single(), CoT(), Single(prompt="<{question}|{format}>")])
    def test_braces_in_a_question_stay_as_they_are(self, how, text):
        sent = self.prompt(how, Question(text, "number", "1")).messages[0].content
        assert sent.count(text) == 1
        assert sent.count("Finish with one line") == 1
        rest = sent.replace(text, "")
        assert "{" not in rest
        assert "}" not in rest

    def test_choices_are_lettered(self):
        question = Question("Which?", "choice", "B", choices=("red", "blue"))
        sent = self.prompt(Single(), question).messages[0].content
        assert "Which?\n(A) red\n(B) blue" in sent
        assert "A, B" in sent

    def test_few_shot_shows_its_examples_and_the_question_last(self):
        examples = tuple(Question(f"{i} + 1?", "number", str(i + 1)) for i in range(5))
        question = replace(QUESTION, examples=examples)
        chat = self.prompt(FewShot(examples=2, form="chat"), question)
        assert [(m.role, m.content) for m in chat.messages] == [
            ("user", "0 + 1?"), ("assistant", "Answer: 1"), ("user", "1 + 1?"), ("assistant", "Answer: 2"),
            ("user", QUESTION.text),
        ]  # fmt: skip
        text = self.prompt(FewShot(examples=2, form="text"), question).text
        assert text == f"Q: 0 + 1?\nA: 1\n\nQ: 1 + 1?\nA: 2\n\nQ: {QUESTION.text}\nA:"

    @pytest.mark.parametrize("examples", [(), (Question("1 + 1?", "number", "2"),), (Question("no gold"),) * 9])
    def test_few_shot_without_its_examples_says_what_to_do(self, examples):
        with pytest.raises(TaskError, match=r"few_shot needs 4 worked examples.*'train' split"):
            FewShot().run(replace(QUESTION, examples=examples), model=MODEL)
