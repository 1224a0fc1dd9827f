"""Forecasts of monthly demand, their median, and how good they were. Pure.

A series is a list of floats, oldest first, one per period; a forecast has one float per coming period, never
below 0. The methods are in ``forecast_kernels``, which is loaded with the first forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import mean

import numpy as np

SEASON = 12


@dataclass(frozen=True)
class Combination:
    """The median of several methods, and what each of them says."""

    forecast: list[float]
    methods: dict[str, list[float]]


@dataclass(frozen=True)
class Errors:
    """How good a forecast was; ``mase`` is None where the history never changes."""

    mase: float | None
    smape: float
    bias: float
    mad: float


def combine(series: Sequence[float], periods: int, season: int = SEASON) -> Combination:
    """Forecast one series; see ``combine_all``."""
    return combine_all([series], periods, season)[0]


def combine_all(series: Sequence[Sequence[float]], periods: int, season: int = SEASON) -> list[Combination]:
    """Forecast each series by the methods that suit it and take their median in each period.

    Raises:
        ValueError: a series is empty or has a value below 0 or none at all.
    """
    from app.planning import forecast_kernels as kernels

    values, starts = _joined(series)
    sometimes, ahead = kernels.forecast_many(values, starts, season, periods)
    middle = np.empty((len(series), periods))
    for names, those in ((kernels.INTERMITTENT, sometimes), (kernels.SMOOTH, ~sometimes)):
        middle[those] = np.median(ahead[those, : len(names)], axis=1)
    return [
        Combination(
            median, dict(zip(kernels.INTERMITTENT if rare else kernels.SMOOTH, methods, strict=False))
        )
        for rare, median, methods in zip(sometimes.tolist(), middle.tolist(), ahead.tolist(), strict=True)
    ]


def _joined(series: Sequence[Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """All series one behind the other, and where each begins."""
    lengths = [len(one) for one in series]
    values = np.concatenate([np.asarray(one, np.float64) for one in series] or [np.empty(0)])
    if not all(lengths) or not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError("a series needs at least one value and none below 0")
    return values, np.array([0, *accumulate(lengths)], dtype=np.int64)


def measure(
    actual: Sequence[float], forecast: Sequence[float], history: Sequence[float], season: int = 1
) -> Errors:
    """Compare a forecast with what came: MASE against the naive, sMAPE in percent, bias and MAD in units."""
    errors = [a - f for a, f in zip(actual, forecast, strict=True)]
    mad = mean(abs(error) for error in errors)
    steps = [abs(history[t] - history[t - season]) for t in range(season, len(history))]
    scale = mean(steps) if steps else 0.0
    shares = [
        200 * abs(a - f) / (abs(a) + abs(f)) if a or f else 0.0 for a, f in zip(actual, forecast, strict=True)
    ]
    return Errors(mad / scale if scale else None, mean(shares), mean(errors), mad)
