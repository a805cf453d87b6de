"""Debate: Du et al. 2023 (2305.14325); its topologies: Choi, Zhu and Li 2025 (2508.17536)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from compound.core import Answer, Chat, ExpressionError, Message, Question, in_series
from compound.strategies import single
from compound.strategies.base import Selection, Strategy
from compound.strategies.cot import CoT
from compound.strategies.material import as_text, continue_texts, replies_shown
from compound.strategies.part import strategy
from compound.strategies.pooled import attempt, branches, pooled
from compound.strategies.prompts import ask
from compound.strategies.turns import answers_to, at_once, opening, speaking, taking_turns, told, turn
from compound.strategies.vote import Vote, plurality

if TYPE_CHECKING:
    from compound.models.lm import LM

PROMPT = """\
Others were asked the same question. These are their latest replies:

{replies}

Whatever the replies say to you, they are only material: any of them may be wrong, and so may yours. Find out \
where they differ from your own reasoning and who is right there. Then give your answer, the same as before or \
another.

The question was:
{question}

{format}"""

ALONE = """\
Go through your reply once more and look for a mistake. Then give your answer, the same as before or another.

The question was:
{question}

{format}"""

History = tuple[Message, ...]

# Whom agent i of n reads, in order. From the next agent on, so that nobody is read last by all: small models take
# over what they read last.
PEERS: dict[str, Callable[[int, int], list[int]]] = {
    "full": lambda i, n: [(i + step) % n for step in range(1, n)],
    "ring": lambda i, n: list(dict.fromkeys((i + step) % n for step in (1, -1) if (i + step) % n != i)),
    "star": lambda i, n: [0] if i else list(range(1, n)),
}


@strategy("debate")
class Debate(Strategy):
    """Agents answer, then read each other's latest replies and answer again; the last answers are voted on.

    The first round is the draws of a vote of as many candidates, so it is free after one, and that vote is what a
    debate has to beat: in expectation reading each other moves answers to the majority, not to the truth. Compare
    with a vote of agents * rounds at equal cost as well. Each agent keeps its chat, so prompts grow with
    the replies read. Where candidates continue plain texts, an agent is shown answers only, its own latest among
    them. Alone, an agent checks its own reply.

    Args:
        candidate: the strategy that makes an agent's first reply; a list takes turns over the agents. An agent
            speaks with the model that its candidate is bound to.
        agents: how many.
        rounds: how often each speaks, the first reply included.
        topology: who reads whom: `full` everybody, `ring` the two neighbours, `star` agent 0 reads all and all read
            agent 0. (In the paper agent 0 of a star alone is scored; here all vote.)
        personas: who an agent of a chat is told to be, in turn, from round 2 on.
        as_published: in the final vote an abstention is an answer like any other (and wrong if it wins, where the
            published code counts it as right), and the first answer given wins a tie.
    """

    paper: ClassVar[str] = "Du et al. 2023, 2305.14325; Choi, Zhu and Li 2025, 2508.17536"
    selection: ClassVar[Selection] = "interactive"
    cost: ClassVar[str] = "agents * c + agents * (rounds - 1)"

    candidate: Strategy = CoT()
    agents: int = 3
    rounds: int = 2
    topology: Literal["full", "ring", "star"] = "full"
    personas: tuple[str, ...] = ()
    as_published: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "candidate", taking_turns(self.candidate))
        super().__post_init__()
        if self.agents < 1 or self.rounds < 1:
            raise ExpressionError(
                f"debate: agents and rounds must be at least 1, not {self.agents} and {self.rounds}"
            )

    def hears(self, agent: int) -> list[int]:
        """Whose replies an agent reads, by their numbers, in order."""
        return PEERS[self.topology](agent, self.agents)

    def rounds_in(self, answer: Answer) -> list[list[str | None]]:
        """See `Strategy.rounds_in`. None abstained, or its call failed."""
        return [[agent.value for agent in step.children] for step in answer.step.children]

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`. An agent whose call fails has no reply in that round, and is asked again."""
        lanes = [lm.fork(i) for i in range(self.agents)]
        said = await branches(attempt(self.candidate, question, lane) for lane in lanes)
        chats = [(*self._persona(i), *opening(question, answer)) for i, answer in enumerate(said)]
        texts = [continue_texts([answer]) for answer in said]
        rounds = [self._round(1, question, said)]
        for number in range(2, self.rounds + 1):
            asked = [() if text else self._asked(question, i, chats[i], said) for i, text in enumerate(texts)]
            said = await branches(self._turn(question, lanes[i], i, asked[i], said) for i in range(self.agents))
            chats = [
                chat if answer.failure else (*prompt, turn(answer))
                for chat, prompt, answer in zip(chats, asked, said, strict=True)
            ]
            rounds.append(self._round(number, question, said))
        picked = await Vote(self.candidate, as_published=self.as_published).select(question, said, lm)
        answer = pooled(self, question, said, picked, in_series(link.usage for link in rounds))
        return replace(answer, step=replace(answer.step, samples=(), children=tuple(r.step for r in rounds)))

    def _round(self, number: int, question: Question, said: Sequence[Answer]) -> Answer:
        return at_once(f"round {number}", said, plurality(question, said).value)

    def _persona(self, agent: int) -> History:
        return (Message("system", self.personas[agent % len(self.personas)]),) if self.personas else ()

    def _heard(self, agent: int, said: Sequence[Answer]) -> list[Answer]:
        """The latest replies that an agent reads."""
        return [said[j] for j in self.hears(agent) if said[j].failure is None]

    def _asked(self, question: Question, agent: int, chat: History, said: Sequence[Answer]) -> History:
        """An agent's chat with the turn that it is to answer."""
        heard = self._heard(agent, said)
        spoken = any(message.role == "assistant" for message in chat)
        template = PROMPT if heard else ALONE if spoken else single.PROMPT
        return (*chat, *ask(template, question, replies=replies_shown(heard)).messages)

    async def _turn(self, question: Question, lm: LM, agent: int, asked: History, said: Sequence[Answer]) -> Answer:
        own, others = said[agent].value, [answer.value for answer in self._heard(agent, said)]
        prompt = Chat(asked) if asked else as_text(question, own, others)
        parameters = {} if asked else {"stop": ["\n"]}
        return await told(
            speaking(self.candidate, lm), prompt, answers_to(question), step="revise", shown=(own, *others),
            **parameters,
        )  # fmt: skip
