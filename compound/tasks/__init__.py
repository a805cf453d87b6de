"""Tasks: generators for small models, and files of your own."""

from compound.tasks.task import Task

__all__ = ["Task"]
