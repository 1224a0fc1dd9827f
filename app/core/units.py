"""Units of an item as exact ratios. Pure: rounding happens only where the caller asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Ratio:
    """One of another unit is ``numerator / denominator`` stock units: a box of 12 is ``Ratio(12)``."""

    numerator: Decimal
    denominator: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if self.numerator <= 0 or self.denominator <= 0:
            raise ValueError(f"ratio {self.numerator}/{self.denominator} is not positive")

    @property
    def exact(self) -> Fraction:
        """The ratio as a fraction."""
        return Fraction(self.numerator) / Fraction(self.denominator)

    def to_stock(self, quantity: Decimal) -> Fraction:
        """Convert a quantity of the other unit to stock units, exactly."""
        return Fraction(quantity) * self.exact

    def from_stock(self, quantity: Decimal) -> Fraction:
        """Convert stock units to the other unit, exactly."""
        return Fraction(quantity) / self.exact

    def price_to_stock(self, price: Decimal) -> Fraction:
        """Convert a price per other unit to a price per stock unit, exactly."""
        return Fraction(price) / self.exact


SAME = Ratio(Decimal(1))


def half_up(value: Fraction, decimals: int) -> Decimal:
    """Return a fraction as a Decimal, half away from zero."""
    scaled = abs(value) * 10**decimals
    whole = int(scaled + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-decimals)


def needed(value: Fraction | Decimal, decimals: int) -> Decimal:
    """Round what is needed up to the unit's places."""
    return _directed(Fraction(value), decimals, ROUND_CEILING)


def obtained(value: Fraction | Decimal, decimals: int) -> Decimal:
    """Round what comes out down to the unit's places."""
    return _directed(Fraction(value), decimals, ROUND_FLOOR)


def convert(quantity: Decimal, origin: Ratio, target: Ratio, decimals: int = 6) -> Decimal:
    """Convert between two units of one item, half up at the given places."""
    return half_up(target.from_stock(Decimal(1)) * origin.to_stock(quantity), decimals)


def _directed(value: Fraction, decimals: int, direction: str) -> Decimal:
    scaled = value * 10**decimals
    whole = scaled.numerator // scaled.denominator
    if direction == ROUND_CEILING and scaled.denominator != 1:
        whole += 1
    return Decimal(whole).scaleb(-decimals)
