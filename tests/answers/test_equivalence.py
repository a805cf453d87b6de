"""Union-find: a partition that follows from the set of values, whatever their order."""

import random

from hypothesis import given
from hypothesis import strategies as st

from compound.answers import kind_named
from compound.answers.equivalence import closure, mixed_groups, representative

VALUES = st.lists(st.integers(0, 30).map(str), max_size=25)


def near(one, other):
    """No equivalence: 1 ~ 2 ~ 3, but not 1 ~ 3."""
    return abs(int(one) - int(other)) == 1


@given(VALUES, st.randoms(use_true_random=False))
def test_t13_non_transitive_equality_is_grouped_by_closure_in_any_order(values, rng):
    names = closure(values, near)
    order = rng.sample(range(len(values)), len(values))
    assert closure([values[i] for i in order], near) == [names[i] for i in order]
    runs = dict(zip(values, names, strict=True))
    for value in runs:
        run = [int(value)]
        while str(run[0] - 1) in runs:
            run.insert(0, run[0] - 1)
        while str(run[-1] + 1) in runs:
            run.append(run[-1] + 1)
        assert runs[value] == representative([str(n) for n in run])


def test_a_chain_is_one_class_and_its_representative_is_the_shortest():
    assert closure(["10", "8", "9", "11"], near) == ["8"] * 4
    assert closure(["1", "3"], near) == ["1", "3"]
    assert closure([], near) == []


def test_pairs_that_are_joined_are_not_tested_again():
    tested = []
    closure([str(n) for n in range(50)] * 3, lambda one, other: tested.append((one, other)) or True)
    assert len(tested) == 49
    assert len(set(tested)) == 49


def test_every_pair_of_distinct_values_is_tested_once_where_all_differ():
    values, tested = [str(n) for n in range(20)], []
    random.Random(1).shuffle(values)
    closure(values, lambda one, other: bool(tested.append(frozenset((one, other)))))
    assert len(tested) == len(set(tested)) == 190


def test_mixed_groups_are_counted():
    class Chain:
        def classes(self, values):
            return closure(values, near)

    right = {"1": True, "2": True, "3": False, "7": False, "9": True}
    assert mixed_groups(Chain(), ["1", "2", "3", None, "7", "9", "7"], right) == 1
    assert mixed_groups(Chain(), ["1", "3", "7", "9"], right) == 0
    assert mixed_groups(Chain(), ["1", "2", "7", "8", "9"], {**right, "8": True}) == 1
    assert mixed_groups(Chain(), [None, None], {}) == 0
    assert mixed_groups(kind_named("number"), ["1", "2", "1"], {"1": True, "2": False}) == 0
