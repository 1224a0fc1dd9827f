"""What became of the components we supplied: used, returned, lost within and beyond the allowance.

Quantities are in the component's stock unit; needs are rounded up and allowances down to its places.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

ZERO, HUNDRED = Decimal(0), Decimal(100)


@dataclass(frozen=True)
class Reconciliation:
    """Supplied = used + returned + allowed loss + excess loss + still at the supplier."""

    supplied: Decimal
    used: Decimal
    returned: Decimal
    allowed_loss: Decimal
    excess_loss: Decimal
    remaining: Decimal


def required(quantity: Decimal, per: Decimal, *, scrap: Decimal = ZERO, places: int = 0) -> Decimal:
    """Work out what to supply for a quantity, scrap as mark-up, rounded up to whole units."""
    return _round(quantity * per * (1 + scrap), places, ROUND_CEILING)


def allowance(quantity: Decimal, percent: Decimal, *, places: int = 0) -> Decimal:
    """Give the loss a subcontractor may have without paying, rounded down."""
    return _round(quantity * percent / HUNDRED, places, ROUND_FLOOR)


def reconcile(
    supplied: Decimal, used: Decimal, returned: Decimal, lost: Decimal, *, allowed: Decimal
) -> Reconciliation:
    """Split a reported loss into allowed and excess and show what is still there.

    Raises:
        ValueError: a figure is negative, or more is accounted for than was supplied.
    """
    for name, value in {"supplied": supplied, "used": used, "returned": returned, "lost": lost}.items():
        if value < 0:
            raise ValueError(f"{name} is {value}, below zero")
    remaining = supplied - used - returned - lost
    if remaining < 0:
        raise ValueError(f"{used + returned + lost} accounted for, {supplied} supplied")
    within = min(lost, max(allowed, ZERO))
    return Reconciliation(supplied, used, returned, within, lost - within, remaining)


def charge(quantity: Decimal, price: Decimal, *, minimum: Decimal = ZERO) -> Decimal:
    """Price the work before tax and rounding; a minimum charge applies once there is any work."""
    return max(quantity * price, minimum) if quantity else ZERO


def _round(value: Decimal, places: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=rounding)
