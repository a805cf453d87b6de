"""Another package brings a strategy of its own: one file, one entry point."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMPOUND = Path(sys.executable).with_name("compound")
SOURCE = '''
"""Says what the second of two candidates says."""
from collections.abc import Sequence
from typing import ClassVar

from compound.core import Answer, Question
from compound.strategies import Pooled, strategy


@strategy("second_thought")
class SecondThought(Pooled):
    """The last candidate, whatever the others say.

    Args:
        candidate: the strategy that makes one candidate.
        n: candidates.
    """

    paper: ClassVar[str] = "a test"

    n: int = 2

    async def select(self, question: Question, answers: Sequence[Answer], lm) -> Answer:
        """The last one."""
        return answers[-1]
'''
USE = """
from compound import CoT, Vote
from compound.core import Question
from compound.strategies import parse
question = Question("What is 17 * 23?", "number", "391")
how = parse("second_thought(cot, n=3)")
assert parse(repr(how)) == how and repr(how) == "second_thought(cot, n=3)"
answer = how.run(question, model="sim/beta(2,2)")
last = Vote(CoT(), n=3).run(question, model="sim/beta(2,2)").step.children[-1].value
print(answer.value == last, answer.usage.calls, repr(parse("vote(second_thought(cot), n=2)")))
"""


@pytest.fixture
def plugin(tmp_path):
    """A function that installs a package with an entry point, and gives the environment that sees it."""

    def install(source, value="second_thoughts"):
        (tmp_path / "second_thoughts.py").write_text(source)
        info = tmp_path / "second_thoughts-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: second-thoughts\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[compound.strategies]\nsecond_thought = {value}\n")
        return {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"}

    return install


def call(env, *command):
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_strategy_of_another_package_is_listed_read_and_run(plugin):
    assert SOURCE.count("\n") < 40
    env = plugin(SOURCE)
    listed = call(env, COMPOUND, "strategies")
    assert listed.returncode == 0, listed.stderr
    assert "second_thought" in listed.stdout
    assert "The last candidate, whatever the others say." in listed.stdout
    used = call(env, sys.executable, "-c", USE)
    assert used.stdout == "True 3 vote(second_thought(cot), n=2)\n", used.stderr


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("raise RuntimeError('no luck')", "second_thoughts"),
        ("import there_is_no_such_module", "second_thoughts"),
        ("", "second_thoughts:Missing"),
        ("def broken(:", "second_thoughts"),
        (SOURCE.replace('"second_thought"', '"vote"'), "second_thoughts"),
    ],
)
def test_a_broken_plugin_is_named_and_the_rest_still_works(plugin, source, value):
    env = plugin(source, value)
    listed = call(env, COMPOUND, "strategies")
    assert listed.returncode == 2
    assert listed.stderr.startswith("error: the strategy plugin 'second_thought' (second_thoughts")
    assert listed.stderr.count("\n") == 1
    assert "Traceback" not in listed.stderr
    used = call(env, sys.executable, "-c", "from compound.strategies import parse; print(parse('vote(cot, n=2)'))")
    assert used.stdout == "vote(cot, n=2)\n", used.stderr
