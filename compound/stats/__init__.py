"""Statistics on arrays: pure functions, NumPy only, no I/O.

Functions take counts or values and return float64 arrays; randomness is a generator that the caller passes.
"""

from compound.stats.binary import mcnemar, tango
from compound.stats.bootstrap import mean_interval, paired_difference
from compound.stats.coverage import first_parsed, pass_at_k
from compound.stats.equivalence import Equivalence, tost, tost_binary
from compound.stats.interval import Interval, wilson
from compound.stats.multiple import holm, max_t_interval
from compound.stats.plurality import Pool, plurality_curve, plurality_curves
from compound.stats.power import minimum_detectable_effect, questions_needed

__all__ = [
    "Equivalence",
    "Interval",
    "Pool",
    "first_parsed",
    "holm",
    "max_t_interval",
    "mcnemar",
    "mean_interval",
    "minimum_detectable_effect",
    "paired_difference",
    "pass_at_k",
    "plurality_curve",
    "plurality_curves",
    "questions_needed",
    "tango",
    "tost",
    "tost_binary",
    "wilson",
]
