"""Recorded pools: what models answered somewhere else, many samples a question, replayed for nothing.

A pool is one SQLite file, `results/pools/NAME.db`: the questions, their samples by (question, step, number), and
what is known of where they come from. It is written beside its place and renamed into it whole. The model
`recorded/NAME` serves it, the task `recorded/NAME` asks its questions.
"""

from compound.store.pools.errors import SamplesError
from compound.store.pools.importing import Imported, import_samples
from compound.store.pools.place import PREFIX, folder, names, path_of
from compound.store.pools.pool import Facts, Kept, Pool

__all__ = [
    "PREFIX", "Facts", "Imported", "Kept", "Pool", "SamplesError", "folder", "import_samples", "names", "path_of",
]  # fmt: skip
