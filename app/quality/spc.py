"""Control charts and capability, in the measurement's own unit.

Factors from ISO 7870-2 (Shewhart charts); the individuals chart takes its
spread from the moving range of two, the mean-and-range chart from the ranges of
its subgroups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from statistics import fmean, stdev

D2 = {2: 1.128, 3: 1.693, 4: 2.059, 5: 2.326, 6: 2.534, 7: 2.704, 8: 2.847, 9: 2.970, 10: 3.078}
A2 = {2: 1.880, 3: 1.023, 4: 0.729, 5: 0.577, 6: 0.483, 7: 0.419, 8: 0.373, 9: 0.337, 10: 0.308}
D3 = {2: 0.0, 3: 0.0, 4: 0.0, 5: 0.0, 6: 0.0, 7: 0.076, 8: 0.136, 9: 0.184, 10: 0.223}
D4 = {2: 3.267, 3: 2.574, 4: 2.282, 5: 2.114, 6: 2.004, 7: 1.924, 8: 1.864, 9: 1.816, 10: 1.777}


@dataclass(frozen=True)
class Limits:
    """A chart's centre line with its lower and upper control limit."""

    lower: float
    centre: float
    upper: float


@dataclass(frozen=True)
class Chart:
    """Plotted values with their limits, and the ranges with theirs; ``sigma`` is the spread within."""

    values: tuple[float, ...]
    limits: Limits
    ranges: tuple[float, ...]
    range_limits: Limits
    sigma: float


@dataclass(frozen=True)
class Capability:
    """How well a process fits its limits; an absent limit leaves its own figure and ``cp`` empty."""

    cp: float | None
    cpl: float | None
    cpu: float | None
    cpk: float | None


def individuals(values: Sequence[float], *, d2: float = D2[2]) -> Chart:
    """Return the individuals and moving-range chart of single values in order of time.

    Raises:
        ValueError: fewer than two values.
    """
    if len(values) < 2:
        raise ValueError("an individuals chart needs two values")
    ranges = tuple(abs(after - before) for before, after in pairwise(values))
    mean, mean_range = fmean(values), fmean(ranges)
    sigma = mean_range / d2
    limits = Limits(mean - 3 * sigma, mean, mean + 3 * sigma)
    return Chart(tuple(values), limits, ranges, Limits(0.0, mean_range, D4[2] * mean_range), sigma)


def mean_and_range(
    samples: Sequence[Sequence[float]],
    *,
    a2: float | None = None,
    d3: float | None = None,
    d4: float | None = None,
) -> Chart:
    """Return the X̄-R chart of equal subgroups of 2 to 10 values; factors default to the size's own.

    Raises:
        ValueError: no subgroup, sizes differ or have no factors.
    """
    sizes = {len(sample) for sample in samples}
    if len(sizes) != 1 or (size := sizes.pop()) not in D2:
        raise ValueError("subgroups must have one size of 2 to 10")
    means = tuple(fmean(sample) for sample in samples)
    ranges = tuple(max(sample) - min(sample) for sample in samples)
    mean, mean_range = fmean(means), fmean(ranges)
    reach = (A2[size] if a2 is None else a2) * mean_range
    lower = (D3[size] if d3 is None else d3) * mean_range
    upper = (D4[size] if d4 is None else d4) * mean_range
    return Chart(
        means,
        Limits(mean - reach, mean, mean + reach),
        ranges,
        Limits(lower, mean_range, upper),
        mean_range / D2[size],
    )


def capability(
    mean: float, sigma: float, *, lower: float | None = None, upper: float | None = None
) -> Capability:
    """Return Cp and Cpk for a spread within, or Pp and Ppk when ``sigma`` is the overall one.

    Raises:
        ValueError: ``sigma`` is negative.
    """
    if sigma < 0:
        raise ValueError(f"spread {sigma} is negative")
    below = None if lower is None else _ratio(mean - lower, 3 * sigma)
    above = None if upper is None else _ratio(upper - mean, 3 * sigma)
    both = None if lower is None or upper is None else _ratio(upper - lower, 6 * sigma)
    sides = [side for side in (below, above) if side is not None]
    return Capability(both, below, above, min(sides) if sides else None)


def overall_spread(values: Sequence[float]) -> float:
    """Return the sample standard deviation of all values, zero below two of them."""
    return stdev(values) if len(values) > 1 else 0.0


def outside(chart: Chart) -> tuple[int, ...]:
    """Return the places of the values beyond the control limits (Nelson rule 1)."""
    return tuple(
        place
        for place, value in enumerate(chart.values)
        if not chart.limits.lower <= value <= chart.limits.upper
    )


def shifted(chart: Chart, *, run: int = 9) -> tuple[int, ...]:
    """Return the places that end a run of ``run`` values on one side of the centre (Nelson rule 2)."""
    places, length, side = [], 0, 0
    for place, value in enumerate(chart.values):
        here = (value > chart.limits.centre) - (value < chart.limits.centre)
        length = length + 1 if here and here == side else abs(here)
        side = here
        if length >= run:
            places.append(place)
    return tuple(places)


def trending(chart: Chart, *, run: int = 6) -> tuple[int, ...]:
    """Return the places that end ``run`` values rising or falling throughout (Nelson rule 3)."""
    places, length, direction = [], 1, 0
    for place, (before, after) in enumerate(pairwise(chart.values), start=1):
        here = (after > before) - (after < before)
        length = length + 1 if here and here == direction else 1 + abs(here)
        direction = here
        if length >= run:
            places.append(place)
    return tuple(places)


def _ratio(distance: float, spread: float) -> float:
    """Return distance over spread; without any spread it is endless, or zero at the limit itself."""
    if spread:
        return distance / spread
    return inf if distance > 0 else -inf if distance < 0 else 0.0
