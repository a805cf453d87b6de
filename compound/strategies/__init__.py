"""The strategies, one file each, and their expression language."""

from compound.strategies.adaptive_vote import AdaptiveVote
from compound.strategies.answer_pool import AnswerPool, PoolCurve
from compound.strategies.base import Strategy
from compound.strategies.best_of import BestOf
from compound.strategies.bound import Bound, BoundScorer
from compound.strategies.certainty_vote import CertaintyVote
from compound.strategies.cisc import CISC
from compound.strategies.cot import CoT
from compound.strategies.deepconf import DeepConf
from compound.strategies.early_stop_vote import EarlyStopVote
from compound.strategies.economic_vote import EconomicVote
from compound.strategies.expression import expand, parse, write
from compound.strategies.few_shot import FewShot
from compound.strategies.filter_vote import FilterVote
from compound.strategies.mix import Mix
from compound.strategies.part import REGISTRY, Part, alias, scorer, strategy
from compound.strategies.pooled import Pooled
from compound.strategies.ranked_vote import Ranked, RankedVote
from compound.strategies.scorer import Score, Scorer
from compound.strategies.scorers import (
    ExpectedJudge,
    Judge,
    PTrue,
    RecordedScore,
    Reward,
    SelfCertainty,
    SequenceProbability,
    TokenConfidence,
    Verbal,
    Verdict,
    reward,
)
from compound.strategies.single import Single
from compound.strategies.tournament import Tournament
from compound.strategies.universal import Universal
from compound.strategies.vote import Vote, more_agents, self_consistency
from compound.strategies.weighted_vote import WeightedVote, weighted_best_of

__all__ = [
    "CISC",
    "REGISTRY",
    "AdaptiveVote",
    "AnswerPool",
    "BestOf",
    "Bound",
    "BoundScorer",
    "CertaintyVote",
    "CoT",
    "DeepConf",
    "EarlyStopVote",
    "EconomicVote",
    "ExpectedJudge",
    "FewShot",
    "FilterVote",
    "Judge",
    "Mix",
    "PTrue",
    "Part",
    "PoolCurve",
    "Pooled",
    "Ranked",
    "RankedVote",
    "RecordedScore",
    "Reward",
    "Score",
    "Scorer",
    "SelfCertainty",
    "SequenceProbability",
    "Single",
    "Strategy",
    "TokenConfidence",
    "Tournament",
    "Universal",
    "Verbal",
    "Verdict",
    "Vote",
    "WeightedVote",
    "alias",
    "expand",
    "more_agents",
    "parse",
    "reward",
    "scorer",
    "self_consistency",
    "strategy",
    "weighted_best_of",
    "write",
]
