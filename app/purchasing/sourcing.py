"""Which supplier to order from: offers compared on what the need costs and when it arrives.

Quantities are in the item's stock unit, prices per stock unit in company currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.purchasing.price_breaks import Break, orderable, unit_price

ZERO, HUNDRED = Decimal(0), Decimal(100)


@dataclass(frozen=True)
class Offer:
    """What one supplier asks for one item."""

    supplier_id: int
    breaks: tuple[Break, ...]
    arrives: date
    minimum: Decimal = ZERO
    multiple: Decimal = ZERO
    minimum_charge: Decimal = ZERO
    rank: int = 1
    blocked: bool = False


@dataclass(frozen=True)
class Option:
    """An offer worked out for a need."""

    supplier_id: int
    quantity: Decimal
    price: Decimal
    total: Decimal
    arrives: date
    days_late: int
    rank: int


def options(offers: Sequence[Offer], quantity: Decimal, due: date) -> list[Option]:
    """Work out every usable offer for a need, best first.

    Best is: in time before late, then the approved list's rank, then the lower total, then the earlier
    arrival. Blocked suppliers and offers without a price for the quantity are left out.
    """
    found = []
    for offer in offers:
        ordered = orderable(quantity, minimum=offer.minimum, multiple=offer.multiple)
        price = unit_price(offer.breaks, ordered)
        if offer.blocked or price is None:
            continue
        total = max(ordered * price, offer.minimum_charge)
        late = max(0, (offer.arrives - due).days)
        found.append(Option(offer.supplier_id, ordered, price, total, offer.arrives, late, offer.rank))
    return sorted(found, key=lambda o: (o.days_late > 0, o.rank, o.total, o.arrives, o.supplier_id))


def choose(offers: Sequence[Offer], quantity: Decimal, due: date) -> Option | None:
    """Take the best option, or None when nobody can deliver."""
    ranked = options(offers, quantity, due)
    return ranked[0] if ranked else None


def percent_over(price: Decimal, reference: Decimal) -> Decimal:
    """Tell by how many percent a price is above a reference; a zero reference counts as none."""
    return HUNDRED * (price - reference) / reference if reference else ZERO
