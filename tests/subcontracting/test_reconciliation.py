"""Supplied components: what is needed, what was used, returned and lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.subcontracting.reconciliation import allowance, charge, reconcile, required

D = Decimal


def test_needs_are_rounded_up():
    assert required(D(190), D(1), scrap=D("0.01")) == D(192)


def test_the_allowance_is_rounded_down():
    assert allowance(D(225), D(1)) == D(2)


def test_the_demo_workshops_poppets_lose_one_within_the_allowance():
    result = reconcile(D(192), D(190), D(1), D(1), allowed=allowance(D(190), D(1)))

    assert (result.allowed_loss, result.excess_loss, result.remaining) == (D(1), D(0), D(0))


def test_a_loss_beyond_the_allowance_is_shown_apart():
    result = reconcile(D(110), D(100), D(0), D(6), allowed=D(1))

    assert (result.allowed_loss, result.excess_loss, result.remaining) == (D(1), D(5), D(4))


def test_more_accounted_for_than_supplied_is_refused():
    with pytest.raises(ValueError, match="193 accounted for, 192 supplied"):
        reconcile(D(192), D(190), D(2), D(1), allowed=D(1))


def test_a_negative_figure_is_refused():
    with pytest.raises(ValueError, match="lost is -1"):
        reconcile(D(10), D(5), D(0), D(-1), allowed=D(1))


@pytest.mark.parametrize(
    ("quantity", "price", "minimum", "expected"),
    [(D(106), D(38), D(1500), D(4028)), (D(10), D(38), D(1500), D(1500)), (D(0), D(38), D(1500), D(0))],
)
def test_the_minimum_charge_applies_once_there_is_work(quantity, price, minimum, expected):
    assert charge(quantity, price, minimum=minimum) == expected


quantities = st.integers(0, 10_000).map(D)


@given(quantities, quantities, quantities, quantities, quantities)
def test_supplied_is_always_fully_explained(used, returned, lost, rest, allowed):
    supplied = used + returned + lost + rest
    result = reconcile(supplied, used, returned, lost, allowed=allowed)

    parts = (result.used, result.returned, result.allowed_loss, result.excess_loss, result.remaining)
    assert sum(parts) == supplied
    assert min(parts) >= 0
    assert result.allowed_loss <= allowed
