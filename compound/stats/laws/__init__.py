"""Laws of scaling: what a few draws say of many, and whether recorded draws agree.

A law is fitted, never measured: what it says is derived, and holds where held-out draws have shown it to.
"""

from compound.stats.laws.beta_binomial import (
    BetaBinomial,
    Choice,
    Fit,
    choose_beta_binomial,
    fit_beta_binomial,
    fit_zero_inflated,
    log_likelihood,
)
from compound.stats.laws.chances import Chances, CoverageLaw, beta_binomial_chances, exp_power_chances
from compound.stats.laws.condorcet import Mixture, majority, majority_gain, mixture
from compound.stats.laws.exp_power import ExpPower, fit_exp_power
from compound.stats.laws.forecast import Forecast, forecast_coverage, forecast_votes
from compound.stats.laws.judge import Judgement, Trial, judge, replay_coverage, replay_votes
from compound.stats.laws.vote_law import VoteLaw, fit_vote_law, vote_limits

__all__ = [
    "BetaBinomial",
    "Chances",
    "Choice",
    "CoverageLaw",
    "ExpPower",
    "Fit",
    "Forecast",
    "Judgement",
    "Mixture",
    "Trial",
    "VoteLaw",
    "beta_binomial_chances",
    "choose_beta_binomial",
    "exp_power_chances",
    "fit_beta_binomial",
    "fit_exp_power",
    "fit_vote_law",
    "fit_zero_inflated",
    "forecast_coverage",
    "forecast_votes",
    "judge",
    "log_likelihood",
    "majority",
    "majority_gain",
    "mixture",
    "replay_coverage",
    "replay_votes",
    "vote_limits",
]
