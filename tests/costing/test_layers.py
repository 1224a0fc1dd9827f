"""Five ways to value the same movements."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.costing import layers
from app.costing.layers import Movement, side_by_side

D = Decimal


def receipt(quantity, price, period="2026-03", **more):
    """A purchase receipt."""
    return Movement(D(quantity), D(str(quantity)) * D(str(price)), period, purchase=True, **more)


def issue(quantity, period="2026-03", **more):
    """An issue."""
    return Movement(-D(quantity), None, period, **more)


def test_the_last_issue_takes_the_whole_remaining_value():
    found = layers.moving_average([receipt(3, "3.333333"), issue(1), issue(1), issue(1)])

    assert (found.quantity, found.value) == (0, 0)


def test_the_month_average_also_values_issues_before_the_receipt():
    found = layers.monthly_average([receipt(10, 10), issue(5), receipt(10, 20), issue(5)])

    assert found.values[1] == found.values[3] == D(-75)
    assert found.value == 150


def test_closing_stock_stands_at_the_last_purchase_price():
    found = layers.last_purchase([receipt(10, 10), receipt(10, 12), issue(15)])

    assert found.value == 60
    assert found.values[2] == -(100 + 120 - 60)


def test_a_free_receipt_does_not_set_the_last_price():
    found = layers.last_purchase([receipt(10, 10), receipt(5, 0), issue(5)])

    assert found.value == 100


def test_standard_books_what_a_receipt_cost_beyond_it():
    found = layers.standard([receipt(10, 11), issue(4)], cost=D(10))

    assert found.differences == (10, 0)
    assert (found.values, found.value) == ((100, -40), 60)


@pytest.mark.parametrize("method", ["moving_average", "fifo"])
def test_a_return_to_the_supplier_goes_at_its_own_receipts_cost(method):
    found = layers.METHODS[method]([receipt(10, 10), receipt(10, 20), issue(4, of=1)])

    assert found.values[2] + found.differences[2] == -80


@pytest.mark.parametrize("method", ["moving_average", "fifo"])
def test_a_customer_return_comes_back_at_its_own_issues_cost(method):
    found = layers.METHODS[method]([receipt(10, 10), issue(4), receipt(10, 20), Movement(D(2), of=1)])

    assert found.values[3] == 20


@pytest.mark.parametrize("method", ["moving_average", "fifo"])
def test_an_issue_beyond_stock_is_settled_by_the_next_receipt(method):
    found = layers.METHODS[method]([receipt(2, 10), issue(5), receipt(10, 12)])

    assert found.values[1] == -50
    assert found.differences[2] == 6
    assert (found.quantity, found.value) == (7, 84)


def test_the_month_settles_what_was_issued_beyond_stock_before():
    found = layers.monthly_average([receipt(2, 10, "2026-02"), issue(5, "2026-02"), receipt(10, 12)])

    assert found.differences[2] == 6
    assert found.value == 84


@st.composite
def histories(draw):
    """Movements over three months that never issue more than is there."""
    there, rows = D(0), []
    for month in ("2026-01", "2026-02", "2026-03"):
        for _ in range(draw(st.integers(0, 5))):
            if there and draw(st.booleans()):
                quantity = min(there, draw(st.decimals("0.1", 50, places=1)))
                rows.append(issue(quantity, month))
                there -= quantity
            else:
                quantity = draw(st.decimals("0.1", 50, places=1))
                value = draw(st.decimals(0, 5000, places=2))
                rows.append(Movement(quantity, value, month, purchase=True))
                there += quantity
    return rows


@given(histories(), st.decimals(0, 100, places=2))
def test_every_method_balances(rows, standard_cost):
    for name, found in side_by_side(rows, standard_cost=standard_cost).items():
        assert found.quantity == sum(row.quantity for row in rows)
        assert found.value == sum(found.values)
        if not found.quantity:
            assert found.value == 0, name
        if name == "fifo":
            assert found.value == sum(value for _quantity, value in found.layers)


@given(histories())
def test_replay_gives_the_same_bits(rows):
    assert side_by_side(rows) == side_by_side(list(rows))
