"""Trees of lots in both directions."""

from decimal import Decimal

import pytest

from app.inventory.genealogy import Branch, Link, backwards, forwards

BAR, BODY, SHAFT, PUMP = 1, 2, 3, 4
LINKS = [Link(BODY, BAR, Decimal(99)), Link(PUMP, BODY, Decimal(80)), Link(PUMP, SHAFT, Decimal(160))]


def test_a_pump_comes_from_bodies_and_shafts_and_the_bodies_from_a_bar():
    assert backwards(PUMP, LINKS) == [
        Branch(1, BODY, Decimal(80)),
        Branch(2, BAR, Decimal(99)),
        Branch(1, SHAFT, Decimal(160)),
    ]


def test_a_bar_went_into_bodies_and_with_them_into_pumps():
    assert forwards(BAR, LINKS) == [Branch(1, BODY, Decimal(99)), Branch(2, PUMP, Decimal(80))]


def test_a_lot_shared_by_two_branches_shows_in_both():
    links = [*LINKS, Link(SHAFT, BAR, Decimal(5))]

    assert [branch.lot_id for branch in backwards(PUMP, links)] == [BODY, BAR, SHAFT, BAR]


def test_a_lot_without_relatives_stands_alone():
    assert backwards(BAR, LINKS) == []
    assert forwards(PUMP, LINKS) == []


def test_a_lot_that_went_into_itself_is_named():
    with pytest.raises(ValueError, match="lot 1 went into itself"):
        backwards(BAR, [Link(BAR, BODY, Decimal(1)), Link(BODY, BAR, Decimal(1))])
