"""DSPy both ways: a DSPy program as a strategy's candidate, and a strategy as a DSPy module.

from compound.integrations.dspy import as_module, dspy_program
"""

from compound.integrations.dspy.engine import Engine
from compound.integrations.dspy.module import StrategyModule, as_module
from compound.integrations.dspy.program import DSPyProgram, dspy_program

__all__ = ["DSPyProgram", "Engine", "StrategyModule", "as_module", "dspy_program"]
