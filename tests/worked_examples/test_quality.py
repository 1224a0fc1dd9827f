"""The worked examples of sampling plans, control charts and capability."""

import pytest

from app.quality import sampling, spc
from tests.worked_examples import examples, name

COVERED = (
    "quality.aql_single_normal_II",
    "quality.capability",
    "quality.control_chart_imr",
    "quality.control_chart_xbar_r",
)


@pytest.mark.parametrize("example", examples("quality.aql_single_normal_II"), ids=name)
def test_sampling_plan(example):
    given, expected = example["input"], example["expected"]

    plan = sampling.single_normal(given["lot"], str(given["aql"]))

    assert (plan.code_letter, plan.plan_letter) == (expected["code_letter"], expected["plan_letter"])
    assert (plan.sample_size, plan.accept, plan.reject) == (
        expected["sample_size"],
        expected["accept"],
        expected["reject"],
    )


@pytest.mark.parametrize("example", examples("quality.capability"), ids=name)
def test_capability(example):
    given, tolerance = example["input"], example["tolerance"]

    figures = spc.capability(given["mean"], given["sd"], lower=given["lsl"], upper=given["usl"])

    for figure, expected in example["expected"].items():
        assert getattr(figures, figure) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("example", examples("quality.control_chart_imr"), ids=name)
def test_individuals_chart(example):
    given, expected, tolerance = example["input"], example["expected"], example["tolerance"]

    chart = spc.individuals(given["data"], d2=given["d2"])

    assert chart.limits.centre == pytest.approx(expected["mean"], abs=tolerance)
    assert chart.range_limits.centre == pytest.approx(expected["mr_bar"], abs=tolerance)
    assert chart.limits.upper == pytest.approx(expected["ucl"], abs=tolerance)
    assert chart.limits.lower == pytest.approx(expected["lcl"], abs=tolerance)


@pytest.mark.parametrize("example", examples("quality.control_chart_xbar_r"), ids=name)
def test_mean_and_range_chart(example):
    given, expected, tolerance = example["input"], example["expected"], example["tolerance"]

    chart = spc.mean_and_range(given["samples"], a2=given["A2"], d3=given["D3"], d4=given["D4"])

    assert chart.limits.centre == pytest.approx(expected["xbarbar"], abs=tolerance)
    assert chart.range_limits.centre == pytest.approx(expected["rbar"], abs=tolerance)
    assert chart.limits.upper == pytest.approx(expected["ucl_x"], abs=tolerance)
    assert chart.limits.lower == pytest.approx(expected["lcl_x"], abs=tolerance)
    assert chart.range_limits.upper == pytest.approx(expected["ucl_r"], abs=tolerance)
    assert chart.range_limits.lower == pytest.approx(expected["lcl_r"], abs=tolerance)
