"""Programs that mean no harm: what comes back, and what is refused where there is no sandbox."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from blocking_sandbox import Blocking

from compound.core import UserError
from compound.sandbox import Limits, Sandbox, SandboxError, command


def test_a_program_reads_its_input_and_writes(jail: Blocking) -> None:
    done = jail.run("import sys\nprint(input() + '!')\nprint(sys.stdin.read(), file=sys.stderr)", stdin="é\nrest\n")
    assert (done.status, done.stdout, done.stderr) == ("ok", "é!\n", "rest\n\n")


def test_a_program_runs_as_a_file_does(jail: Blocking) -> None:
    source = """
from __future__ import annotations
from dataclasses import dataclass
import pickle, sys

@dataclass
class Point:
    x: int

if __name__ == "__main__":
    print(pickle.loads(pickle.dumps(Point(3))), sys.argv, len(sys.stdin.read()))
"""
    done = jail.run(source)
    assert (done.status, done.stdout) == ("ok", "Point(x=3) ['/tmp/program.py'] 0\n"), done


def test_a_traceback_shows_the_lines_of_the_program_and_none_of_ours(jail: Blocking) -> None:
    done = jail.run("def f():\n    return 1 / 0\nf()")
    assert done.status == "error"
    assert done.stderr.startswith(
        'Traceback (most recent call last):\n  File "/tmp/program.py", line 3, in <module>'
    )
    assert "return 1 / 0" in done.stderr and "compound" not in done.stderr


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("", "ok"),
        ("raise SystemExit(0)", "ok"),
        ("raise SystemExit(3)", "error"),
        ("1 +", "error"),
        ("'\0'", "error"),
        ("'\ud800'", "error"),
        ("import os; os.abort()", "error"),
        ("import os; os.kill(os.getpid(), 9)", "error"),
        ("x = []\nwhile True: x.append(bytearray(1 << 24))", "memory"),
        ("while True: pass", "timeout"),
        ("import time; time.sleep(60)", "timeout"),
        ("import sys\nwhile True: sys.stderr.write('x' * 9999)", "output"),
    ],
)
def test_how_a_program_ended(jail: Blocking, source: str, status: str) -> None:
    limits = Limits(seconds=0.5 if status == "timeout" else 30.0, memory=128 << 20)
    assert jail.run(source, limits=limits).status == status


def test_cpu_time_is_limited_apart_from_wall_time(jail: Blocking) -> None:
    done = jail.run("while True: pass", limits=Limits(cpu=1, seconds=60))
    assert done.status == "timeout"


def test_output_is_kept_up_to_the_limit(jail: Blocking) -> None:
    done = jail.run("print('x' * 5000)", limits=Limits(output=100))
    assert (done.status, done.stdout) == ("output", "x" * 100)


def test_the_order_of_a_set_is_the_same_every_time(jail: Blocking) -> None:
    source = "print({str(i) for i in range(20)})"
    assert jail.run(source).stdout == jail.run(source).stdout


def test_one_sandbox_serves_several_loops(jail: Blocking) -> None:
    sandbox = Sandbox(concurrency=1)

    async def three() -> list[str]:
        return [done.stdout for done in await asyncio.gather(*(sandbox.run(f"print({i})") for i in range(3)))]

    assert asyncio.run(three()) == asyncio.run(three()) == ["0\n", "1\n", "2\n"]


def test_the_running_interpreter_serves_where_the_system_has_none(
    jail: Blocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_SYSTEM", Path("/nonexistent/python3"))
    try:
        done = jail.run("import sys, json; print(sys.version_info[:2])")
    except SandboxError as error:
        pytest.skip(f"the running interpreter cannot be shown to the sandbox of this user: {error}")
    assert done.stdout == f"{sys.version_info[:2]}\n"


def test_without_bubblewrap_code_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match=r"apt install .*unsafe=True") as caught:
        Blocking().run(f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert isinstance(caught.value, UserError) and not list(tmp_path.iterdir())


def test_on_another_system_code_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="needs Linux"):
        Blocking().run("")


def test_a_bubblewrap_that_may_not_work_is_reported_with_what_it_said(
    jail: Blocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = ["-c", "import sys; sys.exit('bwrap: No permissions to create new namespace')"]
    monkeypatch.setattr(command, "jailed", lambda *_: ["/usr/bin/env", sys.executable, "-I", *script])
    with pytest.raises(SandboxError, match=r"No permissions to create new namespace.*unsafe=True"):
        jail.run("")
    with pytest.raises(SandboxError, match="No permissions to create new namespace"):
        jail.test("", ["pass"])


def test_unsafe_runs_and_tests_without_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("COMPOUND_TEST_KEY", "s3cret")
    unsafe = Blocking(unsafe=True)
    assert unsafe.run("import os; print(os.environ.get('COMPOUND_TEST_KEY'))").stdout == "None\n"
    assert unsafe.run("while True: pass", limits=Limits(seconds=0.5)).status == "timeout"
    assert unsafe.run("bytearray(3 << 30)").status == "memory"
    assert unsafe.marks("def f(x): return x + 1", "assert f(1) == 2", "assert f(1) == 3") == ["passed", "failed"]


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"memory": 1 << 20}, {"processes": -1}, {"cpu": float("nan")}])
def test_impossible_limits_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SandboxError, match=next(iter(wrong))):
        Limits(**wrong)  # type: ignore[arg-type]


def test_an_impossible_concurrency_is_refused() -> None:
    with pytest.raises(SandboxError, match="concurrency is 0"):
        Sandbox(concurrency=0)
