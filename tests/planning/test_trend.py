"""Holt and damped trend: straight lines, fading ones, worked by hand and at the edges."""

from itertools import pairwise

import pytest

from app.planning import forecast, trend

LINE = [10.0, 12.0, 14.0, 16.0, 18.0]


def test_a_straight_line_is_continued():
    assert trend.holt(LINE, 3) == pytest.approx([20, 22, 24])


def test_worked_by_hand():
    # level 10, trend 2; 11 came where 12 was forecast: level 11.5, trend 2 - 0.5 x 0.4 = 1.8
    # 15 came where 13.3 was: level 14.15, trend 1.8 + 0.2 x 1.7 = 2.14
    fit = trend.smooth([8, 10, 11, 15], 0.5, 0.4)

    assert (fit.level, fit.trend) == pytest.approx((14.15, 2.14))
    assert fit.loss == pytest.approx(0 + 1 + 1.7**2)
    assert trend.holt([8, 10, 11, 15], 2, 0.5, 0.4) == pytest.approx([16.29, 18.43])


def test_a_damped_trend_adds_less_each_period():
    ahead = trend.damped(LINE, 4, 0.5, 0.4, 0.8)

    steps = [after - before for before, after in pairwise(ahead)]
    assert steps == pytest.approx([steps[0] * 0.8**k for k in range(3)])
    assert steps[0] > 0


def test_without_damping_it_is_holt():
    series = [5.0, 9.0, 4.0, 8.0, 12.0, 7.0]

    assert trend.damped(series, 6, 0.3, 0.2, 1.0) == trend.holt(series, 6, 0.3, 0.2)


def test_a_falling_series_stops_at_nothing():
    assert trend.holt([40.0, 30.0, 20.0, 10.0], 3) == pytest.approx([0, 0, 0])


def test_too_short_a_series_has_no_trend():
    assert trend.holt([3.0], 2) == [3.0, 3.0]
    assert trend.damped([3.0, 9.0, 6.0], 2) == [6.0, 6.0]


def test_the_fitted_constants_leave_the_least_error_of_the_grid():
    series = [12.0, 15.0, 11.0, 18.0, 21.0, 17.0, 25.0, 24.0]
    losses = {(a, b): trend.smooth(series, a, b).loss for a in trend.ALPHAS for b in trend.BETAS}
    best = min(losses, key=losses.get)

    assert trend.holt(series, 3) == trend.holt(series, 3, *best)


def test_both_are_among_what_the_median_is_taken_of():
    combined = forecast.combine(LINE * 3, 2)

    assert {"holt", "damped_trend"} <= set(combined.methods)
    assert "holt" not in forecast.combine([0, 0, 5, 0, 0, 0, 3, 0], 2).methods
