"""Statistics on arrays: pure functions, NumPy only, no I/O.

Functions take counts or values and return float64 arrays; randomness is a generator that the caller passes.
"""

from compound.stats.bootstrap import mean_interval, paired_difference
from compound.stats.coverage import first_parsed, pass_at_k
from compound.stats.interval import Interval, wilson
from compound.stats.plurality import Pool, plurality_curve, plurality_curves

__all__ = [
    "Interval",
    "Pool",
    "first_parsed",
    "mean_interval",
    "paired_difference",
    "pass_at_k",
    "plurality_curve",
    "plurality_curves",
    "wilson",
]
