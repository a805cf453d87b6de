"""Exact vote curves against a plain Monte-Carlo loop: `python benchmarks/exact_curve.py`.

The loop draws 1,000 subsets for each k of each question. It is run on a few questions and k, and its time is
scaled to all of them. Both are measured in CPU seconds in one process, so their ratio does not depend on load.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core for both sides; read when NumPy is imported

import random
import time
from collections import Counter
from math import sqrt

import numpy as np

from compound.stats import Pool, plurality_curves

SUBSETS = 1_000


def make_pools(questions: int, n: int, seed: int) -> list[Pool]:
    """3 to 30 possible answers with shares from a Dirichlet; the right one is the commonest half of the time."""
    rng = np.random.default_rng(seed)
    pools = []
    for _ in range(questions):
        answers = int(rng.integers(3, 31))
        shares = rng.dirichlet(np.ones(answers))
        if rng.random() < 0.5:
            shares = np.sort(shares)[::-1]
        missing = rng.uniform(0, 0.1)
        drawn = rng.multinomial(n, np.append(shares * (1 - missing), missing))
        given = drawn[:-1] > 0
        pools.append(Pool(drawn[:-1][given], (np.arange(answers) == 0)[given], int(drawn[-1])))
    return pools


def cpu_seconds(pools: list[Pool]) -> tuple[float, np.ndarray]:
    start = time.process_time()
    curves = plurality_curves(pools)
    return time.process_time() - start, curves


def monte_carlo(pool: Pool, k: int, rng: random.Random) -> tuple[float, float]:
    """Mean score of the vote over random subsets of size k, and its standard error."""
    right = dict(enumerate(np.asarray(pool.right).tolist()))
    samples = [a for a, c in enumerate(np.asarray(pool.counts).tolist()) for _ in range(c)]
    samples += [-1] * pool.unparsed
    scores = []
    for _ in range(SUBSETS):
        ballots = Counter(rng.sample(samples, k))
        ballots.pop(-1, None)
        top = max(ballots.values(), default=0)
        winners = [a for a, votes in ballots.items() if votes == top]
        scores.append(sum(right[a] for a in winners) / len(winners) if winners else 0.0)
    mean = sum(scores) / SUBSETS
    return mean, sqrt(sum((s - mean) ** 2 for s in scores) / (SUBSETS - 1) / SUBSETS)


def main() -> None:
    plurality_curves(make_pools(2, 100, seed=1))  # tables and nodes are built once a process
    pools = make_pools(1_000, 100, seed=0)
    exact, curves = cpu_seconds(pools)

    rng = random.Random(0)
    ks = range(5, 100, 10)
    deviations = []
    start = time.process_time()
    for q in range(5):
        for k in ks:
            mean, error = monte_carlo(pools[q], k, rng)
            if error > 0:
                deviations.append(abs(mean - curves[q, k - 1]) / error)
    measured = time.process_time() - start
    points = 5 * len(ks)
    loop = measured * curves.size / points

    print("1,000 questions x 100 samples, every k from 1 to 100 (CPU seconds, one core)")
    print(f"  exact              {exact:10.3f}")
    print(f"  Monte-Carlo loop   {loop:10.0f}   scaled up from {points} of 100,000 points ({measured:.1f} s)")
    print(f"  ratio              {loop / exact:10,.0f}")
    print(
        f"  largest deviation  {max(deviations):10.1f}   standard errors, over {len(deviations)} points that vary"
    )
    print("n = 1,000, every k from 1 to 1,000")
    print(f"  1 question         {cpu_seconds(make_pools(1, 1_000, seed=2))[0]:10.3f}")
    print(f"  1,000 questions    {cpu_seconds(make_pools(1_000, 1_000, seed=3))[0]:10.3f}")
    singles = [Pool([1] * 1_000, [True] + [False] * 999)]
    print(f"  1,000 answers once {cpu_seconds(singles)[0]:10.3f}   one question, as many rivals as can be")


if __name__ == "__main__":
    main()
