"""The sample store: every sample ever drawn, on disk, keyed by draw."""

from compound.store.samples import SampleStore

__all__ = ["SampleStore"]
