"""Reads of the ledger that every step uses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, contains_eager

from app.core import clock
from app.core.db import db
from app.inventory.models import Location, LocationKind, Lot, LotStatus, MoveState, StockBalance, StockMove
from app.masterdata.models import Site


@dataclass(frozen=True)
class Stock:
    """One usable balance: what, where, of which lot, how much is free."""

    balance: StockBalance
    lot: Lot | None

    @property
    def free(self) -> Decimal:
        """What nobody has reserved."""
        return self.balance.quantity - self.balance.reserved


def on_hand(item_id: int, site_id: int, *, owner_id: int | None = None) -> Decimal:
    """Return the released stock in internal locations of a site, whoever reserved it."""
    return sum((stock.balance.quantity for stock in usable(item_id, site_id, owner_id=owner_id)), Decimal(0))


def usable(item_id: int, site_id: int, *, owner_id: int | None = None, on: date | None = None) -> list[Stock]:
    """Return the balances that may be issued, oldest lot first (FIFO), expired lots left out."""
    rows = db.session.execute(
        select(StockBalance, Lot)
        .join(Location, Location.id == StockBalance.location_id)
        .outerjoin(Lot, Lot.id == StockBalance.lot_id)
        .options(contains_eager(StockBalance.location))
        .where(
            StockBalance.item_id == item_id,
            StockBalance.owner_id == (owner_id or 0),
            StockBalance.quantity > 0,
            Location.site_id == site_id,
            Location.kind == LocationKind.INTERNAL,
            or_(Lot.id.is_(None), Lot.status == LotStatus.RELEASED),
        )
        .order_by(Lot.received_on, StockBalance.id)
    )
    return [
        Stock(balance, lot)
        for balance, lot in rows
        if not (on and lot and lot.expires_on and lot.expires_on < on)
    ]


def free_by_item(site_id: int, item_ids: Collection[int]) -> dict[tuple[int, int], Decimal]:
    """Return what may be issued and nobody has reserved, per item and owner (0: own)."""
    rows = db.session.execute(
        select(
            StockBalance.item_id,
            StockBalance.owner_id,
            func.sum(StockBalance.quantity),
            func.sum(StockBalance.reserved),
        )
        .join(Location, Location.id == StockBalance.location_id)
        .outerjoin(Lot, Lot.id == StockBalance.lot_id)
        .where(
            StockBalance.item_id.in_(item_ids),
            StockBalance.quantity > 0,
            Location.site_id == site_id,
            Location.kind == LocationKind.INTERNAL,
            or_(Lot.id.is_(None), Lot.status == LotStatus.RELEASED),
        )
        .group_by(StockBalance.item_id, StockBalance.owner_id)
    )
    return {(item_id, owner_id): quantity - reserved for item_id, owner_id, quantity, reserved in rows}


def on_hand_by_item(site_id: int) -> dict[int, Decimal]:
    """Return released stock in internal locations per item, all owners: what planning starts from."""
    rows = db.session.execute(
        select(StockBalance.item_id, func.sum(StockBalance.quantity))
        .join(Location, Location.id == StockBalance.location_id)
        .outerjoin(Lot, Lot.id == StockBalance.lot_id)
        .where(
            Location.site_id == site_id,
            Location.kind == LocationKind.INTERNAL,
            or_(Lot.id.is_(None), Lot.status == LotStatus.RELEASED),
        )
        .group_by(StockBalance.item_id)
    )
    return {row[0]: row[1] for row in rows.all()}


@dataclass(frozen=True)
class Expected:
    """One expected change of an item's stock at a site; ``quantity`` is negative for issues."""

    item_id: int
    date: date
    quantity: Decimal
    document: str
    line: str | None


def expected_changes(site_id: int) -> list[Expected]:
    """Return what is expected to enter (+) and leave (-) stock, by date.

    Stock is internal locations. Goods under inspection count as arriving today:
    their order no longer expects them, and they are not usable yet.
    """
    source, target = aliased(Location), aliased(Location)
    rows = db.session.execute(
        select(StockMove, source.kind, target.kind)
        .join(source, source.id == StockMove.from_id)
        .join(target, target.id == StockMove.to_id)
        .where(StockMove.site_id == site_id, StockMove.state == MoveState.EXPECTED)
        .order_by(StockMove.date, StockMove.id)
    )
    changes = []
    for move, from_kind, to_kind in rows:
        inside = {LocationKind.INTERNAL}
        sign = (to_kind in inside) - (from_kind in inside)
        if sign:
            changes.append(Expected(move.item_id, move.date, sign * move.quantity, move.document, move.line))
    return changes + _under_inspection(site_id)


def _under_inspection(site_id: int) -> list[Expected]:
    """Return the balances of inspection locations as changes expected today; blocked lots may never come."""
    today = clock.today(db.session.get_one(Site, site_id).timezone)
    rows = db.session.scalars(
        select(StockBalance)
        .join(Location, Location.id == StockBalance.location_id)
        .outerjoin(Lot, Lot.id == StockBalance.lot_id)
        .where(
            Location.site_id == site_id, Location.kind == LocationKind.INSPECTION, StockBalance.quantity > 0
        )
        .where(or_(Lot.id.is_(None), Lot.status != LotStatus.BLOCKED))
    )
    return [Expected(row.item_id, today, row.quantity, f"lot:{row.lot_id}", None) for row in rows]


def ledger_sum(item_id: int) -> Decimal:
    """Return the sum of all balances of an item: zero when the ledger is whole."""
    total = db.session.scalar(select(func.sum(StockBalance.quantity)).where(StockBalance.item_id == item_id))
    return total or Decimal(0)
