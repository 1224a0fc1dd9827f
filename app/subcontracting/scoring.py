"""Supplier score: a weighted sum of five measures, old periods counting less.

Every measure is a share between 0 and 1, the score is between 0 and 100. A period of age *n* (0 = the
current one) counts with ``decay ** n``. A measure without any facts is left out and its weight is spread
over the others; a supplier below the minimum sample is unrated, never 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
MEASURES = ("quality", "delivery", "price", "capacity", "response")


class Standing(StrEnum):
    """What a score means for the next order."""

    PREFERRED = "preferred"
    APPROVED = "approved"
    WARN = "warn"
    BLOCKED = "blocked"
    UNRATED = "unrated"


@dataclass(frozen=True)
class Weights:
    """How much each measure counts; the five sum to 100."""

    quality: Decimal = Decimal(35)
    delivery: Decimal = Decimal(30)
    price: Decimal = Decimal(20)
    capacity: Decimal = Decimal(10)
    response: Decimal = Decimal(5)

    def __post_init__(self) -> None:
        values = [getattr(self, measure) for measure in MEASURES]
        if min(values) < 0 or sum(values) != HUNDRED:
            raise ValueError(f"weights must be positive and sum to 100, not {sum(values)}")


@dataclass(frozen=True)
class Period:
    """A supplier's facts of one period. Quantities in any one unit, counts of order lines."""

    age: int
    received: Decimal = ZERO
    accepted: Decimal = ZERO
    lines_due: int = 0
    lines_on_time: int = 0
    benchmark_value: Decimal = ZERO
    paid_value: Decimal = ZERO
    requested: Decimal = ZERO
    confirmed: Decimal = ZERO
    questions: int = 0
    answered: int = 0


@dataclass(frozen=True)
class Bands:
    """From which score a supplier is preferred, approved, warned about; below that: blocked."""

    preferred: Decimal = Decimal(90)
    approved: Decimal = Decimal(75)
    warn: Decimal = Decimal(60)


@dataclass(frozen=True)
class Score:
    """The total, its parts (0..100, None without facts) and what it means."""

    total: Decimal | None
    standing: Standing
    sample: int
    parts: dict[str, Decimal | None] = field(default_factory=dict)


def measures(period: Period) -> dict[str, tuple[Decimal, Decimal]]:
    """Give each measure of a period as (numerator, denominator); denominator 0 means no facts."""
    return {
        "quality": (period.accepted, period.received),
        "delivery": (Decimal(period.lines_on_time), Decimal(period.lines_due)),
        "price": (min(period.benchmark_value, period.paid_value), period.paid_value),
        "capacity": (min(period.confirmed, period.requested), period.requested),
        "response": (Decimal(period.answered), Decimal(period.questions)),
    }


def score(
    periods: Sequence[Period],
    *,
    weights: Weights | None = None,
    decay: Decimal = Decimal("0.8"),
    minimum_sample: int = 3,
    bands: Bands | None = None,
) -> Score:
    """Rate a supplier from its periods.

    Args:
        periods: facts by period, in any order.
        decay: 0 < decay <= 1; what one period of age leaves of a fact's weight.
        minimum_sample: order lines due below which the supplier is unrated.

    Raises:
        ValueError: decay outside its range, or more accepted than received.
    """
    if not ZERO < decay <= ONE:
        raise ValueError(f"decay {decay} is not above 0 and at most 1")
    for period in periods:
        if not ZERO <= period.accepted <= period.received:
            raise ValueError(f"accepted {period.accepted} of {period.received} received")
    parts = {measure: _share(periods, measure, decay) for measure in MEASURES}
    sample = sum(period.lines_due for period in periods)
    rated = {measure: value for measure, value in parts.items() if value is not None}
    if sample < minimum_sample or not rated:
        return Score(None, Standing.UNRATED, sample, parts)
    weights = weights or Weights()
    weight = sum((getattr(weights, measure) for measure in rated), ZERO)
    if not weight:
        return Score(None, Standing.UNRATED, sample, parts)
    total = sum((getattr(weights, measure) * value for measure, value in rated.items()), ZERO) / weight
    return Score(total, standing(total, bands or Bands()), sample, parts)


def standing(total: Decimal, bands: Bands) -> Standing:
    """Name the band a score falls into."""
    if total >= bands.preferred:
        return Standing.PREFERRED
    if total >= bands.approved:
        return Standing.APPROVED
    return Standing.WARN if total >= bands.warn else Standing.BLOCKED


def _share(periods: Sequence[Period], measure: str, decay: Decimal) -> Decimal | None:
    """Weigh one measure over the periods; None when no period has facts for it."""
    numerator = denominator = ZERO
    for period in periods:
        part, whole = measures(period)[measure]
        numerator += part * decay**period.age
        denominator += whole * decay**period.age
    return HUNDRED * numerator / denominator if denominator else None
