"""Control charts and capability."""

from math import inf

import pytest

from app.quality import spc


def test_a_constant_process_has_no_spread_and_endless_capability():
    chart = spc.individuals([5.0, 5.0, 5.0])

    assert chart.sigma == 0
    assert spc.capability(5, chart.sigma, lower=4, upper=6).cpk == inf
    assert spc.capability(7, chart.sigma, lower=4, upper=6).cpk == -inf


def test_one_limit_gives_one_side_and_no_cp():
    figures = spc.capability(24.5, 0.1, lower=24.0)

    assert figures.cp is None
    assert figures.cpk == figures.cpl == pytest.approx(5 / 3)


def test_values_beyond_the_limits_are_found():
    chart = spc.individuals([10, 10.1, 9.9, 10, 10.1, 9.9, 10, 14, 10, 10.1, 9.9, 10])

    assert spc.outside(chart) == (7,)


def test_nine_on_one_side_are_a_shift():
    chart = spc.individuals([1, 9] + [1, 2] * 4 + [6, 7] * 5)

    assert spc.shifted(chart)[0] == 18


def test_six_rising_values_are_a_trend():
    assert spc.trending(spc.individuals([3, 1, 2, 3, 4, 5, 6, 2])) == (6,)


def test_charts_refuse_what_has_no_spread():
    with pytest.raises(ValueError, match="two values"):
        spc.individuals([1.0])
    with pytest.raises(ValueError, match="one size"):
        spc.mean_and_range([[1, 2], [1, 2, 3]])
    with pytest.raises(ValueError, match="one size"):
        spc.mean_and_range([])
    with pytest.raises(ValueError, match="negative"):
        spc.capability(1, -1, lower=0)


def test_the_overall_spread_is_the_sample_deviation():
    assert spc.overall_spread([2, 4, 4, 4, 5, 5, 7, 9]) == pytest.approx(2.138, abs=0.001)
    assert spc.overall_spread([3]) == 0
