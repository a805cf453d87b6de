"""Runs code that a model wrote."""

from compound.core import SandboxError
from compound.sandbox.limits import Limits
from compound.sandbox.outcome import Outcome, Verdict
from compound.sandbox.sandbox import Sandbox

__all__ = ["Limits", "Outcome", "Sandbox", "SandboxError", "Verdict"]
