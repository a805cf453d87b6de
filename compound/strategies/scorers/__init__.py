"""The scorers, one file each: what weighs votes and ranks candidates."""

from compound.strategies.scorers.judge import ExpectedJudge, Judge
from compound.strategies.scorers.p_true import PTrue
from compound.strategies.scorers.recorded import RecordedScore
from compound.strategies.scorers.reward import Reward, reward
from compound.strategies.scorers.tokens import SelfCertainty, SequenceProbability, TokenConfidence
from compound.strategies.scorers.verbal import Verbal
from compound.strategies.scorers.verdict import Verdict
from compound.strategies.scorers.visible_tests import VisibleTests

__all__ = [
    "ExpectedJudge",
    "Judge",
    "PTrue",
    "RecordedScore",
    "Reward",
    "SelfCertainty",
    "SequenceProbability",
    "TokenConfidence",
    "Verbal",
    "Verdict",
    "VisibleTests",
    "reward",
]
