"""Medprompt: Nori et al. 2023 (2311.16452)."""

from __future__ import annotations

from typing import Literal

from compound.strategies.base import Strategy
from compound.strategies.cot import CoT
from compound.strategies.few_shot import FewShot
from compound.strategies.part import alias
from compound.strategies.self_cot import SelfCoT
from compound.strategies.shuffled import Shuffled
from compound.strategies.single import Single
from compound.strategies.vote import Vote


@alias("medprompt")
def medprompt(examples: int = 5, n: int = 5, knn: bool = True, cot: bool = True, shuffle: bool = True) -> Strategy:
    """`vote(shuffled(self_cot), n=5)`: similar examples worked out by the model, a vote over shuffled options.

    Each stage can be switched off, for an ablation: `examples=0` shows none, `knn=False` the same ones to every
    question, `cot=False` the answers alone (and asks for no reasoning), `shuffle=False` keeps the order of the
    options, `n=1` casts one vote. Costs n calls, and with `examples` and `cot` one call a training question once.

    In the paper the temperature of the first try is 0, so that the votes differ by the order of the options alone:
    with `shuffle=False` give the model a temperature above 0. The published code draws its examples from the test
    questions; here a question that is judged is never an example.
    """
    pick: Literal["knn", "first"] = "knn" if knn else "first"
    if not examples:
        candidate: Strategy = CoT() if cot else Single()
    else:
        candidate = SelfCoT(examples, pick) if cot else FewShot(examples, pick=pick)
    return Vote(Shuffled(candidate) if shuffle else candidate, n=n)
