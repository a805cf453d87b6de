"""The configs of the factorial experiments: their strategies are its cells, in the order the statistics read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from compound.experiment import load, plan, run
from compound.experiment.config import Experiment
from compound.stats.factorial import factorial_effects
from compound.strategies import CoT, Debate, FewShot, Reflect, SelfCoT, Single, Strategy, Vote

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def layers(strategy: Strategy) -> list[Strategy]:
    """A strategy and the candidates inside it, from the outside."""
    inner = getattr(strategy, "candidate", None)
    return [strategy, *(layers(inner) if isinstance(inner, Strategy) else [])]


def bits(*present: bool) -> int:
    return sum(on << j for j, on in enumerate(present))


def with_sim(name: str, model: str) -> Experiment:
    return load(
        EXPERIMENTS / name,
        model=model,
        limit=3,
        sets=["tasks=[taken]", "parameters={temperature: 0.8, max_tokens: 64}", "budget={}"],
    )


def test_the_cells_of_the_small_factorial_are_in_standard_order() -> None:
    found = []
    for vote in load(EXPERIMENTS / "stacking.yaml").parsed():
        assert isinstance(vote, Vote)
        assert vote.n == 5
        *debates, base = layers(vote)[1:]
        assert isinstance(base, FewShot)
        assert base.examples in (1, 4)
        assert all(isinstance(debate, Debate) and debate.rounds == 2 for debate in debates)
        agents = [debate.agents for debate in debates if isinstance(debate, Debate)]
        assert agents in ([], [1], [3], [3, 1])
        found.append(bits(base.examples == 4, 1 in agents, 3 in agents))
    assert found == list(range(8))


def test_the_cells_of_the_full_factorial_are_in_standard_order() -> None:
    found = []
    for vote in with_sim("stacking_full.yaml", "sim/beta(2,2)").parsed():
        assert isinstance(vote, Vote)
        assert vote.n == 5
        *middle, base = layers(vote)[1:]
        assert [type(one) for one in middle] in ([], [Reflect], [Debate], [Debate, Reflect])
        assert {type(base)} < {Single, CoT, FewShot, SelfCoT}
        for one in middle:
            assert one.n == 1 if isinstance(one, Reflect) else one.agents == 3 and one.rounds == 2  # type: ignore[attr-defined]
        found.append(
            bits(
                isinstance(base, FewShot | SelfCoT),
                isinstance(base, CoT | SelfCoT),
                any(isinstance(one, Reflect) for one in middle),
                any(isinstance(one, Debate) for one in middle),
            )
        )
    assert found == list(range(16))


def test_the_full_factorial_can_be_planned() -> None:
    planned = plan(with_sim("stacking_full.yaml", "sim/beta(2,2)"))
    assert len(planned.arms) == 16
    assert sum("self_cot" in notice for notice in planned.notices) == 4


@pytest.mark.slow
def test_the_full_factorial_runs_and_its_effects_are_those_of_the_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated: prompts make no difference, who reviews or reads others learns nothing, a vote helps."""
    monkeypatch.setenv("COMPOUND_FITTED", str(tmp_path / "fitted"))
    experiment = with_sim("stacking_full.yaml", "sim/beta(8,4)?judge=0.5")
    found = asyncio.run(run(experiment.model_copy(update={"questions": 40}), results=tmp_path))
    assert found.stopped is None
    assert len(found.curves) == 16
    cells = np.column_stack([one.accuracy[:, k] for k in (0, -1) for one in found.curves])
    effects = factorial_effects(cells, rng=np.random.default_rng(0), order=1)
    assert effects.factors == ((0,), (1,), (2,), (3,), (4,))
    low, high = effects.band.low, effects.band.high
    assert (low[:2] < 0).all()
    assert (high[:2] > 0).all()
    assert float(low[4]) > 0
