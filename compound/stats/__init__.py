"""Statistics on arrays: pure functions, no I/O. The scaling laws are in `compound.stats.laws`.

Functions take counts or values and return float64 arrays; randomness is a generator that the caller passes.
"""

from compound.stats.allocation import Split, VarianceComponents, best_split, paired_components, variance_components
from compound.stats.best_of import best_of_k, best_score_of_k
from compound.stats.binary import mcnemar, tango
from compound.stats.calibration import auroc, brier, reliability, risk_coverage
from compound.stats.choosing import CrossFit, cross_fit, threshold_outcomes
from compound.stats.correlation import (
    effective_voters,
    error_correlation,
    independence_prediction,
    intra_question_correlation,
)
from compound.stats.cost_curve import CostCurve, accuracy_at_cost
from compound.stats.coverage import first_parsed, pass_at_k
from compound.stats.diagnosis import (
    VoteCurves,
    error_split,
    helped_and_hurt,
    modal_wrong,
    stably_wrong,
    vote_curves,
)
from compound.stats.difficulty import binned_means, difficulty_bins, hold_out, interaction_test
from compound.stats.economic import EconomicPolicy, look_ahead, optimal_stopping
from compound.stats.equal_cost import Advantage, EqualCost, equal_cost, matching_cost
from compound.stats.equivalence import Equivalence, tost, tost_binary
from compound.stats.flips import Flips, flips
from compound.stats.frontier import Frontier, pareto_frontier
from compound.stats.interval import Interval, wilson
from compound.stats.leader import leader_probability
from compound.stats.mean import mean_interval, paired_difference
from compound.stats.mixture import Source, mixture_grid, mixture_replay
from compound.stats.multiple import holm, max_t_interval
from compound.stats.plurality import Pool, plurality_curve, plurality_curves
from compound.stats.power import minimum_detectable_effect, questions_needed
from compound.stats.replacement import plurality_limit, plurality_with_replacement
from compound.stats.stopping import Running, Stopped, StoppingRule, stopped_plurality
from compound.stats.stopping_rules import (
    beta_stop,
    dirichlet_stop,
    esc_expected_draws,
    share_stop,
    unanimous_windows,
)
from compound.stats.weighted import weighted_plurality

__all__ = [
    "Advantage",
    "CostCurve",
    "CrossFit",
    "EconomicPolicy",
    "EqualCost",
    "Equivalence",
    "Flips",
    "Frontier",
    "Interval",
    "Pool",
    "Running",
    "Source",
    "Split",
    "Stopped",
    "StoppingRule",
    "VarianceComponents",
    "VoteCurves",
    "accuracy_at_cost",
    "auroc",
    "best_of_k",
    "best_score_of_k",
    "best_split",
    "beta_stop",
    "binned_means",
    "brier",
    "cross_fit",
    "difficulty_bins",
    "dirichlet_stop",
    "effective_voters",
    "equal_cost",
    "error_correlation",
    "error_split",
    "esc_expected_draws",
    "first_parsed",
    "flips",
    "helped_and_hurt",
    "hold_out",
    "holm",
    "independence_prediction",
    "interaction_test",
    "intra_question_correlation",
    "leader_probability",
    "look_ahead",
    "matching_cost",
    "max_t_interval",
    "mcnemar",
    "mean_interval",
    "minimum_detectable_effect",
    "mixture_grid",
    "mixture_replay",
    "modal_wrong",
    "optimal_stopping",
    "paired_components",
    "paired_difference",
    "pareto_frontier",
    "pass_at_k",
    "plurality_curve",
    "plurality_curves",
    "plurality_limit",
    "plurality_with_replacement",
    "questions_needed",
    "reliability",
    "risk_coverage",
    "share_stop",
    "stably_wrong",
    "stopped_plurality",
    "tango",
    "threshold_outcomes",
    "tost",
    "tost_binary",
    "unanimous_windows",
    "variance_components",
    "vote_curves",
    "weighted_plurality",
    "wilson",
]
