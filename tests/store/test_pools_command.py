"""`compound samples`: import, info and export from the command line; errors in one line with exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from compound.cli import app


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["samples", *map(str, words)])


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COMPOUND_POOLS", str(tmp_path / "pools"))
    path = tmp_path / "mine.jsonl"
    tokens = {"tokens_in": 5, "tokens_out": 5}
    rows = [
        {"problem": f"{i} + 1?", "gold": str(i + 1), "text": f"It is {i + j}.", "temp": j, **tokens}
        for i in range(3)
        for j in (0, 1)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_import_info_and_export(lines: Path, tmp_path: Path) -> None:
    mapping = ("--map", "question=problem", "--map", "temperature=temp", "--kind", "number")
    done = call(
        "import",
        lines,
        "--name",
        "mine",
        *mapping,
        "--where",
        "temperature=1",
        "--price",
        "1/2",
        "--state",
        "model=m",
    )
    assert done.exit_code == 0, done.output
    assert 'model: recorded/mine   tasks: [recorded/mine]   strategies: ["vote(single, n=1)"]' in done.output
    assert "temperature=1" in call("info", "mine").output
    assert "recorded/mine" in call("info").output
    assert "3 samples" in call("export", "mine", "--to", tmp_path / "out.jsonl").output
    said = call("export", "mine", "--to", tmp_path / "sft.jsonl", "--sft", "--verified").output
    assert "3 examples of 3 of 3 questions" in said
    assert "for $0.000015 each" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--where", "temperature"], "--where temperature: say --where NAME=VALUE"),
        (["--price", "cheap"], "--price cheap: say dollars per million"),
        (
            ["--map", "question=problem", "--map", "temperature=temp", "--kind", "number"],
            "temperature: 0.0 (3), 1.0 (3)",
        ),
        (["--format", "cvs"], "unknown format 'cvs'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(lines: Path, words: list[str], said: str) -> None:
    done = call("import", lines, "--name", "mine", *words)
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.splitlines()) == 1


def test_a_pool_that_is_not_there(lines: Path) -> None:
    done = call("info", "mien")
    assert done.exit_code == 2
    assert "no recorded pool 'mien'" in done.output
    assert call("export", "mien", "--to", "x.jsonl", "--every").exit_code == 2
