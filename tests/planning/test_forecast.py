"""Forecasts: known series, edges, and accuracy on real monthly series."""

import gzip
import json
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest

from app.planning import forecast

M3 = Path(__file__).resolve().parents[3] / "shared" / "data" / "forecast" / "m3_monthly_even.jsonl.gz"


@pytest.mark.parametrize("method", [*forecast.SMOOTH.values(), *forecast.INTERMITTENT.values()])
def test_a_level_series_is_forecast_as_it_is(method):
    assert method([50.0] * 30, 6) == pytest.approx([50.0] * 6, rel=0.06)


@pytest.mark.parametrize("method", [*forecast.SMOOTH.values(), *forecast.INTERMITTENT.values()])
def test_no_demand_is_forecast_as_none(method):
    assert method([0.0] * 24, 3) == [0.0] * 3


def test_last_year_repeats():
    assert forecast.seasonal_naive(list(range(24)), 14)[:14] == [*range(12, 24), 12, 13]


def test_a_season_is_found_and_kept():
    series = [100.0 + 50 * (month % 12 == 5) for month in range(48)]

    assert forecast.is_seasonal(series, 12)
    assert forecast.theta(series, 12)[5] == pytest.approx(150, rel=0.05)


def test_a_trend_is_half_followed():
    series = [10.0 + 2 * t for t in range(40)]

    ahead = forecast.theta(series, 6)
    assert all(later > earlier for earlier, later in pairwise(ahead))
    assert ahead[-1] < 10 + 2 * 45


def test_croston_divides_size_by_interval():
    assert forecast.croston([0, 10, 0, 10, 0, 10], 1, unbiased=False) == [5.0]
    assert forecast.croston([0, 10, 0, 10, 0, 10], 1) == [4.75]


def test_demand_every_third_month_is_intermittent():
    assert forecast.is_intermittent([0, 0, 9] * 8)
    assert not forecast.is_intermittent([5] * 20 + [0] * 4)


def test_the_combination_is_the_median():
    found = forecast.combine([85, 90, 110, 95, 100, 120, 105, 80, 115, 130, 90, 60, 95, 100], 3)

    for place in range(3):
        assert found.forecast[place] == sorted(values[place] for values in found.methods.values())[2]


@pytest.mark.parametrize("series", [[], [1.0, -1.0]])
def test_an_impossible_series_is_refused(series):
    with pytest.raises(ValueError, match="series"):
        forecast.combine(series, 3)


def test_errors_are_measured_against_the_naive():
    errors = forecast.measure([12, 8], [10, 10], [10, 12, 10, 12])

    assert (errors.mase, errors.mad, errors.bias) == (1.0, 2.0, 0.0)
    assert errors.smape == pytest.approx((200 * 2 / 22 + 200 * 2 / 18) / 2)


@pytest.mark.skipif(not M3.exists(), reason="the folder with shared data is not beside the project")
def test_theta_beats_the_seasonal_naive_on_real_series():
    with gzip.open(M3, "rt", encoding="utf-8") as file:
        series = [json.loads(line) for _n, line in zip(range(60), file, strict=False)]
    errors = {"theta": [], "naive": []}
    for one in series:
        past, future = _split(one)
        errors["theta"].append(forecast.measure(future, forecast.theta(past, len(future)), past).smape)
        errors["naive"].append(
            forecast.measure(future, forecast.seasonal_naive(past, len(future)), past).smape
        )

    assert mean(errors["theta"]) < mean(errors["naive"])


def _split(one):
    past = one.get("past") or one.get("x") or one.get("train")
    return past, one.get("future") or one.get("xx") or one.get("test")
