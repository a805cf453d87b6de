"""Bounds of what a part of a run takes, from prompts that are known and replies that are not.

A text is taken to have a token for four bytes at least, and has one for each byte at most. A reply is taken to be
a tenth of `max_tokens` long at least, and is `max_tokens` long at most. A later prompt shows at most every reply of
its solve, and of a chat that goes on what was asked for each; what a tool prints is not counted. Embeddings are not
counted either, and no call is taken to fail.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compound.experiment.planning.prediction import Range, total
from compound.experiment.planning.rehearsal import Block, Part
from compound.models.budget import Price
from compound.models.charges import TEMPLATE
from compound.strategies import Pooled, Strategy
from compound.strategies.needs import parts as inside

BYTES = 4
"""Bytes of a prompt for each of its tokens, if it has few."""
SHORT = 0.1
"""A reply's share of `max_tokens`, if replies are short."""
WORDING = 600
"""Bytes at most that a later prompt says beside the first prompt and replies."""
SPEEDS = (100.0, 20.0)
"""Tokens a second of one completion, if the model is fast and if it is slow."""
WAIT = (0.2, 2.0)
"""Seconds before its first token."""


@dataclass(frozen=True)
class Takes:
    """What something takes.

    Attributes:
        calls: completions.
        tokens_in: prompt tokens, a prompt sent once for several completions counted once.
        tokens_out: completion tokens.
        usd: dollars; None where a price is unknown.
        seconds: of all calls, one after the other; None where nobody waits for them (a simulation).
    """

    calls: Range
    tokens_in: Range
    tokens_out: Range
    usd: Range | None
    seconds: Range | None

    def __add__(self, other: Takes) -> Takes:
        return Takes(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            None if self.usd is None or other.usd is None else self.usd + other.usd,
            None if self.seconds is None or other.seconds is None else self.seconds + other.seconds,
        )


NOTHING = Takes(Range(), Range(), Range(), Range(), Range())


def bounds(part: Part, model: str, prices: Mapping[str, Price | None], hosted: bool) -> Takes:
    """What is to be bought for a part, at least and at most.

    Args:
        part: of a run.
        model: that is asked where the strategy names none.
        prices: dollars per token of each model.
        hosted: whether a model may turn out to ignore n, so that every completion pays for the prompt.
    """
    bought = total((_of_block(block, prices, hosted) for block in part.blocks), NOTHING)
    if not part.most:
        return bought
    # Of what is still to be fitted no prompt is known.
    shortest, longest = part.prompts if part.prompts[1] else (0.0, math.inf)
    turns = part.context if _chats(part.arm.strategy) else 1
    large = turns * (longest + TEMPLATE + WORDING) + part.context * part.max_tokens
    tokens_in = Range(part.fewest * shortest / BYTES, part.most * large)
    tokens_out = Range(part.fewest * _reply(part.max_tokens), part.most * part.max_tokens)
    asked = {asked for _, asked in inside(part.arm.strategy, model)}
    usd = _dollars(tokens_in, tokens_out, [prices.get(one) for one in asked])
    seconds = _seconds(part.fewest, part.most, _reply(part.max_tokens), part.max_tokens)
    return bought + Takes(Range(part.fewest, part.most), tokens_in, tokens_out, usd, seconds)


def _chats(strategy: Strategy) -> bool:
    """Whether a later prompt may hold earlier ones: selectors and scorers show the question and replies alone."""
    every = [one for one, _ in inside(strategy, "") if isinstance(one, Strategy)]
    return any(one.cost not in ("1", "c") and not isinstance(one, Pooled) for one in every)


def _of_block(block: Block, prices: Mapping[str, Price | None], hosted: bool) -> Takes:
    tokens_in = Range(block.size / BYTES, (block.size + TEMPLATE) * (block.n if hosted else 1))
    tokens_out = Range(block.n * _reply(block.max_tokens), block.n * block.max_tokens)
    usd = _dollars(tokens_in, tokens_out, [prices.get(block.model)])
    seconds = _seconds(1, block.n if hosted else 1, _reply(block.max_tokens), block.max_tokens)
    return Takes(Range(block.n, block.n), tokens_in, tokens_out, usd, seconds)


def _reply(most: int) -> float:
    return max(1.0, SHORT * most)


def _dollars(tokens_in: Range, tokens_out: Range, prices: Sequence[Price | None]) -> Range | None:
    known = [price for price in prices if price is not None]
    if len(known) < len(prices):
        return None
    return Range(
        tokens_in.low * min(p.prompt for p in known) + tokens_out.low * min(p.completion for p in known),
        _product(tokens_in.high, max(p.prompt for p in known))
        + _product(tokens_out.high, max(p.completion for p in known)),
    )


def _product(tokens: float, price: float) -> float:
    """Without a price nothing is paid, however many tokens there are."""
    return tokens * price if price else 0.0


def _seconds(fewest: float, most: float, short: float, long: float) -> Range:
    return Range(fewest * (WAIT[0] + short / SPEEDS[0]), most * (WAIT[1] + long / SPEEDS[1]))
