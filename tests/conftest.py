"""What tests of several rooms share: the sandbox of this machine, or the reason to skip."""

from __future__ import annotations

import asyncio
from functools import cache

import pytest

from compound.sandbox import Sandbox, SandboxError


@cache
def _missing() -> str:
    try:
        asyncio.run(Sandbox().run(""))
    except SandboxError as error:
        return str(error)
    return ""


@pytest.fixture
def sandboxed() -> None:
    """The test runs code; without a sandbox it is skipped."""
    if reason := _missing():
        pytest.skip(reason)


@pytest.fixture
def no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without bubblewrap."""
    monkeypatch.setenv("PATH", "")
