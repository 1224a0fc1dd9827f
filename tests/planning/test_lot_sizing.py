"""Lot sizing: rules, edges, and the optimum against every other choice."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.lot_sizing import (
    LotPolicy,
    economic_production_quantity,
    group_by_period,
    order_up_to,
    orders,
    silver_meal,
    wagner_whitin,
)

D = Decimal
amounts = st.decimals(min_value="0.01", max_value="9999", places=2)


@given(net=amounts, minimum=amounts, multiple=amounts)
def test_an_order_covers_the_need_keeps_the_minimum_and_the_multiple(net, minimum, multiple):
    [quantity] = orders(net, LotPolicy(minimum=minimum, multiple=multiple))

    assert quantity >= max(net, minimum)
    assert quantity % multiple == 0
    assert quantity - multiple < max(net, minimum)


@given(net=amounts, maximum=st.decimals(min_value="100", max_value="9999", places=2))
def test_no_order_exceeds_the_maximum_and_all_together_cover_the_need(net, maximum):
    quantities = orders(net, LotPolicy(maximum=maximum))

    assert max(quantities) <= maximum
    assert sum(quantities) == net


def test_fixed_lots_come_whole():
    assert orders(D(101), LotPolicy(fixed=D(50))) == [50, 50, 50]


def test_a_multiple_is_kept_under_a_maximum_it_does_not_divide():
    assert orders(D(100), LotPolicy(maximum=D(50), multiple=D(20))) == [40, 40, 20]


def test_nothing_needed_nothing_ordered():
    assert orders(D(0), LotPolicy(minimum=D(50))) == []


@pytest.mark.parametrize(
    "bad", [{"multiple": D(0)}, {"fixed": D(-1)}, {"period_days": 0}, {"minimum": D(-1)}]
)
def test_a_policy_that_cannot_be_is_refused(bad):
    with pytest.raises(ValueError, match=r"-?\d"):
        LotPolicy(**bad)


def test_a_group_begins_with_its_first_need():
    assert group_by_period([(1, D(5)), (7, D(5)), (8, D(5))], 7) == [(1, 10), (8, 5)]


@pytest.mark.parametrize(("projected", "ordered"), [(5, 0), (4, 6), (-2, 12)])
def test_the_reorder_point_is_strict(projected, ordered):
    assert order_up_to(D(projected), D(5), D(10)) == ordered


def cost(plan, demand, fixed, holding):
    stock, total = 0, 0
    for ordered, needed in zip(plan, demand, strict=True):
        stock += ordered - needed
        total += (fixed if ordered else 0) + holding * stock
    return total


@given(
    demand=st.lists(st.integers(0, 90), min_size=1, max_size=7),
    fixed=st.integers(1, 300),
    holding=st.integers(1, 5),
)
def test_no_other_choice_of_order_periods_is_cheaper(demand, fixed, holding):
    plan, least = wagner_whitin(demand, fixed, holding)

    others = []
    for choice in product([False, True], repeat=len(demand)):
        other, place = [0] * len(demand), None
        for period, needed in enumerate(demand):
            place = period if choice[period] else place
            if needed and place is None:
                break
            if needed:
                other[place] += needed
        else:
            others.append(cost(other, demand, fixed, holding))
    assert least == pytest.approx(min(others))
    assert cost(plan, demand, fixed, holding) == pytest.approx(least)


@given(demand=st.lists(st.integers(0, 90), min_size=1, max_size=12))
def test_silver_meal_orders_what_is_needed_in_time(demand):
    plan = silver_meal(demand, 80, 2)

    assert sum(plan) == sum(demand)
    assert all(sum(plan[: n + 1]) >= sum(demand[: n + 1]) for n in range(len(demand)))


def test_making_slower_than_selling_has_no_economic_lot():
    with pytest.raises(ValueError, match="not above demand"):
        economic_production_quantity(110, 80, 4, 0.08)
