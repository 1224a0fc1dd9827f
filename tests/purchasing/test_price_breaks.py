"""Price breaks, minimum and multiple."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.purchasing.price_breaks import Break, cheapest_quantity, orderable, unit_price

D = Decimal
BREAKS = [Break(D(1), D("10")), Break(D(100), D("8")), Break(D(500), D("7.5"))]


@pytest.mark.parametrize(
    ("quantity", "price"), [(1, "10"), (99, "10"), (100, "8"), (499, "8"), (9000, "7.5")]
)
def test_the_highest_break_reached_prices_the_whole_quantity(quantity, price):
    assert unit_price(BREAKS, D(quantity)) == D(price)


def test_below_the_first_break_there_is_no_price():
    assert unit_price(BREAKS, D("0.5")) is None


@pytest.mark.parametrize(
    ("need", "minimum", "multiple", "expected"),
    [
        ("280", "0", "200", "400"),
        ("131.9", "0", "50", "150"),
        ("103.17", "122.16", "40.72", "122.16"),
        ("7", "0", "0", "7"),
        ("20", "50", "3", "51"),
    ],
)
def test_a_need_becomes_what_the_supplier_accepts(need, minimum, multiple, expected):
    assert orderable(D(need), minimum=D(minimum), multiple=D(multiple)) == D(expected)


def test_nothing_cannot_be_ordered():
    with pytest.raises(ValueError, match="quantity 0"):
        orderable(D(0))


def test_ordering_up_to_the_next_break_is_worth_it_when_the_whole_gets_cheaper():
    assert cheapest_quantity(BREAKS, D(85)) == D(100)  # 100 x 8 = 800 < 85 x 10
    assert cheapest_quantity(BREAKS, D(80)) == D(80)  # a tie stays with the need


def test_without_a_price_there_is_no_quantity():
    with pytest.raises(ValueError, match="no price"):
        cheapest_quantity([], D(5))


@given(st.integers(1, 2000), st.integers(0, 100), st.integers(0, 60))
def test_what_is_ordered_covers_the_need_and_the_rules(need, minimum, multiple):
    found = orderable(D(need), minimum=D(minimum), multiple=D(multiple))

    assert found >= max(need, minimum)
    assert not multiple or found % multiple == 0
    assert found - max(need, minimum) < max(multiple, 1)
