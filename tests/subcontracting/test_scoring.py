"""Supplier score: worked figures, properties, edges."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.subcontracting.scoring import Bands, Period, Standing, Weights, score, standing

D = Decimal


def full(age=0, **changes):
    facts = {
        "received": D(100),
        "accepted": D(96),
        "lines_due": 10,
        "lines_on_time": 9,
        "benchmark_value": D(950),
        "paid_value": D(1000),
        "requested": D(100),
        "confirmed": D(80),
        "questions": 4,
        "answered": 3,
    }
    return Period(age, **facts | changes)


def test_the_score_is_the_weighted_sum_of_five_measures():
    result = score([full()])

    assert result.parts == {
        "quality": D(96),
        "delivery": D(90),
        "price": D(95),
        "capacity": D(80),
        "response": D(75),
    }
    assert result.total == D("91.35")  # 35*.96 + 30*.90 + 20*.95 + 10*.80 + 5*.75
    assert result.standing is Standing.PREFERRED


def test_old_periods_count_less():
    only_quality = {"lines_due": 4, "lines_on_time": 4}
    now = Period(0, received=D(100), accepted=D(100), **only_quality)
    before = Period(1, received=D(100), accepted=D(50), **only_quality)

    assert score([now, before], decay=D("0.5")).parts["quality"] == D(125) / D("1.5")


def test_below_the_minimum_sample_a_supplier_is_unrated_never_100():
    result = score([Period(0, received=D(5), accepted=D(5), lines_due=2, lines_on_time=2)])

    assert result.total is None
    assert result.standing is Standing.UNRATED


def test_a_measure_without_facts_gives_its_weight_to_the_others():
    result = score([Period(0, received=D(10), accepted=D(9), lines_due=3, lines_on_time=3)])

    assert result.parts["price"] is None
    assert result.total == (D(35) * 90 + D(30) * 100) / 65


def test_a_cheaper_price_than_the_benchmark_is_full_marks_not_more():
    assert score([full(benchmark_value=D(1200))]).parts["price"] == D(100)


def test_more_accepted_than_received_is_refused():
    with pytest.raises(ValueError, match="accepted 11 of 10"):
        score([Period(0, received=D(10), accepted=D(11))])


@pytest.mark.parametrize("decay", [D(0), D("-0.1"), D("1.1")])
def test_a_decay_outside_its_range_is_refused(decay):
    with pytest.raises(ValueError, match="decay"):
        score([full()], decay=decay)


def test_weights_that_do_not_sum_to_100_are_refused():
    with pytest.raises(ValueError, match="sum to 100"):
        Weights(quality=D(50))


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (D(90), Standing.PREFERRED),
        (D("89.99"), Standing.APPROVED),
        (D(75), Standing.APPROVED),
        (D(60), Standing.WARN),
        (D("59.99"), Standing.BLOCKED),
    ],
)
def test_a_band_starts_at_its_own_figure(total, expected):
    assert standing(total, Bands()) is expected


share = st.integers(0, 1000).map(lambda whole: D(whole) / 1000)


@given(st.lists(st.tuples(share, st.integers(0, 9), st.integers(3, 9)), min_size=1, max_size=8))
def test_a_score_stays_between_0_and_100(rows):
    periods = [
        Period(age, received=D(1), accepted=part, lines_due=lines, lines_on_time=lines // 2)
        for age, (part, _, lines) in enumerate(rows)
    ]

    assert 0 <= score(periods).total <= 100
