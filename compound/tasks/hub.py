"""Data sets of the Hugging Face Hub, through `datasets`: downloaded once, then read from its cache.

A folder that has the data set's id as its path (`openai/gsm8k`, seen from here) is read in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from compound.core import TaskError
from compound.tasks.mapping import check_fields, deal, mapped
from compound.tasks.task import Task

_SECONDS = 8.0  # for the hub to answer at all; `datasets` alone tries for 23 s before it gives up


def rows(name: str, hub: str, config: str | None, split: str) -> list[Mapping[str, Any]]:
    """The rows of one split.

    Args:
        name: the task that asks, for the message of an error.
        hub: the id of the data set.
        config: its configuration; None: the default one.
        split: the split.

    Raises:
        TaskError: the hub cannot be reached and nothing is cached; or it has no such data set, or split of it.
    """
    import datasets

    online = Path(hub).is_dir() or _reachable()
    try:
        with nullcontext() if online else _offline():
            return list(datasets.load_dataset(hub, config, split=split))
    except Exception as error:  # its own, those of the file formats, and those of the network beneath it
        if not online:
            raise TaskError(
                f"task '{name}': the Hugging Face Hub cannot be reached, and {hub} ({config or 'default'}) is not "
                "in its cache here. Without a network: give `path:` (--path) with a copy of the public files, "
                "`file:` with questions of your own, or use a generated task (compound tasks)"
            ) from error
        said = " ".join(str(error).split()) or type(error).__name__
        raise TaskError(f"task '{name}': {hub} ({config or 'default'}, {split}): {said[:400]}") from error


def load_hub(
    name: str,
    hub: str,
    kind: str,
    fields: Mapping[str, str],
    *,
    config: str | None = None,
    split: str = "test",
    examples: int = 0,
    screen: int = 0,
    seed: int = 0,
) -> Task:
    """A task from any data set of the hub, its columns mapped as those of a file are.

    Args:
        name: what the task is called.
        hub: the id of the data set, `org/data`.
        kind: the answer kind of all its questions.
        fields: column names for `text`, `gold`, and where they exist `choices`, `id`, `cluster`.
        config: its configuration; None: the default one.
        split: the split that the questions are taken from.
        examples: questions set aside as worked examples (split `train`).
        screen: questions set aside for choosing tasks (split `screen`).
        seed: of the order in which questions are dealt to the splits.

    Raises:
        TaskError: names the data set, the row and the field.
    """
    check_fields(name, kind, fields)
    origin = f"{hub} ({config or 'default'}, {split})"
    numbered = enumerate(rows(name, hub, config, split), 1)
    questions = mapped([(f"{origin}, row {number}", row) for number, row in numbered], kind, fields)
    return deal(name, origin, questions, examples=examples, screen=screen, seed=seed)


def _reachable() -> bool:
    """Whether the hub answers at all, through the proxies and to the address that `huggingface_hub` uses."""
    from huggingface_hub import constants, get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=_SECONDS)
    except Exception:  # of whichever HTTP library it is built on, or its own when HF_HUB_OFFLINE is set
        return False
    return True


@contextmanager
def _offline() -> Iterator[None]:
    """What HF_HUB_OFFLINE=1 does when set before the import: the cache is read, nothing is waited for."""
    import datasets
    from huggingface_hub import constants

    before = datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE = before
