"""Pegging both ways through all levels, and shortages by name."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.planning.pegging import STOCK, Pegging, Quantity, match


def q(item, day, quantity, source):
    return Quantity(item, date(2026, 3, day), Decimal(quantity), source)


SUPPLIES = [
    q("PUMP", 20, 10, "planned_order:1"),
    q("BODY", 1, 4, STOCK),
    q("BODY", 15, 6, "planned_order:2"),
    q("BAR", 10, 6, "purchase_order:9"),
]
DEMANDS = [
    q("PUMP", 20, 10, "customer_order:1"),
    q("BODY", 15, 10, "planned_order:1"),
    q("BAR", 10, 6, "planned_order:2"),
]


def test_a_bar_is_followed_up_to_the_customer():
    pegs = Pegging(SUPPLIES, DEMANDS)

    assert [peg.demand.source for _level, peg in pegs.up("purchase_order:9", "BAR")] == [
        "planned_order:2",
        "planned_order:1",
        "customer_order:1",
    ]
    assert pegs.end_demands("purchase_order:9", "BAR") == {"customer_order:1"}


def test_a_customers_order_is_followed_down_to_stock_and_purchases():
    pegs = Pegging(SUPPLIES, DEMANDS)

    found = [(level, peg.supply.source) for level, peg in pegs.down("customer_order:1", "PUMP")]

    assert found == [(0, "planned_order:1"), (1, STOCK), (1, "planned_order:2"), (2, "purchase_order:9")]


def test_what_nothing_covers_is_short():
    [peg, short] = match([q("A", 1, 3, STOCK)], [q("A", 5, 10, "customer_order:1")])

    assert (peg.quantity, short.supply, short.quantity) == (3, None, 7)


def test_a_supply_after_its_demand_is_late_by_so_many_days():
    [peg] = match([q("A", 9, 5, "purchase_order:1")], [q("A", 4, 5, "customer_order:1")])

    assert peg.late_days == 5


pieces = st.lists(st.tuples(st.integers(1, 28), st.integers(1, 50)), max_size=8)


@given(supplies=pieces, demands=pieces)
def test_no_supply_is_used_twice_and_every_demand_is_pegged_or_short(supplies, demands):
    given_supplies = [q("A", day, quantity, f"s{n}") for n, (day, quantity) in enumerate(supplies)]
    given_demands = [q("A", day, quantity, f"d{n}") for n, (day, quantity) in enumerate(demands)]

    pegs = match(given_supplies, given_demands)

    for supply in given_supplies:
        assert sum(peg.quantity for peg in pegs if peg.supply == supply) <= supply.quantity
    for demand in given_demands:
        assert sum(peg.quantity for peg in pegs if peg.demand == demand) == demand.quantity
