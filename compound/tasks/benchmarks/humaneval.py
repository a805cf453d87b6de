"""HumanEval: 164 Python functions to complete from signature and docstring. Chen et al. 2021, 2107.03374.

{"task_id": "HumanEval/53", "entry_point": "add", "canonical_solution": "    return x + y\\n",
 "prompt": "def add(x: int, y: int):\\n    \\"\\"\\"Add two numbers x and y\\n    >>> add(2, 3)\\n    5\\n …",
 "test": "…def check(candidate):\\n    import random\\n\\n    assert candidate(0, 1) == 1\\n…"}

The public tests are the hidden ones here. Visible are the docstring's `>>>` examples whose result is a literal:
157, in 68 of the 164 (the others show theirs in prose, or none). There is no split to take worked examples from.
"""

from __future__ import annotations

import ast
import doctest

from compound.answers.code.source import parsed
from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source

_ASKED = "Complete this Python function.\n\n{prompt}"


def _row(row: Row) -> Question:
    prompt, entry_point = row["prompt"], row["entry_point"]
    tree = parsed(prompt + "    pass\n")
    body = tree.body if tree else []
    function = body[-1] if body else None
    if not isinstance(function, ast.FunctionDef) or function.name != entry_point:
        raise ValueError(f"the prompt does not end with the function {entry_point!r}")
    metadata = {
        "prompt": prompt,
        "entry_point": entry_point,
        # The imports and helpers of the prompt: a reply need not repeat them, and the tests use them.
        "setup": "\n".join(map(ast.unparse, body[:-1])),
        "tests": [f"{row['test']}\ncheck({entry_point})"],
        "visible": examples(ast.get_docstring(function, clean=False) or "", entry_point),
    }
    gold = prompt + row["canonical_solution"]
    return Question(_ASKED.replace("{prompt}", prompt.strip("\n")), "code", gold, metadata=metadata)


def examples(docstring: str, entry_point: str) -> list[str]:
    """The `>>>` examples of a function as asserts: those of one expression whose shown result is a literal."""
    try:
        found = doctest.DocTestParser().get_examples(docstring)
    except ValueError:  # its indentation is uneven
        return []
    shown = [(example.source.strip(), example.want.strip()) for example in found]
    return [f"assert {source} == {want}" for source, want in shown if _is_comparable(source, want, entry_point)]


def _is_comparable(source: str, want: str, entry_point: str) -> bool:
    try:
        tree = ast.parse(source, mode="eval")
        ast.literal_eval(want)
    except (SyntaxError, ValueError):
        return False
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return entry_point in names and "\n" not in want and "#" not in source


HUMANEVAL = Benchmark(
    "functions to complete from signature and docstring",
    _row,
    sources=(Source("openai/openai_humaneval"),),
    splits={"test": "test"},
)
