"""MRP: netting, exceptions, firm orders, phantoms, effective dates, all levels. Pure."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.masterdata.explosion import CycleError, Line, Structure
from app.planning import mrp
from app.planning.lot_sizing import LotPolicy
from app.planning.mrp import Need, Part, Receipt

D = Decimal
START = date(2026, 3, 2)


def day(count):
    return START + timedelta(count)


def plain(when, count):
    return when + timedelta(count)


def plan(parts, needs, receipts=(), lines=(), **more):
    parts = {part.key: part for part in parts}
    return mrp.plan(parts, Structure(lines), needs, receipts, start=START, shift=plain, **more)


def need(item, when, quantity, source="order"):
    return Need(item, day(when), D(quantity), source)


def receipt(item, when, quantity, source="purchase_order:1"):
    return Receipt(item, day(when), D(quantity), source)


def messages(result):
    return [(one.kind, one.item, one.needed) for one in result.messages]


def test_what_stock_and_open_orders_cover_is_not_planned():
    result = plan([Part("A", on_hand=D(10))], [need("A", 5, 25)], [receipt("A", 5, 15)])

    assert (result.orders, result.messages) == ([], [])


def test_an_order_is_released_its_lead_time_before_it_is_due():
    [order] = plan([Part("A", lead_days=4)], [need("A", 10, 5)]).orders

    assert (order.release, order.due, order.quantity) == (day(6), day(10), 5)


def test_a_need_inside_the_lead_time_is_released_today_and_says_when_it_could_come():
    result = plan([Part("A", lead_days=4)], [need("A", 1, 5)])

    [order], [message] = result.orders, result.messages
    assert (order.release, order.due) == (START, day(1))
    assert (message.kind, message.due, message.needed) == ("compress", day(4), day(1))
    assert result.late_count == 1


def test_an_overdue_need_counts_as_of_today():
    [order] = plan([Part("A")], [need("A", -9, 5)]).orders

    assert order.due == START


def test_an_open_order_that_comes_too_late_is_expedited_not_doubled():
    result = plan([Part("A")], [need("A", 3, 5)], [receipt("A", 9, 5)])

    assert result.orders == []
    assert messages(result) == [("expedite", "A", day(3))]


def test_an_open_order_that_comes_much_too_soon_is_deferred():
    arguments = [Part("A")], [need("A", 20, 5)], [receipt("A", 3, 5)]

    assert messages(plan(*arguments)) == [("defer", "A", day(20))]
    assert messages(plan(*arguments, defer_days=17)) == []


def test_an_open_order_that_nothing_needs_is_to_be_cancelled():
    result = plan([Part("A", on_hand=D(5))], [need("A", 3, 5)], [receipt("A", 3, 7)])

    assert messages(result) == [("cancel", "A", None)]


def test_safety_stock_is_refilled_at_the_normal_pace():
    result = plan([Part("A", on_hand=D(3), safety_stock=D(10), lead_days=5)], [])

    [order] = result.orders
    assert (order.quantity, order.release, order.due) == (7, START, day(5))
    assert result.messages == []


def test_scrap_is_a_mark_up_and_yield_divides():
    lines = [Line("A", "B", D(1), scrap=D("0.01"))]

    result = plan([Part("A", yield_ratio=D("0.97")), Part("B")], [need("A", 5, 110)], lines=lines)

    make, buy = result.orders
    assert (make.quantity, make.good) == (114, 110)
    assert result.requirements["B"][0].quantity == D("115.14")
    assert buy.quantity == 116


def test_components_are_due_when_their_parent_is_released():
    lines = [Line("A", "B", D(2)), Line("B", "C", D(3))]
    parts = [Part("A", lead_days=2), Part("B", lead_days=3), Part("C", lead_days=4)]

    orders = {order.item: order for order in plan(parts, [need("A", 20, 1)], lines=lines).orders}

    assert (orders["B"].due, orders["C"].due, orders["C"].release) == (day(18), day(15), day(11))
    assert orders["C"].quantity == 6


def test_an_item_on_two_levels_is_netted_once():
    lines = [Line("A", "B", D(1)), Line("B", "C", D(1)), Line("A", "C", D(1))]

    result = plan([Part("A"), Part("B"), Part("C", on_hand=D(15))], [need("A", 5, 10)], lines=lines)

    assert [order.quantity for order in result.orders if order.item == "C"] == [5]


def test_a_phantom_uses_its_stock_then_asks_its_components_for_its_parent():
    lines = [Line("A", "P", D(1)), Line("P", "C", D(2))]
    parts = [Part("A"), Part("P", on_hand=D(4), phantom=True), Part("C")]

    result = plan(parts, [need("A", 5, 10)], lines=lines)

    assert [(order.item, order.quantity) for order in result.orders] == [("A", 10), ("C", 12)]
    assert result.requirements["C"][0].source == result.orders[0].source


def test_the_line_in_force_on_the_release_day_counts():
    lines = [Line("A", "OLD", D(1), valid_to=day(10)), Line("A", "NEW", D(1), valid_from=day(10))]
    parts = [Part("A", lead_days=5), Part("OLD"), Part("NEW")]

    result = plan(parts, [need("A", 14, 1), need("A", 15, 2)], lines=lines)

    assert {order.item: order.quantity for order in result.orders if order.item != "A"} == {
        "OLD": 1,
        "NEW": 2,
    }


def test_a_firm_order_is_not_resized_and_asks_for_its_components():
    firm = Receipt("A", day(9), D(30), "planned_order:7", release=day(6), started=D(32))

    result = plan([Part("A"), Part("B")], [need("A", 9, 50)], [firm], lines=[Line("A", "B", D(1))])

    assert [(order.item, order.quantity) for order in result.orders] == [("A", 20), ("B", 32), ("B", 20)]


def test_needs_of_a_period_are_one_order():
    part = Part("A", policy=LotPolicy(period_days=5))

    orders = plan([part], [need("A", 1, 2), need("A", 5, 3), need("A", 6, 4)]).orders

    assert [(order.due, order.quantity) for order in orders] == [(day(1), 5), (day(6), 4)]


def test_what_the_customer_supplies_is_asked_for_not_ordered():
    result = plan([Part("A", "customer", on_hand=D(3))], [need("A", 5, 10)])

    [message] = result.messages
    assert (message.kind, message.quantity, message.needed) == ("short", 7, day(5))
    assert result.orders == []


def test_a_cycle_is_refused():
    with pytest.raises(CycleError, match=r"A > B > A|B > A > B"):
        plan([Part("A"), Part("B")], [], lines=[Line("A", "B", D(1)), Line("B", "A", D(1))])


def test_an_item_nobody_described_is_refused():
    with pytest.raises(ValueError, match="item X"):
        plan([Part("A")], [need("X", 1, 1)])


quantities = st.integers(0, 40)


@given(
    stock=quantities,
    safety=quantities,
    lead=st.integers(0, 9),
    wanted=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 40)), max_size=8),
    open_orders=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 40)), max_size=4),
    multiple=st.sampled_from([1, 7, 12]),
)
def test_supply_covers_demand_and_no_more_than_a_lot_over(stock, safety, lead, wanted, open_orders, multiple):
    part = Part(
        "A", on_hand=D(stock), safety_stock=D(safety), lead_days=lead, policy=LotPolicy(multiple=D(multiple))
    )

    result = plan([part], [need("A", *one) for one in wanted], [receipt("A", *one) for one in open_orders])

    coming = sum(quantity for _day, quantity in open_orders)
    demand = sum(quantity for _day, quantity in wanted) + safety
    planned = sum(order.good for order in result.orders)
    assert stock + coming + planned >= demand
    if planned:
        assert stock + coming + planned < demand + multiple
    assert all(START <= order.release <= order.due for order in result.orders)
