"""Levels, trends and seasons: worked by hand, by definition, and without the compiler."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from app.planning import compiled, forecast
from app.planning import forecast_kernels as kernels

ROOT = Path(__file__).resolve().parents[2]
LINE = [10.0, 12.0, 14.0, 16.0, 18.0]
UNEVEN = np.array([12.0, 15.0, 11.0, 18.0, 21.0, 17.0, 25.0, 24.0])


def methods(series: list[float], periods: int) -> dict[str, list[float]]:
    return forecast.combine(series, periods).methods


def test_a_trend_worked_by_hand():
    # level 10, trend 2; 11 came where 12 was forecast: level 11.5, trend 2 - 0.5 x 0.4 = 1.8
    # 15 came where 13.3 was: level 14.15, trend 1.8 + 0.2 x 1.7 = 2.14
    found = kernels.smooth_trend(np.array([8.0, 10, 11, 15]), 2.0, (0.5, 0.4, 1.0), np.inf)

    assert found == pytest.approx((14.15, 2.14, 0 + 1 + 1.7**2))


def test_a_straight_line_is_continued():
    assert methods(LINE, 3)["holt"] == pytest.approx([20, 22, 24])


def test_a_damped_trend_adds_less_each_period():
    ahead = methods([*LINE, 25.0, 21.0, 30.0], 5)["damped_trend"]
    steps = [after - before for before, after in pairwise(ahead)]

    assert steps[0] > 0
    [damping] = {round(after / before, 9) for before, after in pairwise(steps)}
    assert damping in kernels.DAMPING


def test_a_falling_series_stops_at_nothing():
    assert methods([40.0, 30.0, 20.0, 10.0], 3)["holt"] == pytest.approx([0, 0, 0])


def test_too_short_a_series_has_no_trend():
    assert methods([3.0], 2) == {name: [3.0, 3.0] for name in kernels.SMOOTH}
    assert methods([3.0, 9.0, 6.0], 2)["holt"] == methods([3.0, 9.0, 6.0], 2)["damped_trend"] == [6.0, 6.0]


def test_the_fitted_constants_leave_the_least_error_of_the_grid():
    grid = (kernels.ALPHAS, kernels.BETAS, kernels.DAMPING)
    found = kernels.best_trend(UNEVEN, 1.0, *grid)
    tried = [kernels.smooth_trend(UNEVEN, 1.0, one, np.inf) for one in product(*grid)]

    assert found[:2] == min(tried, key=lambda one: one[2])[:2]


def test_no_smoothing_constant_leaves_less_error():
    found = kernels.smooth(UNEVEN, kernels.best_alpha(UNEVEN))[1]

    assert found <= min(kernels.smooth(UNEVEN, alpha)[1] for alpha in np.linspace(0.01, 0.99, 500)) + 1e-4


def test_a_season_is_found_and_kept_by_every_method():
    series = [100.0 + 50 * (month % 12 == 5) for month in range(48)]

    assert kernels.is_seasonal(np.array(series), 12)
    assert {round(ahead[5], -1) for ahead in methods(series, 12).values()} == {150}


@pytest.mark.parametrize("season", [4, 5])
def test_indices_are_the_shares_of_a_steady_season(season):
    shares = np.array([0.5, 1.5, 1.0, 1.2, 0.8])[:season]
    shares *= season / shares.sum()
    series = np.tile(shares, 6) * 40

    assert kernels.seasonal_indices(series, season) == pytest.approx(shares)


def test_without_the_compiler_the_numbers_are_the_same():
    series = [
        list(map(float, UNEVEN)),
        LINE,
        [0.0, 0, 5, 0, 0, 0, 3, 0],
        [100.0 + t + 40 * (t % 12 == 3) for t in range(50)],
    ]
    program = (
        "import sys, json; sys.modules['numba'] = None\n"
        "from app.planning import compiled, forecast\n"
        "found = forecast.combine_all(json.load(sys.stdin), 6)\n"
        "print(json.dumps([compiled.njit is None, [[one.forecast, one.methods] for one in found]]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(series),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    ours = [[one.forecast, one.methods] for one in forecast.combine_all(series, 6)]

    bare, interpreted = json.loads(told.stdout)
    assert bare
    for one, other in zip(interpreted, json.loads(json.dumps(ours)), strict=True):
        assert one[0] == pytest.approx(other[0], rel=1e-12)
        assert one[1].keys() == other[1].keys()
        for name in one[1]:
            assert one[1][name] == pytest.approx(other[1][name], rel=1e-12)


def test_where_nothing_can_be_kept_on_disk_it_is_compiled_all_the_same():
    names: dict = {}
    exec(
        "def twice(number):\n    return 2 * number", names
    )  # of no file, so that there is no place beside it

    assert compiled.kernel(names["twice"])(21) == 42
