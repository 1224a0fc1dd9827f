"""Pick lists: lots in their order, nothing twice, one round."""

from decimal import Decimal

import pytest

from app.logistics import picking
from app.logistics.picking import Demand, Stock

D = Decimal


def test_the_first_lot_is_emptied_before_the_second_is_touched():
    plan = picking.plan([Demand(1, 7, D(50))], [Stock(7, 1, 10, D(30)), Stock(7, 2, 10, D(40))])

    assert [(p.lot_id, p.quantity) for p in plan.picks] == [(1, D(30)), (2, D(20))]
    assert plan.short == {}


def test_two_lines_never_get_the_same_pieces():
    plan = picking.plan([Demand(1, 7, D(25)), Demand(2, 7, D(25))], [Stock(7, 1, 10, D(30))])

    assert [(p.line_id, p.quantity) for p in plan.picks] == [(1, D(25)), (2, D(5))]
    assert plan.short == {2: D(20)}


def test_picks_are_walked_in_one_round():
    stock = [Stock(7, 1, 10, D(5), "B-02"), Stock(8, 2, 11, D(5), "A-01"), Stock(7, 3, 12, D(5), "A-02")]

    plan = picking.plan([Demand(1, 7, D(10)), Demand(2, 8, D(5))], stock)

    assert [p.walk for p in plan.picks] == ["A-01", "A-02", "B-02"]


def test_a_negative_demand_is_refused():
    with pytest.raises(ValueError, match="line 1 needs -1"):
        picking.plan([Demand(1, 7, D(-1))], [])


def test_packages_are_full_but_the_last():
    assert picking.packages(D(80), D(4)) == [D(4)] * 20
    assert picking.packages(D(10), D(4)) == [D(4), D(4), D(2)]
    assert picking.packages(D(0), D(4)) == []
    with pytest.raises(ValueError, match="0 per package"):
        picking.packages(D(1), D(0))
