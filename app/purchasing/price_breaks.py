"""Prices that depend on the quantity ordered, and the quantities a supplier accepts.

A price break is (from quantity, unit price); the price of the highest break reached applies to the whole
quantity (all-units discount).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Break:
    """From this quantity on, this unit price."""

    from_quantity: Decimal
    price: Decimal


def unit_price(breaks: Sequence[Break], quantity: Decimal) -> Decimal | None:
    """Find the unit price for a quantity; None below the first break."""
    reached = [step for step in breaks if step.from_quantity <= quantity]
    return max(reached, key=lambda step: step.from_quantity).price if reached else None


def orderable(quantity: Decimal, *, minimum: Decimal = ZERO, multiple: Decimal = ZERO) -> Decimal:
    """Raise a need to what the supplier accepts: at least the minimum, in whole multiples.

    Raises:
        ValueError: the need is not above zero, or minimum or multiple is below zero.
    """
    if quantity <= 0 or minimum < 0 or multiple < 0:
        raise ValueError(f"quantity {quantity}, minimum {minimum}, multiple {multiple}")
    needed = max(quantity, minimum)
    if not multiple:
        return needed
    return (needed / multiple).to_integral_value(rounding=ROUND_CEILING) * multiple


def cheapest_quantity(
    breaks: Sequence[Break], quantity: Decimal, *, minimum: Decimal = ZERO, multiple: Decimal = ZERO
) -> Decimal:
    """Find the orderable quantity at or above the need that costs least; ties go to the smaller one.

    Buying up to the next break is worth it when the whole order becomes cheaper.

    Raises:
        ValueError: no break covers any orderable quantity.
    """
    needs = [quantity, *(step.from_quantity for step in breaks if step.from_quantity > quantity)]
    priced = []
    for need in needs:
        candidate = orderable(need, minimum=minimum, multiple=multiple)
        price = unit_price(breaks, candidate)
        if price is not None:
            priced.append((candidate * price, candidate))
    if not priced:
        raise ValueError(f"no price for {quantity}")
    return min(priced)[1]
