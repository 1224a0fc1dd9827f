"""Which lots leave first."""

from datetime import date
from decimal import Decimal

import pytest

from app.inventory.fifo import LotStock, first_expiring_first, oldest_first, take

D = Decimal

MARCH = LotStock(1, 10, D(5), date(2026, 3, 1), date(2026, 12, 1))
APRIL = LotStock(2, 10, D(5), date(2026, 4, 1), date(2026, 6, 1))
ENDLESS = LotStock(3, 10, D(5), date(2026, 1, 1))


def test_the_oldest_lot_leaves_first():
    assert oldest_first([APRIL, MARCH, ENDLESS]) == [ENDLESS, MARCH, APRIL]


def test_what_expires_first_leaves_first_and_what_has_expired_stays():
    assert first_expiring_first([MARCH, APRIL, ENDLESS], date(2026, 5, 1)) == [APRIL, MARCH, ENDLESS]
    assert first_expiring_first([MARCH, APRIL, ENDLESS], date(2026, 7, 1)) == [MARCH, ENDLESS]


def test_taking_empties_the_first_lot_and_says_what_is_short():
    taken, short = take([MARCH, APRIL], D(12))

    assert [(one.lot_id, one.quantity) for one in taken] == [(1, D(5)), (2, D(5))]
    assert short == D(2)


def test_nothing_is_taken_for_nothing_and_negative_is_refused():
    assert take([MARCH], D(0)) == ([], D(0))
    with pytest.raises(ValueError, match="cannot take -1"):
        take([MARCH], D(-1))
