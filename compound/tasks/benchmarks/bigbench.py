"""Rows of BIG-bench, in the two shapes that they come in. Srivastava et al. 2022, 2206.04615.

The public file: {"input": "Yesterday was April 30, 2021. …", "target_scores": {"05/01/2021": 1, "02/23/2021": 0}},
or {"input": …, "target": ["h3", "g2"]}. The hub: {"inputs": "Q: Yesterday was April 30, 2021. …\\nA:",
"targets": ["05/01/2021"], "multiple_choice_targets": ["05/01/2021", …], "multiple_choice_scores": [1, 0, …]}.
"""

from __future__ import annotations

from compound.tasks.benchmarks.benchmark import Row


def statement(row: Row) -> str:
    """The question without what the hub puts around it."""
    text = str(row["input"] if "input" in row else row["inputs"]).strip()
    return text.removeprefix("Q:").removesuffix("A:").strip()


def right(row: Row) -> tuple[str, ...]:
    """The right answers: every target, or the options with the best score."""
    scores: dict[str, float] = dict(row.get("target_scores") or {})
    if scores:
        return tuple(option for option, score in scores.items() if score == max(scores.values()))
    targets = row["target"] if "target" in row else row["targets"]
    return (targets,) if isinstance(targets, str) else tuple(targets)
