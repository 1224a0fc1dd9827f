"""Exponential smoothing with a trend: Holt (1957), damped after Gardner & McKenzie (1985). Pure.

A series is a list of floats, oldest first; a forecast has one float per coming period, never below 0.
The first level is the first value, the first trend the first difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

ALPHAS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BETAS = (0.05, 0.1, 0.2, 0.3, 0.5)
DAMPING = (0.8, 0.85, 0.9, 0.95, 0.98)
SHORTEST = 4
"""Fewer periods show no trend: the last level stands."""


@dataclass(frozen=True)
class Fit:
    """Level and trend after the last period, and the squared one-step errors on the way."""

    level: float
    trend: float
    loss: float


def smooth(series: Sequence[float], alpha: float, beta: float, damping: float = 1.0) -> Fit:
    """Smooth level and trend over a series of at least two values."""
    level, trend, loss = float(series[0]), float(series[1] - series[0]), 0.0
    for actual in series[1:]:
        ahead = level + damping * trend
        error = actual - ahead
        loss += error * error
        level = ahead + alpha * error
        trend = damping * trend + alpha * beta * error
    return Fit(level, trend, loss)


def holt(
    series: Sequence[float], periods: int, alpha: float | None = None, beta: float | None = None
) -> list[float]:
    """Forecast a level and a straight trend; constants are fitted on a grid unless both are given."""
    return _forecast(series, periods, _grid(alpha, beta, (1.0,)))


def damped(
    series: Sequence[float],
    periods: int,
    alpha: float | None = None,
    beta: float | None = None,
    damping: float | None = None,
) -> list[float]:
    """Forecast a level and a trend that fades by ``damping`` each period."""
    return _forecast(series, periods, _grid(alpha, beta, DAMPING if damping is None else (damping,)))


def _grid(
    alpha: float | None, beta: float | None, dampings: Sequence[float]
) -> list[tuple[float, float, float]]:
    alphas = ALPHAS if alpha is None else (alpha,)
    betas = BETAS if beta is None else (beta,)
    return list(product(alphas, betas, dampings))


def _forecast(
    series: Sequence[float], periods: int, grid: Sequence[tuple[float, float, float]]
) -> list[float]:
    if len(series) < SHORTEST:
        return [max(0.0, float(series[-1]))] * periods
    fits = [(smooth(series, *constants), constants) for constants in grid]
    best, (_alpha, _beta, damping) = min(fits, key=lambda pair: pair[0].loss)
    forecast, step, reach = [], 1.0, 0.0
    for _ahead in range(periods):
        step *= damping
        reach += step
        forecast.append(max(0.0, best.level + reach * best.trend))
    return forecast
