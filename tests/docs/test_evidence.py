"""The figures of docs/strategies.md are those that its scripts print."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from compound.experiment import Experiment, run
from compound.store.pools import import_samples
from compound.strategies import REGISTRY
from compound.tasks.generated import names

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "examples" / "evidence"
DATA = ROOT.parent / "shared" / "data" / "recorded"
PAGE = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
TABLES = r"<!-- table: ([\w-]+) -->\n(.*?)<!-- end -->"
NUMBER = r"\d+\.\d+|\d+(?=%)"
Importer = Callable[[str], ModuleType]

needs_recordings = pytest.mark.skipif(
    not DATA.is_dir(), reason="the recorded samples (../shared/data/recorded) are not here"
)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Importer]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:  # their names are plain words
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(SCRIPTS)):
            del sys.modules[name]


@pytest.mark.slow
@needs_recordings
def test_every_table_is_what_its_script_prints(script: Importer) -> None:
    update = script("update")
    found = update.tables(DATA)
    shown = {name: text.strip() for name, text in re.findall(TABLES, PAGE, re.DOTALL)}
    assert shown.keys() == found.keys()
    for name, text in found.items():
        assert shown[name] == text, f"{name}: python examples/evidence/update.py rewrites it"
    assert update.filled(PAGE, found) == PAGE


@pytest.mark.slow
@needs_recordings
def test_the_runner_finds_the_same_curves(
    script: Importer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scripts read pools themselves; the runner draws, parses, groups and grades."""
    monkeypatch.setenv("COMPOUND_POOLS", str(tmp_path / "pools"))
    recordings, evidence = script("recordings"), script("evidence")
    import_samples(DATA / "qwenmath_math100_n8_rm.jsonl.gz", "it", fields={"score": "rm_score"})
    strategies = ["vote(cot, n=8)", "best_of(cot, n=8, by=recorded_score)"]
    config = Experiment.model_validate(
        {"name": "it", "model": "recorded/it", "tasks": ["recorded/it"], "strategies": strategies, "greedy": False}
    )
    pools = recordings.QWEN.pools(DATA)
    for curves in asyncio.run(run(config, results=tmp_path)).curves:
        np.testing.assert_allclose(curves.accuracy, evidence.curve(curves.arm.strategy, pools).accuracy)


def prose() -> list[tuple[str, str]]:
    """(paragraph, number) for every number that is said beside the tables.

    Left out are what others published, the settings of a script (beside its command), and names of papers.
    """
    text = re.sub(TABLES, "", PAGE, flags=re.DOTALL).split("## The recordings")[0]
    said = []
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.startswith(("Published:", "`python", "#", "![")):
            continue
        plain = re.sub(r"`[^`]*`|\(#[^)]*\)|\d{4}\.\d{5}|\b95% intervals|price of \d+\.\d+", "", paragraph)
        said += [(paragraph, number) for number in re.findall(NUMBER, plain)]
    return said


def test_every_number_in_the_prose_stands_in_a_table() -> None:
    shown = {
        number for _, text in re.findall(TABLES, PAGE, re.DOTALL) for number in re.findall(r"\d+(?:\.\d+)?", text)
    }
    said = prose()
    assert len(said) > 50
    assert [(number, paragraph) for paragraph, number in said if number not in shown] == []


def test_what_the_page_names_is_there() -> None:
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)(?:\([^`]*\))?`", PAGE))
    rows = re.search(r"## Not exercised here(.*?)## The recordings", PAGE, re.DOTALL)
    assert rows
    assert named - set(REGISTRY) - set(names()) <= {"python", "screen", "weighted_best_of"}
    assert {"vote", "adaptive_vote", "best_of", "mix"} <= named
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert "://" in link or (ROOT / "docs" / link).exists(), link
    for command in re.findall(r"python (examples/evidence/[a-z]+\.py)", PAGE):
        assert (ROOT / command).exists(), command


def test_markers_and_scripts_agree() -> None:
    listed = set(re.findall(r"python examples/evidence/([a-z]+)\.py", PAGE))
    tabled = {path.stem for path in SCRIPTS.glob("*.py") if "\ndef tables(data" in path.read_text(encoding="utf-8")}
    assert tabled <= listed | {"update"}
