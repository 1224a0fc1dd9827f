"""Rounding and exact shares."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.money import allocate, round_money
from app.core.units import SAME, Ratio, convert, needed, obtained

D = Decimal


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("-0.5", -1), ("2.5", 3), ("2.4999", 2)])
def test_half_goes_away_from_zero(value, rounded):
    assert round_money(D(value), 0) == rounded


@given(
    st.decimals(-(10**9), 10**9, places=2),
    st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=40),
)
def test_shares_sum_exactly_and_keep_the_sign(total, weights):
    shares = allocate(total, weights)

    assert sum(shares) == total
    assert all(share * total >= 0 for share in shares)


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="negative weight"):
        allocate(D(1), [D(1), D(-1)])


def test_a_total_finer_than_the_places_is_refused():
    with pytest.raises(ValueError, match="round it first"):
        allocate(D("0.001"), [D(1)])


def test_boxes_and_grams_convert_exactly():
    assert Ratio(D(200)).to_stock(D(2)) == 400
    assert convert(D(2000), Ratio(D(1), D(1000)), SAME) == 2
    assert convert(D(2), SAME, Ratio(D(1), D(1000))) == 2000


def test_needs_round_up_and_outputs_down():
    assert (needed(D("1.0001"), 0), obtained(D("1.9999"), 0)) == (2, 1)
    assert (needed(D(3), 0), obtained(D(3), 0)) == (3, 3)
