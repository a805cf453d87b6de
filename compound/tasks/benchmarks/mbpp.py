"""MBPP: 974 short Python functions from a sentence and one test. Austin et al. 2021, 2108.07732.

{"text": "Write a function to find the similar elements from the given two tuple lists.",
 "code": "def similar_elements(test_tup1, test_tup2):\\r\\n  res = tuple(set(test_tup1) & set(test_tup2))\\r\\n …",
 "task_id": 2, "test_setup_code": "", "challenge_test_list": [],
 "test_list": ["assert similar_elements((3, 4, 5, 6),(5, 7, 4, 10)) == (4, 5)", …]}

The first test is shown (it tells the name of the function), all of them grade. As published, the ids 11 to 510 are
reported on and 511 to 600 are to screen on; 601 to 974, and the 1 to 10 of the paper's prompt, are worked examples.
Five are left out (two of the 500), since their tests cannot be run apart from the program: 126 is about a function
called `sum`, as a built-in is; 367, 601 and 927 pass objects of the program's own classes, and 533 passes types.
`mbpp/full` is all of it, `mbpp/sanitized` the part that its authors checked by hand ("prompt" for "text",
"test_imports" for the setup).
"""

from __future__ import annotations

import ast

from compound.answers.code.source import parsed
from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source

_HUB = "google-research-datasets/mbpp"
_ASKED = "{task}\n\nIt must pass this test:\n{test}"
_LEFT_OUT = (126, 367, 533, 601, 927)


def _row(row: Row) -> Question:
    task = str(row["text"] if "text" in row else row["prompt"]).strip()
    code, tests = str(row["code"]).replace("\r\n", "\n"), [test.strip() for test in row["test_list"]]
    setup = row["test_setup_code"] if "test_setup_code" in row else "\n".join(row["test_imports"])
    metadata = {"entry_point": _called(tests[0], code), "setup": setup, "tests": tests, "visible": tests[:1]}
    gold = None if int(row["task_id"]) in _LEFT_OUT else code
    return Question(_ASKED.replace("{task}", task).replace("{test}", tests[0]), "code", gold, metadata=metadata)


def _called(test: str, code: str) -> str:
    """The outermost function of the program that a test calls."""
    program, asked = parsed(code), parsed(test)
    if program is None or asked is None:
        raise ValueError(f"no Python: {(code if program is None else test)!r}")
    defined = {node.name for node in program.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(asked):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in defined:
            return node.func.id
    raise ValueError(f"its first test calls no function of the program: {test!r}")


def _role(row: Row) -> str:
    number = int(row["task_id"])
    return "test" if 11 <= number <= 510 else "screen" if 511 <= number <= 600 else "train"


MBPP = Benchmark(
    "short functions from a sentence and a test",
    _row,
    sources=(Source(_HUB, "full"),),
    splits={"train": "train", "screen": "validation", "test": "test", "prompt": "prompt"},
    parts={config: Source(_HUB, config) for config in ("full", "sanitized")},
    role=_role,
)
