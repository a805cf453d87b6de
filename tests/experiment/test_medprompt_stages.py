"""The configs of the ablation of Medprompt: its stages, in the order that its tables read."""

from __future__ import annotations

from pathlib import Path

from compound.experiment import Experiment, load
from compound.strategies import FewShot, SelfCoT, Shuffled, Single, Vote

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def config(name: str) -> Experiment:
    return load(EXPERIMENTS / f"{name}.yaml")


def test_the_stages_come_one_by_one_and_the_last_has_its_control() -> None:
    first, nearest = FewShot(5), FewShot(5, pick="knn")
    assert config("medprompt").parsed() == [
        Vote(candidate, n=5) for candidate in (Single(), first, nearest, Shuffled(first), Shuffled(nearest))
    ]


def test_the_full_config_adds_reasoning_before_the_nearest() -> None:
    stages = (Single(), FewShot(5), SelfCoT(5, "first"), SelfCoT(5), Shuffled(SelfCoT(5)))
    assert config("medprompt_full").parsed() == [Vote(candidate, n=5) for candidate in stages]


def test_the_tasks_have_as_many_examples_as_the_nearest_are_picked_from() -> None:
    for task in config("medprompt").loaded():
        assert (len(task.questions()), len(task.questions("train"))) == (40, 40)
        assert {question.kind for question in task.questions()} == {"choice"}
