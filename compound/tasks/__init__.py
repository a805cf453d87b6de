"""Tasks: generated ones, public benchmarks, files and data sets of your own, the questions of recorded pools."""

from pathlib import Path

from compound.core import TaskError, nearest
from compound.tasks.files import load_file
from compound.tasks.task import Task

__all__ = ["Task", "load_file", "load_task"]


def load_task(
    name: str, *, path: Path | None = None, kind: str | None = None, screen: int = 20, seed: int = 0
) -> Task:
    """A task by name: a generated one, a benchmark, `reasoning_gym/NAME`, or a recorded pool, `recorded/NAME`.

    Args:
        name: of the task.
        path: a local copy of a benchmark's public files.
        kind: the answer kind to read a recorded pool by, where it is another than at the import.
        screen: how many questions of a benchmark to set aside for choosing tasks.
        seed: of the questions, and of their order.

    Raises:
        TaskError: the name is unknown, with the nearest; or the data cannot be read.
    """
    from compound.tasks import benchmarks, generated, reasoning, recorded

    if name.partition("/")[0] in benchmarks.names():
        return benchmarks.load_benchmark(name, path=path, screen=screen, seed=seed)
    if path is not None:
        raise TaskError(f"task '{name}' reads no local copy; these do: {', '.join(benchmarks.names())}")
    if name.startswith(reasoning.PREFIX):
        return reasoning.load_reasoning(name, screen=screen, seed=seed)
    if name.startswith("recorded/"):
        return recorded.load_recorded(name, kind)
    if name in generated.names():
        return generated.generate(name, seed)
    raise TaskError(f"no task '{name}'; {nearest(name, [*generated.names(), *benchmarks.names()])}")
