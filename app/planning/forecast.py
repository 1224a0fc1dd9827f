"""Forecasts of monthly demand and their errors. Pure.

A series is a list of floats, oldest first, one per period; a forecast has one
float per coming period, never below 0. Theta after Assimakopoulos & Nikolopoulos
(2000) in the form of Hyndman & Billah (2003) with the seasonal test of the M3
competition; intermittent demand after Croston (1972), Syntetos & Boylan (2005)
and Teunter, Syntetos & Babai (2011).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, median

from app.planning import trend

GOLDEN = (sqrt(5) - 1) / 2
LOWEST_ALPHA, HIGHEST_ALPHA = 0.01, 0.99


def smooth(series: Sequence[float], alpha: float) -> tuple[float, list[float]]:
    """Return the last level of simple exponential smoothing and the one-step errors (actual − forecast).

    The first forecast is the first actual, for the second period.
    """
    level, errors = float(series[0]), []
    for actual in series[1:]:
        errors.append(actual - level)
        level += alpha * errors[-1]
    return level, errors


def best_alpha(series: Sequence[float]) -> float:
    """Return the smoothing constant with the least squared one-step error (golden section)."""

    def loss(alpha: float) -> float:
        return sum(error * error for error in smooth(series, alpha)[1])

    low, high = LOWEST_ALPHA, HIGHEST_ALPHA
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(18):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = loss(right)
    return (low + high) / 2


def simple_exponential_smoothing(
    series: Sequence[float], periods: int, alpha: float | None = None
) -> list[float]:
    """Forecast a level; the smoothing constant is fitted unless given."""
    level, _errors = smooth(series, best_alpha(series) if alpha is None else alpha)
    return [max(0.0, level)] * periods


def seasonal_naive(series: Sequence[float], periods: int, season: int = 12) -> list[float]:
    """Repeat the last season; with less than one, the last value."""
    if len(series) < season:
        return [max(0.0, float(series[-1]))] * periods
    return [max(0.0, float(series[len(series) - season + k % season])) for k in range(periods)]


def theta(series: Sequence[float], periods: int, season: int = 12) -> list[float]:
    """Forecast a level with half the linear trend, seasonally adjusted where a test finds a season."""
    count = len(series)
    if count < 3:
        return simple_exponential_smoothing(series, periods, 0.5)
    indices = seasonal_indices(series, season) if is_seasonal(series, season) else [1.0] * season
    adjusted = [value / indices[t % season] for t, value in enumerate(series)]
    alpha = best_alpha(adjusted)
    level, _errors = smooth(adjusted, alpha)
    half = slope(adjusted) / 2
    lag = (1 - (1 - alpha) ** count) / alpha
    return [max(0.0, (level + half * (k + lag)) * indices[(count + k) % season]) for k in range(periods)]


def slope(series: Sequence[float]) -> float:
    """Return the slope of the least-squares line per period."""
    centre, average = (len(series) - 1) / 2, mean(series)
    spread = sum((t - centre) ** 2 for t in range(len(series)))
    return sum((t - centre) * (value - average) for t, value in enumerate(series)) / spread if spread else 0.0


def is_seasonal(series: Sequence[float], season: int) -> bool:
    """Test the autocorrelation at the season's lag at 90 %; under two seasons and a bit there is none."""
    count = len(series)
    if season < 2 or count < 2 * season + 1:
        return False
    average = mean(series)
    spread = sum((value - average) ** 2 for value in series)
    if not spread:
        return False
    correlations = [
        sum((series[t] - average) * (series[t + lag] - average) for t in range(count - lag)) / spread
        for lag in range(1, season + 1)
    ]
    limit = 1.645 * sqrt((1 + 2 * sum(r * r for r in correlations[:-1])) / count)
    return abs(correlations[-1]) > limit


def seasonal_indices(series: Sequence[float], season: int) -> list[float]:
    """Return multiplicative indices by classical decomposition with a centred moving average; mean 1."""
    half = season // 2
    ratios: list[list[float]] = [[] for _ in range(season)]
    for t in range(half, len(series) - half):
        if season % 2:
            total = sum(series[t - half : t + half + 1])
        else:
            total = sum(series[t - half + 1 : t + half]) + (series[t - half] + series[t + half]) / 2
        if total > 0:
            ratios[t % season].append(series[t] * season / total)
    raw = [mean(found) if found else 1.0 for found in ratios]
    scale = season / sum(raw) if sum(raw) else 1.0
    return [max(0.01, index * scale) for index in raw]


def croston(
    series: Sequence[float], periods: int, alpha: float = 0.1, *, unbiased: bool = True
) -> list[float]:
    """Forecast intermittent demand: smoothed size over smoothed interval, with the Syntetos-Boylan factor."""
    size, interval, since = 0.0, 0.0, 0
    for value in series:
        since += 1
        if value > 0:
            size += (value - size) * (alpha if interval else 1.0)
            interval += (since - interval) * (alpha if interval else 1.0)
            since = 0
    rate = size / interval if interval else 0.0
    return [rate * (1 - alpha / 2 if unbiased else 1.0)] * periods


def teunter_syntetos_babai(
    series: Sequence[float], periods: int, alpha: float = 0.1, beta: float = 0.1
) -> list[float]:
    """Forecast intermittent demand by size and probability, the latter updated in every period."""
    sizes = [value for value in series if value > 0]
    if not sizes:
        return [0.0] * periods
    size, probability = sizes[0], len(sizes) / len(series)
    for value in series:
        probability += beta * ((1.0 if value > 0 else 0.0) - probability)
        if value > 0:
            size += alpha * (value - size)
    return [size * probability] * periods


def is_intermittent(series: Sequence[float]) -> bool:
    """Say whether demand comes less often than every 1.32 periods on average (Syntetos & Boylan)."""
    return sum(1 for value in series if value > 0) * 1.32 < len(series)


Method = Callable[[Sequence[float], int], list[float]]
SMOOTH: dict[str, Method] = {
    "ses": simple_exponential_smoothing,
    "holt": trend.holt,
    "damped_trend": trend.damped,
    "theta": theta,
    "seasonal_naive": seasonal_naive,
}
INTERMITTENT: dict[str, Method] = {
    "croston_sba": croston,
    "tsb": teunter_syntetos_babai,
    "ses": simple_exponential_smoothing,
}


@dataclass(frozen=True)
class Combination:
    """The median of several methods, and what each of them says."""

    forecast: list[float]
    methods: dict[str, list[float]]


def combine(series: Sequence[float], periods: int) -> Combination:
    """Forecast by the methods that suit the series and take their median in each period.

    Raises:
        ValueError: the series is empty or has a negative value.
    """
    if not series or min(series) < 0:
        raise ValueError("a series needs at least one value and none below 0")
    chosen = INTERMITTENT if is_intermittent(series) else SMOOTH
    methods = {name: method(series, periods) for name, method in chosen.items()}
    return Combination([median(values) for values in zip(*methods.values(), strict=True)], methods)


@dataclass(frozen=True)
class Errors:
    """How good a forecast was; ``mase`` is None where the history never changes."""

    mase: float | None
    smape: float
    bias: float
    mad: float


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
