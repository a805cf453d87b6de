"""The nouns: plain typed data, no input or output.

Everything above a room in the house may import these types, and they import nothing of ours.
"""

from compound.core.answer import Answer, Step
from compound.core.ballots import Ballots
from compound.core.errors import (
    BudgetExhaustedError,
    CompoundError,
    ConfigError,
    ExpressionError,
    LaneError,
    MissingAbilityError,
    MissingSampleError,
    ModelError,
    ModelFailure,
    SandboxError,
    StoreError,
    TaskError,
    UserError,
    nearest,
)
from compound.core.observer import Drawn, Event, Failed, Notice, Observer, Progressed, Silent, Started
from compound.core.prompt import Chat, Message, Prompt, Text
from compound.core.question import Question
from compound.core.sample import Confidence, Draw, Request, Sample
from compound.core.usage import Usage, in_parallel, in_series

__all__ = [
    "Answer",
    "Ballots",
    "BudgetExhaustedError",
    "Chat",
    "CompoundError",
    "Confidence",
    "ConfigError",
    "Draw",
    "Drawn",
    "Event",
    "ExpressionError",
    "Failed",
    "LaneError",
    "Message",
    "MissingAbilityError",
    "MissingSampleError",
    "ModelError",
    "ModelFailure",
    "Notice",
    "Observer",
    "Progressed",
    "Prompt",
    "Question",
    "Request",
    "Sample",
    "SandboxError",
    "Silent",
    "Started",
    "Step",
    "StoreError",
    "TaskError",
    "Text",
    "Usage",
    "UserError",
    "in_parallel",
    "in_series",
    "nearest",
]
