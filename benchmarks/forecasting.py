"""Forecasting a hundred thousand items, and how good it is on the monthly series of the M3 competition."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Sequence
from statistics import mean

import numpy as np

from app.planning import forecast
from benchmarks.table import Line, Most, Row
from benchmarks.web import ROOT

M3 = ROOT.parent / "shared" / "data" / "forecast" / "m3_monthly_even.jsonl.gz"
SERIES, MONTHS, AHEAD = 100_000, 72, 12
SECONDS, SMAPE = 5.0, 13.9
HORIZON = 18


def measure(count: int = SERIES, runs: int = 3) -> list[Line]:
    """Time all methods, their median and their results as the application takes them; then the accuracy."""
    series = made(count)
    forecast.combine_all(series[:2], AHEAD)  # compiled, or read from where it is kept
    times = tuple(_timed(series) for _run in range(runs))
    what = f"forecast {count:,} series of {MONTHS} months by all methods and their median"
    return [Row(what, SECONDS * count / SERIES, times), accuracy()]


def made(count: int) -> Sequence[np.ndarray]:
    """Series of a level, a trend, a season and chance; every third is in demand one month in three."""
    chance = np.random.default_rng(1)
    months = np.arange(MONTHS)
    level, slope, swing, begins = chance.uniform([20, -0.2, 0, 0], [900, 0.8, 0.5, 12], (count, 4)).T[
        ..., None
    ]
    series = level * (1 + slope * months / MONTHS) * (1 + swing * np.sin((months + begins) * np.pi / 6))
    series *= chance.lognormal(0, 0.2, series.shape)
    series[::3] *= chance.random(series[::3].shape) < 1 / 3
    return list(np.round(series))


def _timed(series: Sequence[np.ndarray]) -> float:
    begun = time.perf_counter()
    forecast.combine_all(series, AHEAD)
    return time.perf_counter() - begun


def accuracy() -> Line:
    """The mean sMAPE of the median over the competition's horizon."""
    what = "sMAPE of the median, M3 monthly"
    if not M3.is_file():
        return Most(what, None, SMAPE, " %", absent="no ../shared/data/forecast")
    with gzip.open(M3, "rt", encoding="utf-8") as file:
        series = [json.loads(line) for line in file]
    told = forecast.combine_all([one["train"] for one in series], HORIZON)
    errors = [
        forecast.measure(one["test"][:HORIZON], found.forecast, one["train"]).smape
        for one, found in zip(series, told, strict=True)
    ]
    return Most(f"{what} ({len(series)} series, {HORIZON} months ahead)", mean(errors), SMAPE, " %")
