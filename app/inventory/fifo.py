"""Which lots leave first: the oldest, or those that expire first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class LotStock:
    """What is free to take of one lot at one location, in the item's stock unit."""

    lot_id: int | None
    location_id: int
    quantity: Decimal
    received: date | None = None
    expires: date | None = None


def oldest_first(stock: Iterable[LotStock]) -> list[LotStock]:
    """Return stock in the order it came; undated stock is taken to be the oldest."""
    return sorted(stock, key=lambda s: (s.received or date.min, s.lot_id or 0, s.location_id))


def first_expiring_first(stock: Iterable[LotStock], on: date) -> list[LotStock]:
    """Return stock still good on a day, the first to expire first, then the oldest; no expiry comes last."""
    good = [s for s in oldest_first(stock) if s.expires is None or s.expires >= on]
    return sorted(good, key=lambda s: s.expires or date.max)


def take(stock: Sequence[LotStock], quantity: Decimal) -> tuple[list[LotStock], Decimal]:
    """Take a quantity from stock in the order given.

    Returns what is taken of each lot and location, and how much is short.

    Raises:
        ValueError: ``quantity`` is negative.
    """
    if quantity < 0:
        raise ValueError(f"cannot take {quantity}")
    taken, open_quantity = [], quantity
    for lot in stock:
        if open_quantity <= 0:
            break
        here = min(lot.quantity, open_quantity)
        if here > 0:
            taken.append(LotStock(lot.lot_id, lot.location_id, here, lot.received, lot.expires))
            open_quantity -= here
    return taken, open_quantity
