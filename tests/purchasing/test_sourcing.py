"""Choosing a supplier among offers."""

from datetime import date
from decimal import Decimal

from app.purchasing.price_breaks import Break
from app.purchasing.sourcing import Offer, choose, options, percent_over

D = Decimal
DUE = date(2026, 4, 7)
TAIYONG = Offer(2, (Break(D(1), D(42)),), date(2026, 4, 2), multiple=D(50))
JIUSHENG = Offer(3, (Break(D(1), D(68)),), date(2026, 3, 18), multiple=D(10), rank=2)


def test_the_first_rank_wins_when_it_is_in_time():
    best = choose([JIUSHENG, TAIYONG], D(110), DUE)

    assert (best.supplier_id, best.quantity, best.total) == (2, D(150), D(6300))


def test_a_late_first_rank_gives_way():
    late = Offer(2, (Break(D(1), D(42)),), date(2026, 4, 13), multiple=D(50))

    assert [option.supplier_id for option in options([late, JIUSHENG], D(40), DUE)] == [3, 2]


def test_within_a_rank_the_lower_total_wins_not_the_lower_price():
    small = Offer(5, (Break(D(1), D(12)),), DUE)
    large = Offer(4, (Break(D(1), D(10)),), DUE, minimum=D(100))

    assert choose([large, small], D(20), DUE).supplier_id == 5


def test_a_minimum_charge_counts():
    assert choose([Offer(1, (Break(D(1), D(38)),), DUE, minimum_charge=D(1500))], D(10), DUE).total == D(1500)


def test_blocked_suppliers_and_missing_prices_leave_nobody():
    blocked = Offer(1, (Break(D(1), D(1)),), DUE, blocked=True)
    too_small = Offer(2, (Break(D(1000), D(1)),), DUE)

    assert choose([blocked, too_small], D(5), DUE) is None


def test_percent_over_a_list_price():
    assert round(percent_over(D(68), D(42))) == 62
    assert percent_over(D(68), D(0)) == 0
