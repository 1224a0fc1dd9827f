"""Balances follow from moves and sum to zero."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.inventory.balance import Move, balances, first_below_zero, totals

D = Decimal

SUPPLIER, STORE, CUSTOMER = 1, 2, 3


def test_a_receipt_and_an_issue_leave_the_rest_in_the_store():
    held = balances([Move(7, 1, SUPPLIER, STORE, D(10)), Move(7, 1, STORE, CUSTOMER, D(4))])

    assert held == {(7, 1, SUPPLIER): D(-10), (7, 1, STORE): D(6), (7, 1, CUSTOMER): D(4)}


def test_a_reversed_move_leaves_nothing():
    assert balances([Move(7, 1, SUPPLIER, STORE, D(10)), Move(7, 1, STORE, SUPPLIER, D(10))]) == {}


def test_the_move_that_takes_too_much_is_named():
    history = [Move(7, 1, SUPPLIER, STORE, D(3)), Move(7, 1, STORE, CUSTOMER, D(4))]

    assert first_below_zero(history, {STORE}) == (1, (7, 1, STORE))
    assert first_below_zero(history[:1], {STORE}) is None


moves = st.builds(
    Move,
    item_id=st.integers(1, 3),
    lot_id=st.none() | st.integers(1, 3),
    source_id=st.integers(1, 4),
    target_id=st.integers(1, 4),
    quantity=st.decimals("0.000001", "1000000", places=6),
)


@given(st.lists(moves, max_size=30))
def test_whatever_moved_the_sum_over_all_places_is_zero(history):
    assert set(totals(balances(history)).values()) <= {D(0)}
