"""Forecasts: known series, edges, and accuracy on real monthly series."""

import gzip
import json
from itertools import pairwise
from pathlib import Path
from statistics import mean

import numpy as np
import pytest

from app.planning import forecast
from app.planning import forecast_kernels as kernels

M3 = Path(__file__).resolve().parents[3] / "shared" / "data" / "forecast" / "m3_monthly_even.jsonl.gz"


@pytest.mark.parametrize("series", [[50.0] * 30, [50.0], [50.0] * 3])
def test_a_level_series_is_forecast_as_it_is(series):
    found = forecast.combine(series, 6)

    assert found.methods == {name: pytest.approx([50.0] * 6) for name in kernels.SMOOTH}
    assert found.forecast == pytest.approx([50.0] * 6)


def test_no_demand_is_forecast_as_none():
    assert forecast.combine([0.0] * 24, 3).methods == {name: [0.0] * 3 for name in kernels.INTERMITTENT}


def test_last_year_repeats():
    found = forecast.combine(list(range(24)), 14).methods["seasonal_naive"]

    assert found == [*range(12, 24), 12, 13]


def test_a_trend_is_half_followed():
    ahead = forecast.combine([10.0 + 2 * t for t in range(40)], 6).methods["theta"]

    assert all(later > earlier for earlier, later in pairwise(ahead))
    assert ahead[-1] < 10 + 2 * 45


def test_croston_divides_size_by_interval():
    assert kernels.croston_rate(np.array([0.0, 10, 0, 10, 0, 10]), 0.1) == 5.0
    assert forecast.combine([0, 10, 0, 10, 0, 10], 1).methods["croston_sba"] == [4.75]


def test_a_part_that_dies_out_is_forecast_less_and_less_by_probability():
    asked = [9.0, 0, 0] * 6
    rates = [kernels.tsb_rate(np.array(asked + [0.0] * idle), 0.1, 0.1) for idle in range(0, 24, 6)]

    assert all(later < earlier for earlier, later in pairwise(rates))
    assert kernels.croston_rate(np.array(asked + [0.0] * 24), 0.1) == kernels.croston_rate(
        np.array(asked), 0.1
    )


def test_demand_every_third_month_is_intermittent():
    assert kernels.is_intermittent(np.array([0.0, 0, 9] * 8))
    assert not kernels.is_intermittent(np.array([5.0] * 20 + [0] * 4))


def test_many_series_at_once_are_each_forecast_alone():
    series = [[5.0, 6, 7, 8], [0.0, 0, 4, 0, 0, 0, 2], [100.0 + 30 * (t % 12 == 2) for t in range(40)], [3.0]]

    assert forecast.combine_all(series, 4) == [forecast.combine(one, 4) for one in series]


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
def test_the_median_is_as_good_as_the_best_of_the_m3_competition():
    with gzip.open(M3, "rt", encoding="utf-8") as file:
        series = [json.loads(line) for line in file]
    told = forecast.combine_all([one["train"] for one in series], 18)

    def smape(name: str) -> float:
        return mean(
            forecast.measure(one["test"], found.methods.get(name, found.forecast), one["train"]).smape
            for one, found in zip(series, told, strict=True)
        )

    assert smape("median") < 13.5
    assert smape("median") < smape("theta") < smape("seasonal_naive")
