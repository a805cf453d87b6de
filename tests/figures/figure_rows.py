"""Rows as results/<experiment>/curves.csv has them, invented: rising, flat and falling tasks."""

from __future__ import annotations

from math import sqrt
from typing import Any

TASKS: dict[str, tuple[float, float, float, float]] = {
    # name: (accuracy of one sample, gain by the largest k, coverage at the largest k, accuracy of a constant)
    "add1": (0.361, 0.268, 0.967, 0.083),
    "opposites": (0.52, 0.19, 0.93, 0.05),
    "countdown": (0.44, 0.11, 0.88, 0.12),
    "capitals": (0.63, 0.064, 0.9, 0.04),
    "sentiment": (0.71, 0.006, 0.86, 0.52),
    "parity": (0.5, -0.004, 1.0, 0.51),
    "order": (0.28, -0.02, 0.66, 0.2),
    "words": (0.181, -0.132, 0.617, 0.098),
}


def rows(
    tasks: list[str] | None = None,
    *,
    pooled: bool | None = None,
    strategy: str = "vote(few_shot, n=32)",
    model: str = "local/smollm2-135m",
    n: int = 32,
    shift: float = 0.0,
    questions: int = 60,
    usd: float | None = 0.0,
    tier: str = "local model",
    prompt: int = 180,
    greedy: float = 0.03,
) -> list[dict[str, Any]]:
    """All lines of one strategy, pooled too if there are tasks to pool. `shift` is added to its gains; `usd` is the
    price of a sample."""
    names = list(TASKS) if tasks is None else tasks
    shapes = {name: TASKS.get(name, TASKS["add1"]) for name in names}
    if len(names) > 1 if pooled is None else pooled:
        each = list(shapes.values())
        mean = [sum(shape[i] for shape in each) / len(each) for i in range(4)]
        shapes = {"pooled": (mean[0], mean[1], mean[2], mean[3]), **shapes}
    made = []
    for task, (single, gain, coverage, constant) in shapes.items():
        asked = questions * len(names) if task == "pooled" else questions
        common = {"model": model, "task": task, "strategy": strategy, "questions": asked, "tier": tier}

        def row(
            line: str, k: int, accuracy: float, half: float | None = None, calls: float | None = None
        ) -> dict[str, Any]:
            calls = float(k) if calls is None else calls
            return common | {  # noqa: B023
                "line": line,
                "k": k,
                "accuracy": accuracy,
                "low": None if half is None else max(0.0, accuracy - half),
                "high": None if half is None else min(1.0, accuracy + half),
                "calls": calls,
                "tokens": prompt + 14.0 * calls if calls else 0.0,
                "usd": None if usd is None else usd * calls,
                "estimator": "exact",
            }

        for k in range(1, n + 1):
            # A vote needs three to agree: flat to k = 2, then saturating, as majorities do.
            reached = 0.0 if k < 3 else (1 - 2.2 / (k + 0.2)) / (1 - 2.2 / (n + 0.2))
            level = min(0.99, max(0.005, single + (gain + shift) * reached))
            point = row("accuracy", k, level, 1.9 * sqrt(level * (1 - level) / asked) * 0.8)
            if k == n:
                half = 0.055 * sqrt(60 / asked)
                total = gain + shift
                point |= {"gain": total, "gain_low": total - half, "gain_high": total + half}
            made.append(point)
            made.append(row("first parsed", k, single + 0.012 * (1 - 0.6 ** (k - 1))))
            missed = ((1 - k / n) / (1 - 1 / n)) ** 1.5 if n > 1 else 1.0
            made.append(row("pass@k", k, coverage - (coverage - single) * missed))
        made.append(row("single", 1, single))
        made.append(row("greedy", 1, single + greedy))
        made.append(row("constant", 1, constant, calls=0.0))
    return made
