"""The loops behind the forecasts: levels, trends and seasons, and many series at once. Pure.

A series is an array of floats, oldest first, at least one. Simple smoothing after Brown (1959), trends after
Holt (1957) and, damped, Gardner & McKenzie (1985), seasons by classical decomposition with the test of the
M3 competition (Makridakis & Hibon, 2000); Theta after Assimakopoulos & Nikolopoulos (2000) in the form of
Hyndman & Billah (2003); intermittent demand after Croston (1972), Syntetos & Boylan (2005) and Teunter, Syntetos
& Babai (2011). Level and trend are found on the series without its season, which the forecast gets back.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from app.planning.compiled import kernel

Array = np.ndarray
GOLDEN = (sqrt(5) - 1) / 2
LOWEST_ALPHA, HIGHEST_ALPHA = 0.01, 0.99
HALVINGS = 12
ALPHAS = np.array((0.05, 0.1, 0.2, 0.3, 0.5, 0.8))
BETAS = np.array((0.02, 0.1, 0.2, 0.4))
STRAIGHT = np.array((1.0,))
DAMPING = np.array((0.8, 0.9, 0.95))

SMOOTH = ("ses", "holt", "damped_trend", "theta", "seasonal_naive")
INTERMITTENT = ("croston_sba", "tsb", "ses")
SHORTEST = 4
"""Fewer periods show no trend: the last value stands."""
SOMETIMES = 1.32
"""Demand that comes less often than every so many periods is intermittent (Syntetos & Boylan)."""


@kernel
def smooth(series: Array, alpha: float) -> tuple[float, float]:
    """Return the last level of simple exponential smoothing and the squared one-step errors.

    The first forecast is the first actual, for the second period.
    """
    level, loss = series[0], 0.0
    for t in range(1, series.size):
        error = series[t] - level
        loss += error * error
        level += alpha * error
    return level, loss


@kernel
def best_alpha(series: Array) -> float:
    """Return the smoothing constant with the least squared one-step errors (golden section)."""
    low, high = LOWEST_ALPHA, HIGHEST_ALPHA
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = smooth(series, left)[1], smooth(series, right)[1]
    for _ in range(HALVINGS):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = smooth(series, left)[1]
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = smooth(series, right)[1]
    return (low + high) / 2


@kernel
def smooth_trend(
    series: Array, first: float, constants: tuple[float, float, float], most: float
) -> tuple[float, float, float]:
    """Return the last level, the last trend and the squared one-step errors; beyond ``most`` of them it stops.

    Args:
        first: the trend to begin with, from the first value.
        constants: of level and trend, and what is left of the trend after each period; 1: all.
    """
    alpha, beta, damping = constants
    level, trend, loss = series[0], first, 0.0
    for t in range(1, series.size):
        ahead = level + damping * trend
        error = series[t] - ahead
        loss += error * error
        if loss >= most:
            break
        level = ahead + alpha * error
        trend = damping * trend + alpha * beta * error
    return level, trend, loss


@kernel
def best_trend(
    series: Array, first: float, alphas: Array, betas: Array, dampings: Array
) -> tuple[float, float, float]:
    """Return level, trend and damping of the constants with the least squared one-step errors."""
    level, trend, damping, least = series[-1], 0.0, 1.0, np.inf
    for phi in dampings:
        for alpha in alphas:
            for beta in betas:
                found = smooth_trend(series, first, (alpha, beta, phi), least)
                if found[2] < least:
                    level, trend, damping, least = found[0], found[1], phi, found[2]
    return level, trend, damping


@kernel
def slope(series: Array) -> float:
    """Return the slope of the least-squares line per period."""
    centre, average = (series.size - 1) / 2, series.mean()
    products, spread = 0.0, 0.0
    for t in range(series.size):
        products += (t - centre) * (series[t] - average)
        spread += (t - centre) ** 2
    return products / spread if spread > 0 else 0.0


@kernel
def is_seasonal(series: Array, season: int) -> bool:
    """Test the autocorrelation at the season's lag at 90 %; under two seasons and a bit there is none."""
    count = series.size
    if season < 2 or count < 2 * season + 1:
        return False
    average = series.mean()
    spread = ((series - average) ** 2).sum()
    if spread <= 0:
        return False
    squares, last = 0.0, 0.0
    for lag in range(1, season + 1):
        products = 0.0
        for t in range(count - lag):
            products += (series[t] - average) * (series[t + lag] - average)
        last = products / spread
        if lag < season:
            squares += last * last
    return abs(last) > 1.645 * sqrt((1 + 2 * squares) / count)


@kernel
def seasonal_indices(series: Array, season: int) -> Array:
    """Return multiplicative indices by classical decomposition with a centred moving average; mean 1."""
    half = season // 2
    totals, counts, raw = np.zeros(season), np.zeros(season), np.ones(season)
    for t in range(half, series.size - half):
        if season % 2:
            around = series[t - half : t + half + 1].sum()
        else:
            around = series[t - half + 1 : t + half].sum() + (series[t - half] + series[t + half]) / 2
        if around > 0:
            totals[t % season] += series[t] * season / around
            counts[t % season] += 1
    for place in range(season):
        if counts[place]:
            raw[place] = totals[place] / counts[place]
    scale = season / raw.sum() if raw.sum() > 0 else 1.0
    return np.maximum(0.01, raw * scale)


@kernel
def indices_of(series: Array, season: int) -> Array:
    """Return the seasonal indices where the test finds a season, else ones."""
    return seasonal_indices(series, season) if is_seasonal(series, season) else np.ones(season)


@kernel
def is_intermittent(series: Array) -> bool:
    """Say whether demand comes less often than every 1.32 periods on average."""
    return (series > 0).sum() * SOMETIMES < series.size


@kernel
def first_trend(series: Array, season: int) -> float:
    """Return the trend to begin with: the slope over the first season."""
    return slope(series[: max(season, SHORTEST)])


@kernel
def smooth_methods(series: Array, season: int, ahead: Array) -> None:
    """Fill a row of forecasts for each of ``SMOOTH``."""
    count, periods = series.size, ahead.shape[1]
    indices = indices_of(series, season)
    adjusted = np.empty(count)
    for t in range(count):
        adjusted[t] = series[t] / indices[t % season]
    alpha = best_alpha(adjusted)
    level = smooth(adjusted, alpha)[0]
    half, lag = slope(adjusted) / 2, (1 - (1 - alpha) ** count) / alpha
    straight, rise, damped, fading, damping = series[-1], 0.0, series[-1], 0.0, 1.0
    if count >= SHORTEST:
        first = first_trend(adjusted, season)
        straight, rise, _one = best_trend(adjusted, first, ALPHAS, BETAS, STRAIGHT)
        damped, fading, damping = best_trend(adjusted, first, ALPHAS, BETAS, DAMPING)
    step, reach = 1.0, 0.0
    for k in range(periods):
        index = indices[(count + k) % season]
        step *= damping
        reach += step
        ahead[0, k] = max(0.0, level * index)
        ahead[1, k] = max(0.0, (straight + (k + 1) * rise) * index)
        ahead[2, k] = max(0.0, (damped + reach * fading) * index)
        ahead[3, k] = max(0.0, (level + half * (k + lag)) * index)
        ahead[4, k] = max(0.0, series[count - season + k % season] if count >= season else series[-1])


@kernel
def croston_rate(series: Array, alpha: float) -> float:
    """Return smoothed size over smoothed interval; 0 without demand."""
    size, interval, since, began = 0.0, 0.0, 0, False
    for value in series:
        since += 1
        if value > 0:
            weight = alpha if began else 1.0
            size += (value - size) * weight
            interval += (since - interval) * weight
            since, began = 0, True
    return size / interval if began else 0.0


@kernel
def tsb_rate(series: Array, alpha: float, beta: float) -> float:
    """Return size times probability, the latter updated in every period; 0 without demand."""
    demands = (series > 0).sum()
    size, probability, began = 0.0, demands / series.size, False
    for value in series:
        probability += beta * ((1.0 if value > 0 else 0.0) - probability)
        if value > 0:
            size += (value - size) * (alpha if began else 1.0)
            began = True
    return size * probability


@kernel
def intermittent_methods(series: Array, ahead: Array) -> None:
    """Fill a row of forecasts for each of ``INTERMITTENT``."""
    ahead[0] = croston_rate(series, 0.1) * (1 - 0.1 / 2)
    ahead[1] = tsb_rate(series, 0.1, 0.1)
    ahead[2] = max(0.0, smooth(series, best_alpha(series))[0])


@kernel
def forecast_many(values: Array, starts: Array, season: int, periods: int) -> tuple[Array, Array]:
    """Forecast series that lie one behind the other.

    Args:
        values: all series, oldest first.
        starts: where each begins, and where the last one ends.

    Returns:
        Which are intermittent, and forecasts by series, method and period; rows without a method are 0.
    """
    count = starts.size - 1
    sometimes, ahead = np.zeros(count, np.bool_), np.zeros((count, 5, periods))
    for place in range(count):
        series = values[starts[place] : starts[place + 1]]
        sometimes[place] = is_intermittent(series)
        if sometimes[place]:
            intermittent_methods(series, ahead[place])
        else:
            smooth_methods(series, season, ahead[place])
    return sometimes, ahead
