"""Tasks: generated ones for small models, and files of your own."""

from compound.tasks.files import load_file
from compound.tasks.task import Task

__all__ = ["Task", "load_file", "load_generated"]


def load_generated(name: str, seed: int = 0) -> Task:
    """A generated task by name. Raises TaskError, with the names there are."""
    from compound.tasks.generated import generate

    return generate(name, seed)
