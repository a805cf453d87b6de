"""What tests of the integrations share: the integration, registered for them alone, and scripted models."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from compound.strategies import REGISTRY

sys.path.append(str(Path(__file__).parents[1] / "strategies"))  # `solving`


@pytest.fixture(scope="module")
def ours() -> Iterator[ModuleType]:
    """The integration with DSPy; its strategy is registered for these tests alone."""
    from compound.integrations import dspy as ours

    REGISTRY["dspy_program"] = ours.DSPyProgram
    yield ours
    del REGISTRY["dspy_program"]


@pytest.fixture(autouse=True)
def _clean(ours: ModuleType) -> Iterator[None]:
    """No program and no session of one test is left for the next."""
    from compound.integrations.dspy import module, program

    yield
    program.PROGRAMS.clear()
    module._session.cache_clear()


@pytest.fixture
def dspy() -> Any:
    import dspy

    return dspy
