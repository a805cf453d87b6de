"""Examples that the model worked out itself: the second stage of Medprompt. Nori et al. 2023 (2311.16452)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from compound.answers import grades
from compound.core import Answer, Chat, ExpressionError, Message, Question, TaskError, Text, Usage, in_parallel
from compound.strategies.base import Strategy
from compound.strategies.cot import PROMPT, CoT
from compound.strategies.fitted import Fitted, check_fitted, each, split_hash
from compound.strategies.nearest import check_pick, nearest
from compound.strategies.part import strategy
from compound.strategies.pooled import attempt
from compound.strategies.prompts import ask as asked
from compound.strategies.state import keep, kept

if TYPE_CHECKING:
    from compound.models.lm import LM


@strategy("self_cot")
class SelfCoT(Strategy):
    """One call with examples that the model worked out itself, on training questions, and got right.

    Fitting asks for one chain of thought a training question and keeps those whose answer is right; a right answer
    may still come by wrong reasoning. An example that is the question itself is never shown.

    Args:
        examples: how many; fewer where fewer were got right.
        pick: those most like the question (`knn`), the most similar one last; or the `first` ones, the same for
            every question.
        embedding: the id of the embedding model that `knn` compares questions by, such as
            `openai/text-embedding-3-small`; None: TF-IDF of their words.
        state: the file with the examples, by its hash.
        fitted: hash of the questions that were tried.
    """

    paper: ClassVar[str] = "Nori et al. 2023, 2311.16452"

    examples: int = 5
    pick: Literal["knn", "first"] = "knn"
    embedding: str | None = None
    state: str = ""
    fitted: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.examples < 1:
            raise ExpressionError(f"self_cot: examples must be at least 1, not {self.examples}; cot has none")
        check_pick(self.name, self.pick, self.embedding)

    @property
    def unfitted(self) -> str:
        """See `Strategy.unfitted`."""
        return "" if self.state else "its worked examples"

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`."""
        check_fitted(self)
        worked = kept(self.state)
        known = [(e["id"], e["text"]) for e in worked]
        places, found = await nearest(known, question, self.examples, self.pick, lm, self.embedding)
        shown = [worked[place] for place in places]
        if lm.plain:
            return found.before(self._leaf(question, await lm.sample(_as_text(shown, question), stop=["\nQ:"])))
        return found.before(self._leaf(question, await lm.sample(_as_chat(shown, question))))

    async def learn(self, train: Sequence[Question], ask: Callable[[Question], LM]) -> Fitted:
        """Ask for one chain of thought a question, keep the right ones.

        Raises:
            TaskError: none is right.
        """

        async def tried(question: Question, lm: LM) -> tuple[dict[str, Any] | None, Usage]:
            answer = await attempt(CoT(), question, lm)
            right = await grades([] if answer.value is None else [answer.value], question)
            if answer.value is None or not right[answer.value]:
                return None, answer.usage
            example = {"id": question.id, "text": question.text, "asked": question.statement, "reply": answer.text}
            return example, answer.usage

        vectors = Usage()
        if self.embedding is not None:  # first, so that a model that makes none costs nothing
            vectors = (await ask(train[0]).embed([question.text for question in train], self.embedding)).usage
        found = await each(train, ask, tried)
        worked = [example for example, _ in found if example is not None]
        if not worked:
            raise TaskError(
                f"self_cot: the model got none of the {len(train)} training questions right, so there are no "
                "examples: use few_shot, whose examples are the training questions themselves"
            )
        whole = replace(self, state=keep(worked), fitted=split_hash(train))
        said = {"strategy": repr(whole), "questions": len(train), "kept": len(worked)}
        return Fitted(whole, vectors + in_parallel([usage for _, usage in found]), said=(said,))


def _as_chat(shown: Sequence[dict[str, str]], question: Question) -> Chat:
    turns = [
        message
        for example in shown
        for message in (Message("user", example["asked"]), Message("assistant", example["reply"]))
    ]
    return Chat((*turns, *asked(PROMPT, question).messages))


def _as_text(shown: Sequence[dict[str, str]], question: Question) -> Text:
    blocks = [f"Q: {example['asked']}\nA: {example['reply'].strip()}" for example in shown]
    return Text("\n\n".join([*blocks, f"Q: {question.statement}\nA:"]))
