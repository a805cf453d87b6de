"""Scores from the probabilities of a candidate's own tokens: nothing more is asked."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from compound.core import Answer, Question, Sample
from compound.strategies.part import scorer
from compound.strategies.scorer import Score, Scorer, stated

if TYPE_CHECKING:
    from compound.models.lm import LM


@dataclass(frozen=True, repr=False)
class TokenScore(Scorer):
    """A function of the log-probabilities that come with a candidate.

    They are asked for with the candidate, which makes it another request: to compare with a plain vote on the
    same draws, set `logprobs` and `top_logprobs` for the whole experiment. A candidate that takes several calls
    has no score.
    """

    cost: ClassVar[str] = "0"
    reads_candidate: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"alternatives"})

    @property
    def asks(self) -> Mapping[str, Any]:
        """See `Scorer.asks`."""
        return {"logprobs": True, "top_logprobs": 20}

    @abstractmethod
    def read(self, sample: Sample) -> float | None:
        """The score of a completion; None where its log-probabilities are missing."""

    async def score(self, question: Question, answer: Answer, lm: LM) -> Score:
        """See `Scorer.score`."""
        sample = stated(answer)
        return Score(None if sample is None else self.read(sample))


@scorer("sequence_probability")
class SequenceProbability(TokenScore):
    """The geometric mean probability of the tokens, 0 … 1: the length-normalised sequence probability."""

    paper: ClassVar[str] = "Wang et al. 2022, 2203.11171, section 3.1; Taubenfeld et al. 2025, 2502.06233"
    needs: ClassVar[frozenset[str]] = frozenset({"logprobs"})

    @property
    def asks(self) -> Mapping[str, Any]:
        """See `Scorer.asks`."""
        return {"logprobs": True}

    def read(self, sample: Sample) -> float | None:
        """See `TokenScore.read`."""
        count = sample.confidence.tokens if sample.confidence else sample.tokens_out
        return math.exp(sample.logprob / count) if sample.logprob is not None and count else None


@scorer("self_certainty")
class SelfCertainty(TokenScore):
    """The divergence of each token's distribution from the uniform one, averaged.

    Approximated from the 20 most probable tokens; the paper takes the whole vocabulary.
    """

    paper: ClassVar[str] = "Kang et al. 2025, 2502.18581"

    def read(self, sample: Sample) -> float | None:
        """See `TokenScore.read`."""
        known = sample.confidence
        return known.mean - math.log(known.top) if known and known.mean is not None and known.top else None


@scorer("token_confidence")
class TokenConfidence(TokenScore):
    """DeepConf's confidence of a trace: minus the mean log-probability of the 20 best tokens, higher when peaked.

    Args:
        statistic: over all tokens (`mean`), the last 2,048 (`tail`), the lowest tenth of the windows of 2,048
            (`bottom`), or the lowest one (`least`).
    """

    experimental: ClassVar[str] = "long reasoning traces of a model that reports 20 alternatives a token"
    paper: ClassVar[str] = "Fu et al. 2025, 2508.15260"

    statistic: Literal["mean", "tail", "bottom", "least"] = "tail"

    def read(self, sample: Sample) -> float | None:
        """See `TokenScore.read`."""
        found: float | None = getattr(sample.confidence, self.statistic, None)
        return found
