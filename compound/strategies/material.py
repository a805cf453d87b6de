"""Replies as material for a further call: between tags in a chat, or as lines of a plain text."""

from __future__ import annotations

import random
from collections.abc import Sequence

from compound.core import Answer, Question, Text
from compound.strategies.few_shot import FewShot
from compound.strategies.prompts import enclosed, fill
from compound.strategies.turns import reply
from compound.strategies.universal import CANDIDATE

_EXAMPLES = FewShot().examples


def replies_shown(answers: Sequence[Answer]) -> str:
    """Numbered replies between tags that they cannot close."""
    return "\n\n".join(fill(CANDIDATE, number=str(i), text=enclosed(reply(a))) for i, a in enumerate(answers, 1))


def continue_texts(answers: Sequence[Answer]) -> bool:
    """Whether the answers come from texts to be continued, and none from a chat."""
    prompts = [s.draw.request.prompt for answer in answers for s in answer.samples if s.draw]
    return bool(prompts) and all(isinstance(prompt, Text) for prompt in prompts)


def as_text(question: Question, own: str | None, others: Sequence[str | None]) -> Text:
    """The question as a text to continue, after worked examples, with lines for answers that were given before.

    The examples have such lines too, made up from each other's answers. Half of the first answers are right, and
    one at least of the others', in a drawn place and not always the most frequent. So a small model finds that
    the lines are worth reading, that no place of them is, and that a first answer may stay or not.
    """
    known = [value for value in others if value is not None]
    examples = [e for e in question.examples if e.golds and e.id != question.id][:_EXAMPLES]
    rng = random.Random(f"{question.id}/{len(known)}")
    stays = rng.sample(
        range(len(examples)), (len(examples) + rng.randrange(2)) // 2
    )  # of an odd number either half
    blocks = []
    for place, example in enumerate(examples):
        mine, made = _made_up(example, examples, len(known), place in stays)
        blocks.append(f"{_block(example, None if own is None else mine, made)} {example.golds[0]}")
    return Text("\n\n".join([*blocks, _block(question, own, known)]))


def _block(question: Question, own: str | None, others: Sequence[str]) -> str:
    before = [f"My first answer: {own}"] if own is not None else []
    before += [f"Another answer: {value}" for value in others]  # in one line a small model answers with a list
    return "\n".join([f"Q: {question.statement}", *before, "A:"])


def _made_up(example: Question, examples: Sequence[Question], count: int, stays: bool) -> tuple[str, list[str]]:
    """A first answer to an example, right if it `stays`, and those of `count` others, of which one at least is."""
    right = example.golds[0]
    possible = sorted({*example.letters, right} if example.choices else {e.golds[0] for e in examples})
    wrong = [value for value in possible if value != right] or [right]  # examples may all have one answer
    rng = random.Random(f"{example.id}/{count}")
    own = right if stays else rng.choice(wrong)
    others = [rng.choice(possible) for _ in range(count)]
    if others:
        others[rng.randrange(count)] = right
    return own, others
