"""Moving a lot between inspection, store, reject area and scrap."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind, Lot, LotStatus, StockBalance

ZERO = Decimal(0)
MILLIONTH = Decimal("0.000001")


def move_lot(
    *,
    site_id: int,
    item_id: int,
    lot_id: int | None,
    quantity: Decimal,
    sources: Sequence[LocationKind],
    target: Location,
    document: str,
    reason: str,
) -> Decimal:
    """Move up to ``quantity`` of a lot from locations of the given kinds, the first kind first.

    Returns how much was there to move; each owner's pieces stay theirs.
    """
    left = quantity
    for kind in sources:
        for balance in _balances(site_id, item_id, lot_id, kind):
            here = min(left, balance.quantity - balance.reserved)
            if here <= 0 or balance.location_id == target.id:
                continue
            inventory.post(
                item_id,
                here,
                source=balance.location,
                target=target,
                document=document,
                lot_id=lot_id,
                owner_id=balance.owner_id or None,
                second_quantity=_second(balance, here),
                reason=reason,
            )
            left -= here
    return quantity - left


def set_status(lot_id: int | None, status: LotStatus) -> None:
    """Change whether a lot may be used; nothing to do for stock without lots."""
    if lot_id is not None:
        db.session.get_one(Lot, lot_id).status = status
        db.session.flush()


def site_of(item_id: int, lot_id: int | None, kinds: Sequence[LocationKind]) -> int | None:
    """Return the site where the lot lies in a location of one of the kinds."""
    return db.session.scalar(
        select(Location.site_id)
        .join(StockBalance, StockBalance.location_id == Location.id)
        .where(
            StockBalance.item_id == item_id,
            StockBalance.lot_id == (lot_id or 0),
            StockBalance.quantity > 0,
            Location.kind.in_(kinds),
        )
        .limit(1)
    )


def _balances(site_id: int, item_id: int, lot_id: int | None, kind: LocationKind) -> list[StockBalance]:
    rows = db.session.scalars(
        select(StockBalance)
        .join(Location, Location.id == StockBalance.location_id)
        .options(selectinload(StockBalance.location))
        .where(
            Location.site_id == site_id,
            Location.kind == kind,
            StockBalance.item_id == item_id,
            StockBalance.lot_id == (lot_id or 0),
            StockBalance.quantity > 0,
        )
        .order_by(StockBalance.id)
        .with_for_update(of=StockBalance)
        .execution_options(populate_existing=True)
    )
    return list(rows)


def _second(balance: StockBalance, quantity: Decimal) -> Decimal | None:
    """Return the share of the second quantity that goes with ``quantity``, all of it with the last piece."""
    if not balance.second_quantity:
        return None
    if quantity == balance.quantity:
        return balance.second_quantity
    return (balance.second_quantity * quantity / balance.quantity).quantize(MILLIONTH)
