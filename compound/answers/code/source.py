"""Python source as text: finding it in a reply, and writing it in one way. Parsed only, never run.

Not covered: a fence inside a docstring of fenced code ends the block there.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from typing import NamedTuple

_LONGEST = 50_000  # characters of a program
_PYTHON = ("", "python", "py", "python3")
_FENCE = re.compile(r"[ \t]{0,20}(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+.-]*)(?P<rest>[^`]*)")
# After blank lines and comments, a line that is indented and says something: the body of a function.
_BODY = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]+[^\s#]")


class Block(NamedTuple):
    """A fenced block of Python: what is in it, and whether its fence was closed."""

    source: str
    closed: bool


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a reply that are Python, or do not say what they are, in order."""
    found: list[Block] = []
    mark, ours, lines = "", False, list[str]()
    for line in text.split("\n"):
        fence = _FENCE.fullmatch(line.rstrip())
        if not mark and fence:
            mark, ours, lines = fence["mark"], fence["language"].lower() in _PYTHON, []
        elif mark and fence and fence["mark"].startswith(mark) and not (fence["language"] or fence["rest"].strip()):
            found += [Block("\n".join(lines), True)] * ours
            mark = ""
        elif mark:
            lines.append(line)
    return found + [Block("\n".join(lines), False)] * bool(mark and ours)


def parsed(source: str) -> ast.Module | None:
    """The syntax tree; None where it is no Python, or too long or too deep to tell."""
    if len(source) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an odd escape in a literal: not our code
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def program(said: str, entry_point: str | None, prompt: str = "") -> str | None:
    """The program in a piece of text: canonical, and defining what is asked for; None where it does not.

    Args:
        said: a whole program, indented or not, or the body of the function that the prompt begins.
        entry_point: the function that it must define; None: anything.
        prompt: the beginning that a bare body continues.
    """
    if len(said) > _LONGEST:
        return None
    # Only what needs it is dedented, since that changes empty lines inside its literals too.
    indented = _BODY.match(said)
    for source in (textwrap.dedent(said), *((prompt + said,) if prompt else ())) if indented else (said,):
        tree = parsed(source)
        if tree is not None and _defines(tree, entry_point):
            return _written(tree) or source.strip("\r\n")
    return None


def _defines(tree: ast.Module, entry_point: str | None) -> bool:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return bool(names) if entry_point is None else entry_point in names


def _written(tree: ast.Module) -> str | None:
    """The tree as text, without comments and docstrings; None where that text would not be the same program."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            while node.body and _is_text(node.body[0]):
                node.body = node.body[1:]
            if not node.body:
                node.body = [ast.Pass()]
    try:
        text = ast.unparse(tree)
        again = parsed(text)
        return text if again is not None and ast.dump(again) == ast.dump(tree) else None
    except (ValueError, RecursionError, MemoryError):
        return None


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
