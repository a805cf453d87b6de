"""Labels never overlap, keep their order, and move no more than they have to."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.figures.placing import spread


@given(st.lists(st.floats(0, 270), max_size=12))
def test_labels_are_a_gap_apart_in_order_and_inside(wanted: list[float]) -> None:
    placed = spread(wanted, gap=17, top=0, bottom=270)
    pairs = sorted(zip(wanted, placed, strict=True))
    assert all(later - earlier >= 17 - 1e-6 for (_, earlier), (_, later) in pairwise(pairs))
    assert all(-1e-6 <= place <= 270 + 1e-6 for place in placed)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([200, 10, 100], gap=17, top=0, bottom=270) == [200, 10, 100]


def test_two_at_one_place_part_evenly() -> None:
    assert spread([100, 100], gap=10, top=0, bottom=270) == pytest.approx([95, 105])
