"""The sandbox of this machine; where there is none, its tests are skipped with the reason."""

from __future__ import annotations

from functools import cache

import pytest
from blocking_sandbox import Blocking

from compound.sandbox import SandboxError


@cache
def _missing() -> str:
    try:
        Blocking().run("")
    except SandboxError as error:
        return str(error)
    return ""


@pytest.fixture
def jail() -> Blocking:
    if reason := _missing():
        pytest.skip(reason)
    return Blocking()
