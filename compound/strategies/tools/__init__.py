"""The tools, one file each: what `react` may use."""

from compound.strategies.tools.calculator import Calculator
from compound.strategies.tools.python import Python
from compound.strategies.tools.registered import Registered, tool

__all__ = ["Calculator", "Python", "Registered", "tool"]
