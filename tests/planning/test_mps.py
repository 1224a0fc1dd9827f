"""Master schedule: projection, discrete ATP that borrows backwards, forecast consumption, weekly records."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning import grid, mps


def D(*values):
    return [Decimal(value) for value in values]


def test_a_negative_promise_borrows_from_the_nearest_receipt_before():
    promise = mps.available_to_promise(D(5, 0, 30, 0), D(0, 20, 10, 0), beginning=Decimal(15))

    assert promise == D(10, 0, 0, 0)


def test_what_nothing_before_can_give_stays_missing():
    assert mps.available_to_promise(D(5, 40), D(0, 10), beginning=Decimal(10)) == D(0, -25)


def test_the_larger_of_forecast_and_orders_lowers_the_projection():
    record = mps.schedule(D(10, 10), D(4, 15), D(0, 20), beginning=Decimal(12))

    assert record.projected == D(2, 7)
    assert record.cumulative == D(8, 13)


def test_sequences_of_different_length_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        mps.schedule(D(1, 2), D(1), D(1, 2))


lists = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=10)


@given(rows=lists, beginning=st.integers(0, 60))
def test_all_promises_together_are_supply_less_orders(rows, beginning):
    orders, receipts = [Decimal(a) for a, _ in rows], [Decimal(b) for _, b in rows]

    promise = mps.available_to_promise(orders, receipts, beginning=Decimal(beginning))

    assert sum(promise) == beginning + sum(receipts) - sum(orders)


def test_a_record_sorts_days_into_weeks_and_projects():
    weeks = grid.weeks(date(2026, 3, 4), date(2026, 3, 20))

    rows = grid.record(
        weeks,
        on_hand=Decimal(5),
        gross=[(date(2026, 2, 1), Decimal(3)), (date(2026, 3, 15), Decimal(9))],
        planned=[(date(2026, 3, 13), Decimal(10)), (date(2026, 9, 1), Decimal(99))],
    )

    assert weeks == [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]
    assert [row.projected for row in rows] == D(2, 3, 3)
