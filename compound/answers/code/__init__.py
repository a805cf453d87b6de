"""Programs: found in a reply, written in one way, and graded by tests that run in the sandbox."""

from compound.answers.code.kind import Code
from compound.answers.code.testing import passed, setup_of, visible_tests

__all__ = ["Code", "passed", "setup_of", "visible_tests"]
