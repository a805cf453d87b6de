"""Public benchmarks by name: from the Hugging Face Hub, or from a local copy of their public files.

Q: Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. …
A: 72
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from compound.core import Question, TaskError, nearest
from compound.tasks import hub
from compound.tasks.benchmarks import local
from compound.tasks.benchmarks.aqua import AQUA
from compound.tasks.benchmarks.bbh import BBH
from compound.tasks.benchmarks.benchmark import SOURCE, Benchmark, Row, Source
from compound.tasks.benchmarks.chess import CHESS
from compound.tasks.benchmarks.competition import AIME, AIME_2025, MATH500
from compound.tasks.benchmarks.date import DATE
from compound.tasks.benchmarks.dealing import deal
from compound.tasks.benchmarks.game24 import GAME24
from compound.tasks.benchmarks.gsm8k import GSM8K
from compound.tasks.benchmarks.humaneval import HUMANEVAL
from compound.tasks.benchmarks.labelled import ARC_CHALLENGE, CSQA
from compound.tasks.benchmarks.last_letters import LAST_LETTERS
from compound.tasks.benchmarks.mbpp import MBPP
from compound.tasks.benchmarks.medical import MEDQA, PUBMEDQA
from compound.tasks.benchmarks.mmlu import MMLU, MMLU_PRO
from compound.tasks.benchmarks.strategyqa import STRATEGYQA
from compound.tasks.benchmarks.svamp import SVAMP
from compound.tasks.benchmarks.truthfulqa import TRUTHFULQA
from compound.tasks.task import Task

__all__ = ["Benchmark", "Source", "benchmarks", "load_benchmark", "names"]

_BENCHMARKS = {
    "aime": AIME,
    "aime2025": AIME_2025,
    "aqua": AQUA,
    "arc_challenge": ARC_CHALLENGE,
    "bbh": BBH,
    "chess": CHESS,
    "csqa": CSQA,
    "date": DATE,
    "game24": GAME24,
    "gsm8k": GSM8K,
    "humaneval": HUMANEVAL,
    "last_letters": LAST_LETTERS,
    "math500": MATH500,
    "mbpp": MBPP,
    "medqa": MEDQA,
    "mmlu": MMLU,
    "mmlu_pro": MMLU_PRO,
    "pubmedqa": PUBMEDQA,
    "strategyqa": STRATEGYQA,
    "svamp": SVAMP,
    "truthfulqa": TRUTHFULQA,
}


def benchmarks() -> Mapping[str, Benchmark]:
    """Every benchmark by name."""
    return _BENCHMARKS


def names() -> dict[str, str]:
    """Every benchmark with its description."""
    return {name: benchmark.description for name, benchmark in _BENCHMARKS.items()}


def load_benchmark(name: str, *, path: Path | None = None, screen: int = 20, seed: int = 0) -> Task:
    """The benchmark of that name, or a part of one (`mmlu/astronomy`, `bbh/navigate`).

    Worked examples (`train`) come from the training split of the data only, and share no text with the test.
    The order and the ids are the same from the hub, a file, or a folder of files in any order.

    Args:
        name: the benchmark.
        path: a local copy of its public files, one file or a folder; None: the Hugging Face Hub.
        screen: questions to choose tasks on, from the data's validation or training split; where there is
            neither, they are taken from the test.
        seed: of the order of the questions.

    Raises:
        TaskError: no such benchmark; the hub cannot be reached; or a row that cannot be read, named with its file.
    """
    whole, _, part = name.partition("/")
    if whole not in _BENCHMARKS:
        raise TaskError(f"no benchmark '{name}': {nearest(whole, _BENCHMARKS)}")
    benchmark = _BENCHMARKS[whole]
    if "/" in name and part not in benchmark.parts:
        known = nearest(part, benchmark.parts) if benchmark.parts else "it has no parts"
        raise TaskError(f"no part '{part}' of benchmark '{whole}': {known}")
    found = _hub_rows(name, benchmark, part, screen) if path is None else _local_rows(whole, benchmark, path)
    questions: defaultdict[str, list[Question]] = defaultdict(list)
    left_out: Counter[str] = Counter()
    for role, where, row in found:
        question = _question(benchmark, row, where)
        if part and benchmark.part_of and benchmark.part_of(question) != part:
            continue
        if question.golds:
            questions[benchmark.role(row) if benchmark.role else role].append(question)
        else:
            left_out["whose answer no kind reads"] += 1
    if not questions["test"]:
        held = ", ".join(f"'{role}'" for role, some in questions.items() if some) or "nothing"
        raise TaskError(f"task '{name}': no test questions in {path or 'its data set'}; it holds: {held}")
    dealt = deal(questions, screen=screen, seed=seed)
    gone = "".join(f"; left out: {count} {why}" for why, count in (left_out + dealt.left_out).items())
    about = f"{benchmark.description}, {part}" if part else benchmark.description
    return Task(name, dealt.splits, about + gone)


def _question(benchmark: Benchmark, row: Row, where: str) -> Question:
    try:
        question = benchmark.row(row)
    except KeyError as error:
        has = ", ".join(key for key in map(str, row) if key != SOURCE) or "nothing"
        raise TaskError(f"{where}: no field {error}; the row has: {has}") from None
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise TaskError(f"{where}: not a row of this benchmark: {error}") from None
    if not question.text:
        raise TaskError(f"{where}: the question is empty")
    if question.kind == "choice" and not set(question.golds) <= set(question.letters):
        raise TaskError(f"{where}: gold {question.gold!r} is none of the {len(question.choices)} options")
    return question


def _hub_rows(name: str, benchmark: Benchmark, part: str, screen: int) -> Iterator[tuple[str, str, Row]]:
    for source in [benchmark.parts[part]] if part else benchmark.sources:
        for role, split in benchmark.splits.items():
            if role == "screen" and not screen:
                continue
            for number, row in enumerate(hub.rows(name, source.hub, source.config, split), 1):
                where = f"{source.hub} ({source.config or 'default'}, {split}), row {number}"
                yield role, where, {SOURCE: source.config, **row}


def _local_rows(name: str, benchmark: Benchmark, path: Path) -> Iterator[tuple[str, str, Row]]:
    roles = {split: role for role, split in benchmark.splits.items()}
    for file in _files(name, path):
        split = local.split_of(file, roles)
        role = "test" if split is None else roles.get(split)
        if role is not None:
            yield from ((role, where, row) for where, row in local.rows(file, benchmark.columns))


def _files(name: str, path: Path) -> list[Path]:
    """The files of this benchmark: in a folder of several those that have its name, else all."""
    stems = {stem: other for other, b in _BENCHMARKS.items() for stem in b.stems or (other,)}
    files = local.readable(path)
    if path.is_file():
        return files
    owners = {}
    for file in files:
        fitting = [stem for stem in stems if file.name.lower().startswith(stem)]
        owners[file] = stems[max(fitting, key=len)] if fitting else None
    ours = [file for file, owner in owners.items() if owner == name]
    if not ours and any(owners.values()):
        raise TaskError(f"task '{name}': none of the files in {path} has its name; give the file itself")
    return ours or files
