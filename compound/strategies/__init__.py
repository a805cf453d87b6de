"""The strategies, one file each, and their expression language."""

from compound.strategies.base import REGISTRY, Strategy, alias, strategy
from compound.strategies.bound import Bound
from compound.strategies.cot import CoT
from compound.strategies.expression import expand, parse, write
from compound.strategies.few_shot import FewShot
from compound.strategies.pooled import AnswerPool, Pooled
from compound.strategies.single import Single
from compound.strategies.vote import Vote, more_agents, self_consistency

__all__ = [
    "REGISTRY",
    "AnswerPool",
    "Bound",
    "CoT",
    "FewShot",
    "Pooled",
    "Single",
    "Strategy",
    "Vote",
    "alias",
    "expand",
    "more_agents",
    "parse",
    "self_consistency",
    "strategy",
    "write",
]
