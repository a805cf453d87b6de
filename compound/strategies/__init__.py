"""The strategies, one file each, and their expression language."""

from compound.strategies.answer_pool import AnswerPool, PoolCurve
from compound.strategies.base import Strategy
from compound.strategies.bound import Bound, BoundScorer
from compound.strategies.cot import CoT
from compound.strategies.expression import expand, parse, write
from compound.strategies.few_shot import FewShot
from compound.strategies.part import REGISTRY, Part, alias, scorer, strategy
from compound.strategies.pooled import Pooled
from compound.strategies.scorer import Score, Scorer
from compound.strategies.single import Single
from compound.strategies.vote import Vote, more_agents, self_consistency

__all__ = [
    "REGISTRY",
    "AnswerPool",
    "Bound",
    "BoundScorer",
    "CoT",
    "FewShot",
    "Part",
    "PoolCurve",
    "Pooled",
    "Score",
    "Scorer",
    "Single",
    "Strategy",
    "Vote",
    "alias",
    "expand",
    "more_agents",
    "parse",
    "scorer",
    "self_consistency",
    "strategy",
    "write",
]
