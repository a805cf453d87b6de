"""Experiments: config, plan, runner, analysis, results on disk. Data only: nothing here draws a picture."""

from compound.experiment.config import Experiment, load
from compound.experiment.plan import Plan, plan
from compound.experiment.results import Run
from compound.experiment.run import run

__all__ = ["Experiment", "Plan", "Run", "load", "plan", "run"]
